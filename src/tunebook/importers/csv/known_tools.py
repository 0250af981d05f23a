"""What the header of a file states of its columns, so that nothing is guessed (C11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tunebook.domain.origin import Kind
from tunebook.importers.csv.known_tables import TOOLS, WANDB, Tool

HYPERPARAMETER, RESULT, BOOKKEEPING = Kind.HYPERPARAMETER, Kind.RESULT, Kind.BOOKKEEPING

PREFIXES = tuple(
    f"{word}{sign}"
    for word in ("params", "param", "config", "hparams", "hparam", "hyperparameters",
                 "hyperparameter", "hp", "parameters", "parameter")
    for sign in "_./"
)  # fmt: skip
"""Prefixes by which many tools and scripts state a hyperparameter."""

_NOT_PREFIXED = frozenset(
    {"param_count", "params_count", "config_id", "config_name", "config_path", "config_file",
     "config_hash", "params_total", "config_number", "params_millions", "params_m", "hp_id"}
)  # fmt: skip
_METRIC_PREFIXES = ("metrics.", "metrics/", "summary/", "summary.")

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
        sampler: what chose the configurations, where it says so.
        pruner: what stopped trials early, where it says so.
        cut_short: see `known_tables.Tool`; empty where the file has no such column.
    """

    tool: str
    kinds: dict[str, tuple[Kind, str]]
    sampler: str = ""
    pruner: str = ""
    cut_short: str = ""


def stated(cells: Mapping[str, Sequence[str]], objective: str) -> Stated:
    """What the header of a file states: by a known tool's layout, else by prefixes alone."""
    own = _own_export(tuple(cells), objective)
    if own is not None:
        return own
    header = frozenset(name.lower() for name in cells)
    tool = next((t for t in TOOLS if t.told_by(header)), None)
    kinds = _prefixed(cells)
    if tool is None:
        return Stated(tool="", kinds=kinds)
    kinds |= {column: said for column in cells if (said := _by_tool(tool, column)) is not None}
    if tool.states_all and any(kind is HYPERPARAMETER for kind, _ in kinds.values()):
        kinds |= {c: (RESULT, c) for c in cells if c and c not in kinds}
    lower = {name.lower(): name for name in cells}
    return Stated(
        tool=tool.name,
        kinds=kinds,
        sampler=tool.sampler(cells) if tool.sampler else "",
        pruner=tool.pruner(cells) if tool.pruner else "",
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
    if tool is WANDB and lower.endswith(".value"):
        return HYPERPARAMETER, column[: -len(".value")]
    if tool is WANDB and lower.endswith(".desc"):
        return BOOKKEEPING, column
    if tool is WANDB and lower.endswith((".min", ".max", ".best", ".last", ".mean")):
        return RESULT, column
    return None


def _prefixed(cells: Mapping[str, Sequence[str]]) -> dict[str, tuple[Kind, str]]:
    kinds: dict[str, tuple[Kind, str]] = {}
    for column in cells:
        lower = column.lower()
        prefix = next((p for p in PREFIXES if lower.startswith(p) and len(lower) > len(p)), None)
        if prefix is not None and lower not in _NOT_PREFIXED:
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
