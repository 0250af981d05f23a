"""A sweep that was run elsewhere: read it, examine it, write its report (C11 C12)."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tunebook.checks import Result
from tunebook.domain.errors import EvidenceError
from tunebook.domain.finding import Examination, NotApplicable
from tunebook.domain.formats.codec import read_space
from tunebook.domain.formats.toml_text import read_toml_text
from tunebook.domain.space import Axis, Per
from tunebook.domain.table import TrialTable
from tunebook.examination.examine import conclude, results
from tunebook.examination.objective_direction import doubts_direction
from tunebook.examination.sweep_findings import sweep_findings
from tunebook.importers.csv.objective import propose_objectives
from tunebook.importers.csv.sweep import read_sweep
from tunebook.importers.csv.wording import reading_lines
from tunebook.importers.source import SweepSource
from tunebook.importers.sources import read_source
from tunebook.report.page.sweep_texts import caveats, space_texts


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Audit:
    """A foreign sweep with what every check says of it.

    Attributes:
        source: name of the file that the trials were read from.
        table: its trials.
        results: of every check, with the numbers behind its pictures.
        examination: what the results say.
    """

    source: str
    table: TrialTable
    results: Mapping[str, Result | NotApplicable]
    examination: Examination

    @property
    def space(self) -> list[str]:
        """The search space as it was taken, one hyperparameter a line."""
        return space_texts(self.table)

    @property
    def caveats(self) -> tuple[str, ...]:
        """What the findings lean on."""
        return caveats(self.table)

    @property
    def reading(self) -> tuple[str, ...]:
        """What the columns of the file were taken for, a line each."""
        return reading_lines(self.table.origin)

    def page(self, *, command: str = "", version: str = "") -> str:
        """Everything as one HTML file that needs no network."""
        from tunebook.report.page.sweep_page import render_sweep  # it loads what draws

        return render_sweep(
            self.table,
            self.results,
            self.examination,
            source=self.source,
            caveats=(*self.reading, *self.caveats),
            command=command,
            version=version,
        )


def audit_sweep(
    source: str | os.PathLike[str] | SweepSource,
    curves: str | os.PathLike[str] | None = None,
    *,
    objective: str,
    scientific: Sequence[str] = (),
    hyperparameters: Sequence[str] | None = None,
    chance: float | None = None,
    space: str | os.PathLike[str] | None = None,
    reduce: str | None = None,
    training_objective: str = "",
    adaptive: bool = False,
    seed: int = 0,
) -> Audit:
    """Read a sweep where it lies and let every check speak.

    Args:
        source: a file, a database or its URL; or one that `read_source` has read.
        curves: a CSV file of curves, in place of those that the source has.
        objective, scientific, hyperparameters, chance, training_objective, adaptive: as
            `TrialTable.from_csv` takes them.
        reduce: as there; if left out, as the source states, else "best".
        space: TOML file with a range for each hyperparameter; else ranges are read off the
            trials.
        seed: of every resampling.

    Raises:
        TableError, DesignError, CodecError: a file or an argument makes no sense; says where.
    """
    read = source if isinstance(source, SweepSource) else read_source(source, curves)
    columns = read_sweep(
        read,
        objective=objective,
        hyperparameters=hyperparameters,
        scientific=scientific,
        chance=chance,
        reduce=reduce,
        space=None if space is None else _space(Path(space)),
        training_objective=training_objective,
        adaptive=adaptive,
    )
    table = TrialTable(**columns)
    _refuse_empty(table, read.rows.source)
    found = results(table, seed=seed)
    examination = conclude(table, found)
    own = sweep_findings(table)
    said = examination.findings
    # A wrong direction reverses all others, so that it comes first.
    doubts = [f for f in said if doubts_direction(f)]
    rest = [f for f in said if not doubts_direction(f)]
    examination = replace(examination, findings=[*doubts, *own, *rest])
    return Audit(
        source=read.rows.source,
        table=table,
        results=found,
        examination=examination,
    )


def proposed_objectives(source: SweepSource) -> list[str]:
    """What the objective could be, the likeliest first: `minimize:val_loss`.

    Where the source states the objective, these and no others.
    """
    if source.objectives:
        return list(source.objectives)
    return propose_objectives(source.rows, source.curves.metrics if source.curves else ())


def _refuse_empty(table: TrialTable, source: str) -> None:
    """An audit of no trial at all says nothing, and must not look like a clean one."""
    if table.counted.any():
        return
    reasons = [*table.left_out]
    reasons += [f"{name}: {status}" for name, status in zip(table.name, table.status, strict=True)]
    first = f"; the first: {reasons[0]}" if reasons else ""
    raise EvidenceError(
        f"{source}: no trial is left to judge. {len(reasons)} rows were left out{first}",
        next_step="correct the column of statuses or of the objective, or name another objective",
    )


def _space(file: Path) -> Mapping[str, Axis | Per]:
    step = (
        "name a TOML file with a line for each hyperparameter: "
        'lr = { low = 1e-4, high = 1.0, scale = "log" }'
    )
    return read_space(read_toml_text(file, "space file", step), source=str(file))
