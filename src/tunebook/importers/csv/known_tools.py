"""What the header of a file states of its columns, so that nothing is guessed (C11)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from tunebook.domain.origin import Kind
from tunebook.importers.csv.samplers import chosen_by

HYPERPARAMETER, RESULT = Kind.HYPERPARAMETER, Kind.RESULT


@cache
def words() -> Mapping[str, tuple[str, ...]]:
    """What names of columns commonly say, by what they say: `assets/words.toml`."""
    read = tomllib.loads((files(__package__) / "assets/words.toml").read_text("utf-8"))
    return {what: tuple(names) for what, names in read.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool's table, as `assets/tools.toml` has it; what its fields mean stands there."""

    name: str
    told_by: Sequence[Sequence[Sequence[str]]]
    columns: Mapping[str, Kind]
    prefixes: Mapping[str, Kind]
    suffixes: Mapping[str, Kind]
    states_all: bool
    cut_short: str

    def wrote(self, header: frozenset[str]) -> bool:
        """Whether a header, in lower case, is this tool's."""

        def there(name: str) -> bool:
            if name.endswith("*"):
                return any(own.startswith(name[:-1]) for own in header)
            return name in header

        return any(all(any(map(there, group)) for group in groups) for groups in self.told_by)


@cache
def tools() -> tuple[Tool, ...]:
    """Every known tool; the first whose header it is counts."""

    def kinds(table: Mapping[str, Sequence[str]]) -> dict[str, Kind]:
        return {n: Kind(kind.replace("_", " ")) for kind, names in table.items() for n in names}

    read = tomllib.loads((files(__package__) / "assets/tools.toml").read_text("utf-8"))
    return tuple(
        Tool(
            name=one["name"],
            told_by=one["told_by"],
            columns=kinds(one.get("columns", {})),
            prefixes=kinds(one.get("prefixes", {})),
            suffixes=kinds(one.get("suffixes", {})),
            states_all=one.get("states_all", False),
            cut_short=one.get("cut_short", ""),
        )
        for one in read["tool"]
    )


_METRIC_PREFIXES = ("metrics.", "metrics/", "summary/", "summary.")
_OPTUNA_RUNG = "system_attrs_completed_rung_"

OWN_COLUMNS = ("trial", "study", "rerun_of", "seed", "status", "cause", "seconds")
"""The first columns of an exported round; the objective and the hyperparameters follow."""
OWN_COLUMNS_0_1 = tuple(c for c in OWN_COLUMNS if c != "rerun_of")
"""Those that version 0.1 wrote."""
OWN_PREFIX = "params_"
"""Of all its hyperparameters, where one has the name of another column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What a source states of its columns.

    Attributes:
        tool: its name, empty where the file is no known tool's.
        kinds: column to kind and to the name without the prefix.
        sampler: what chose the configurations, where it says so of the whole.
        chosen: what chose each row, as `domain/origin.py` names it; empty where no row says.
        pruner: what stopped trials early, where it says so.
        cut_short: see `Tool`; empty where the file has no such column.
    """

    tool: str
    kinds: dict[str, tuple[Kind, str]]
    sampler: str = ""
    chosen: tuple[str, ...] = ()
    pruner: str = ""
    cut_short: str = ""


def stated(cells: Mapping[str, Sequence[str]], objective: str) -> Stated:
    """What the header of a file states: by a known tool's layout, else by prefixes alone."""
    own = _own_export(tuple(cells), objective)
    if own is not None:
        return own
    header = frozenset(name.lower() for name in cells)
    tool = next((t for t in tools() if t.wrote(header)), None)
    kinds = _prefixed(cells)
    if tool is None:
        return Stated(tool="", kinds=kinds)
    kinds |= {column: said for column in cells if (said := _by_tool(tool, column)) is not None}
    if tool.states_all and any(kind is HYPERPARAMETER for kind, _ in kinds.values()):
        kinds |= {c: (RESULT, c) for c in cells if c and c not in kinds}
    lower = {name.lower(): name for name in cells}
    pruned = any(name.startswith(_OPTUNA_RUNG) and any(cells[c]) for name, c in lower.items())
    return Stated(
        tool=tool.name,
        kinds=kinds,
        chosen=chosen_by(tool.name, cells),
        pruner="successive halving" if pruned and tool.name == "Optuna" else "",
        cut_short=lower.get(tool.cut_short, "") if tool.cut_short else "",
    )


def _by_tool(tool: Tool, column: str) -> tuple[Kind, str] | None:
    lower = column.lower()
    if lower in tool.columns:
        return tool.columns[lower], column
    for prefix, kind in tool.prefixes.items():
        if lower.startswith(prefix):
            bare = kind is HYPERPARAMETER or prefix in _METRIC_PREFIXES
            return kind, (column[len(prefix) :] if bare else column) or column
    for suffix, kind in tool.suffixes.items():
        if lower.endswith(suffix):
            return kind, column[: -len(suffix)] if kind is HYPERPARAMETER else column
    return None


def _prefixed(cells: Mapping[str, Sequence[str]]) -> dict[str, tuple[Kind, str]]:
    prefixes = tuple(f"{word}{sign}" for word in words()["prefixes"] for sign in "_./")
    kinds: dict[str, tuple[Kind, str]] = {}
    for column in cells:
        lower = column.lower()
        prefix = next((p for p in prefixes if lower.startswith(p) and len(lower) > len(p)), None)
        if prefix is not None and lower not in words()["not_prefixed"]:
            kinds[column] = (HYPERPARAMETER, column[len(prefix) :])
        elif lower.startswith(_METRIC_PREFIXES):
            kinds[column] = (RESULT, column[len("metrics.") :])
    return kinds


def _own_export(header: tuple[str, ...], objective: str) -> Stated | None:
    """A round exported by Tunebook, which states every column by its place."""
    own = OWN_COLUMNS if "rerun_of" in header else OWN_COLUMNS_0_1
    first = len(own)
    if header[: first + 1] != (*own, objective) or len(header) < first + 2:
        return None
    rest = header[first + 1 :]
    bare = all(name.startswith(OWN_PREFIX) for name in rest)
    kinds = {c: (Kind(c), c) for c in own}
    kinds[objective] = (RESULT, objective)
    kinds |= {c: (HYPERPARAMETER, c[len(OWN_PREFIX) :] if bare else c) for c in rest}
    return Stated(tool="Tunebook", kinds=kinds)
