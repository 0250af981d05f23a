"""A sweep as another tool recorded it: the one form that every reader gives (C11)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tunebook.domain.space import Axis
from tunebook.importers.csv.columns import TrialRows
from tunebook.importers.csv.measurements import Measurements


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepSource:
    """Trials, curves, and what the tool says of them.

    Attributes:
        rows: one row a trial, under the names that the tool's own table has.
        curves: measurements during training; None where there are none.
        declared: the range of each hyperparameter that the tool knows, without the prefix that its
            column has.
        objectives: those that the tool was told, as "minimize:value".
        reduce: how a curve becomes the value that the tool has of it, by metric: "best" or "last".
        adaptive: earlier results chose later configurations; None where the tool does not say.
    """

    rows: TrialRows
    curves: Measurements | None = None
    declared: Mapping[str, Axis] = field(default_factory=dict)
    objectives: tuple[str, ...] = ()
    reduce: Mapping[str, str] = field(default_factory=dict)
    adaptive: bool | None = None


def shown(place: str | Path) -> str:
    """The place as texts name it: a file's name, or a URL without its password."""
    if isinstance(place, Path):
        return place.name
    from sqlalchemy import make_url

    return make_url(place).render_as_string()
