"""Which columns of a file can be the objective, and the one that was asked for (C11)."""

from __future__ import annotations

from collections.abc import Sequence

from tunebook.domain.errors import TableError, close_words
from tunebook.domain.metric_direction import likely_direction
from tunebook.domain.origin import Kind
from tunebook.importers.csv.column_names import plain_name
from tunebook.importers.csv.column_profile import Look, look_at
from tunebook.importers.csv.column_roles import listed_columns, use_columns
from tunebook.importers.csv.columns import TrialRows

MOST_NAMED = 5

_OF_VALIDATION = frozenset({"val", "valid", "validation", "eval", "dev", "cv", "va", "vl"})
_OF_TEST = frozenset({"test", "holdout"})
_OF_TRAINING = frozenset({"train", "training", "tr", "trn", "trainer"})
_ATTACHED = ("user_attrs_", "system_attrs_")
_SPREADS = frozenset({"std", "rank", "sem", "split"})


def find_objective(name: str, rows: TrialRows, metrics: Sequence[str]) -> str:
    """The column, or the metric of the curves, of this name.

    A column that a source writes with a prefix, `metrics.val_loss`, is found without it too.

    Raises:
        TableError: there is none; names the nearest.
    """
    if name in metrics or name in rows.cells:
        return name
    ends = [c for c in rows.header if c.rpartition("/")[2] == name or c == f"metrics.{name}"]
    known = {f"{prefix}{name}" for prefix in ("values_", "user_attrs_", "summary.", "result.")}
    ends += [c for c in rows.header if c in known]
    if len(ends) == 1:
        return ends[0]
    names = list(dict.fromkeys([*metrics, *rows.header]))
    close = close_names(name, names)
    quoted = " or ".join(f'"{n}"' for n in close[:3])
    slip = f" Did you mean {quoted}?" if close else ""
    shown = listed_columns(close if len(names) > 2 * MOST_NAMED and close else names, MOST_NAMED)
    raise TableError(
        f'{rows.source} has no column "{name}", and no curve of that name is there.{slip}',
        next_step=f"name one of its {len(names)} columns and metrics, such as {shown}",
    )


def close_names(name: str, known: Sequence[str], most: int = MOST_NAMED) -> list[str]:
    """Names that are spelled alike or share a word, the nearest first."""
    lower = {n.lower(): n for n in known if n}
    alike = close_words(name.lower(), lower)
    words = set(plain_name(name).split("_"))
    sharing = [n for n in lower if words & set(plain_name(lower[n]).split("_"))]
    found = [*alike, *(n for n in sharing if n not in alike)]
    return [lower[n] for n in found[:most]]


def propose_objectives(rows: TrialRows, metrics: Sequence[str]) -> list[str]:
    """`minimize:val_loss` for each result that could be the objective, the likeliest first.

    Validation comes before test, test before training. Names that give no direction are proposed
    only where no name gives one, and then with both. A constant, an unnamed index, or an
    attribute that a script attached to its trials is no candidate.
    """
    columns, _ = use_columns(rows, objective="", metrics=metrics)
    looks = {column: look_at(cells) for column, cells in rows.cells.items()}
    found = list(metrics)
    results = [
        use.column
        for use in columns.origin.of(Kind.RESULT)
        if _varies(looks[use.column]) and use.name not in metrics  # its curve's last value
    ]
    own = [c for c in results if not c.startswith(_ATTACHED)]
    found += [c for c in own or results if c not in found]

    def rank(name: str) -> tuple[bool, bool, int]:
        words = set(plain_name(name).split("_"))
        part = 0 if words & _OF_VALIDATION else 1
        part += 1 if words & _OF_TEST and part else 0
        part = 3 if words & _OF_TRAINING else part
        return bool(words & _SPREADS), likely_direction(name) is None, part

    if not found:  # no name is a common one: any number with values of its own may be it
        others = [u.column for u in columns.origin.of(Kind.HYPERPARAMETER)]
        found = [c for c in others if c and _varies(looks[c]) and looks[c].own]
    directed = [n for n in found if likely_direction(n) is not None]
    found = directed or found
    found.sort(key=rank)
    return [f"{way}:{name}" for name in found for way in likely_directions(name)]


def likely_directions(name: str) -> tuple[str, ...]:
    """The direction that a metric's name gives; both where it gives none.

    Example:
        >>> likely_directions("val_loss"), likely_directions("value")
        (('minimize',), ('minimize', 'maximize'))
    """
    likely = likely_direction(name)
    return ("minimize", "maximize") if likely is None else (likely,)


def _varies(look: Look) -> bool:
    return look.numeric and look.distinct > 1
