"""A sweep by whatever names it: a place, a frame, a source; and its objective (C11)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tunebook.domain.errors import DesignError
from tunebook.domain.formats.codec import read_space
from tunebook.domain.formats.numbers import listed
from tunebook.domain.formats.toml_text import read_toml_text
from tunebook.domain.space import Axis, Per
from tunebook.importers.csv.objective import propose_objectives
from tunebook.importers.legible import legible_source
from tunebook.importers.source import SweepSource
from tunebook.importers.sources import read_source
from tunebook.importers.tables.forms import read_curves_of
from tunebook.importers.tables.frames import curves_of_frame, is_frame, read_frame

MOST_PROPOSED = 8
"""Candidates for the objective that an error or a question lists."""

Space = str | os.PathLike[str] | Mapping[str, Axis | Per]


def source_of(source: Any, curves: Any, format: str, study: str) -> SweepSource:
    """The sweep of any argument that names one."""
    if isinstance(source, SweepSource):
        read = source
    elif isinstance(source, str | os.PathLike) and not is_frame(curves):
        return read_source(source, curves, format=format, study=study)
    elif isinstance(source, str | os.PathLike):
        read = read_source(source, format=format, study=study)
    else:
        read = read_frame(source)
    if curves is None:
        return read
    own = curves_of_frame(curves) if is_frame(curves) else read_curves_of(curves)
    return replace(read, curves=own)


def stated_objective(source: SweepSource) -> str:
    """The objective that a source states.

    Raises:
        DesignError: it states none, or several; lists the candidates.
    """
    if len(source.objectives) == 1:
        return source.objectives[0]
    proposed = proposed_objectives(source)
    if not proposed:
        raise no_candidate(source)
    shown = listed(proposed, MOST_PROPOSED)
    raise DesignError(
        f"an audit needs an objective; candidates in {source.rows.source}: {shown}",
        next_step=f'give one: objective="{proposed[0]}"',
    )


def no_candidate(source: SweepSource) -> DesignError:
    """No column can be the objective."""
    return DesignError(
        f"{source.rows.source} has no column of numbers that could be the objective",
        next_step='name one: --objective minimize:NAME, or objective="minimize:NAME"',
    )


def proposed_objectives(source: SweepSource) -> list[str]:
    """What the objective could be, the likeliest first: `minimize:val_loss`.

    Where the source states the objective, these and no others.
    """
    source = legible_source(source)
    if source.objectives:
        return list(source.objectives)
    return propose_objectives(source.rows, source.curves.metrics if source.curves else ())


def space_of(space: Space | None) -> Mapping[str, Axis | Per] | None:
    """The ranges of a mapping, or of a TOML file."""
    if space is None or isinstance(space, Mapping):
        return space
    step = (
        "name a TOML file with a line for each hyperparameter: "
        'lr = { low = 1e-4, high = 1.0, scale = "log" }'
    )
    file = Path(space)
    return read_space(read_toml_text(file, "space file", step), source=str(file))
