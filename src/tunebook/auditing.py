"""A sweep that was run elsewhere: read it, examine it, write its report (C11 C12)."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tunebook.checks import Result
from tunebook.domain.design import Objective
from tunebook.domain.errors import EvidenceError
from tunebook.domain.finding import Examination, Finding, NotApplicable
from tunebook.domain.formats.notation import format_objective, parse_objective
from tunebook.domain.ledger import Ledger
from tunebook.domain.table import TrialTable
from tunebook.examination.examine import conclude, results
from tunebook.examination.ledger_findings import ledger_findings
from tunebook.examination.objective_direction import doubts_direction
from tunebook.examination.sweep_findings import sweep_findings
from tunebook.importers.csv.sweep import read_sweep as columns_of
from tunebook.importers.csv.wording import reading_lines
from tunebook.importers.legible import legible, legible_source
from tunebook.importers.reading import MOST_PROPOSED as MOST_PROPOSED
from tunebook.importers.reading import Space, source_of, space_of, stated_objective
from tunebook.importers.reading import no_candidate as no_candidate
from tunebook.importers.reading import proposed_objectives as proposed_objectives
from tunebook.importers.source import SweepSource
from tunebook.report.page.sweep_texts import caveats, space_texts

if TYPE_CHECKING:
    from tunebook.charts.picture import Picture
    from tunebook.report.notebook.views import FindingsView
    from tunebook.report.outcome import RoundSummary

LEDGER_CAVEATS = (
    "Each run is one training of changed code: data, machine and seed may have changed with it.",
    "The best of many single runs is flattered, because it was selected.",
)


def read_sweep(
    source: str | os.PathLike[str] | SweepSource | Any,
    curves: str | os.PathLike[str] | Any = None,
    *,
    objective: Objective | str | None = None,
    scientific: Sequence[str] = (),
    hyperparameters: Sequence[str] | None = None,
    chance: float | None = None,
    space: Space | None = None,
    reduce: str | None = None,
    training_objective: str = "",
    adaptive: bool = False,
    format: str = "",
    study: str = "",
) -> TrialTable:
    """Read a sweep that was run elsewhere, where it lies; nothing of it is changed or executed.

    Args:
        source: a path (a table, or a tool's file or folder), the URL of a database, or a pandas
            or polars frame with one row a trial, whose index names the trials.
        curves: a path or a frame with curves, in place of those that the source has.
        objective: `"minimize:val_loss"`, or an Objective. If left out, the one that the source
            states.
        scientific: hyperparameters whose effect is the question.
        hyperparameters: these columns and no others (the scientific ones come along).
        chance: the objective's value of guessing; trials that never beat it are infeasible.
        space: a range for each hyperparameter, or a TOML file of them; else as the source
            declares, else read off the trials.
        reduce: "best", "last" or "mean-last-5" of a curve; if left out, as the source states,
            else "best".
        training_objective: metric of the training set that shows fitting.
        adaptive: earlier results chose later configurations.
        format: what wrote the source, such as "optuna"; told from what is there if left out.
        study: of several in one storage; of a workbook, the sheet.

    Returns:
        A table whose `origin` says what each column was taken for, and whose `left_out` says
        which rows could not be used and why.

    Raises:
        TableError: the source can't be read; says what it is and what to do.
        DesignError: no objective is given and the source states none, or several: lists the
            candidates.

    Example:
        >>> import tunebook as tb
        >>> from pathlib import Path
        >>> _ = Path("t.csv").write_text("run,lr,val_loss\\na,0.1,0.5\\nb,0.01,0.3\\n")
        >>> table = tb.read_sweep("t.csv", objective="minimize:val_loss")
        >>> table.name, list(table.roles), table.value.tolist()
        (('a', 'b'), ['lr'], [0.5, 0.3])
    """
    read = source_of(source, curves, format, study)
    if read.ledger is not None and hyperparameters is None and space is None and not scientific:
        return _ledger(read, objective)[1]
    return TrialTable(
        **columns_of(
            read,
            objective=stated_objective(read) if objective is None else objective,
            hyperparameters=hyperparameters,
            scientific=scientific,
            chance=chance,
            reduce=reduce,
            space=space_of(space),
            training_objective=training_objective,
            adaptive=adaptive,
        )
    )


def audit(
    source: str | os.PathLike[str] | SweepSource | Any,
    curves: str | os.PathLike[str] | Any = None,
    *,
    objective: Objective | str | None = None,
    scientific: Sequence[str] = (),
    hyperparameters: Sequence[str] | None = None,
    chance: float | None = None,
    space: Space | None = None,
    reduce: str | None = None,
    training_objective: str = "",
    adaptive: bool = False,
    format: str = "",
    study: str = "",
    seed: int = 0,
) -> Audit:
    """Read a sweep where it lies, and run every check on it.

    Args:
        source, curves, objective, scientific, hyperparameters, chance, space, reduce,
            training_objective, adaptive, format, study: as `read_sweep` takes them.
        seed: of every resampling.

    Returns:
        What every check says; in a notebook it shows itself as a round's findings do, and
        `page()` is the report of `tunebook audit --report`.

    Raises:
        TableError, DesignError, CodecError: a source or an argument makes no sense; says where.
        EvidenceError: no trial is left to judge.

    Example:
        >>> import tunebook as tb
        >>> rows = [{"lr": 10.0 ** (-i / 6), "loss": abs(i - 9) / 50} for i in range(24)]
        >>> found = tb.audit(rows, objective="minimize:loss")
        >>> len(found.table), found.findings[0].check
        (24, 'C10')
    """
    read = source_of(source, curves, format, study)
    if read.ledger is not None and hyperparameters is None and space is None and not scientific:
        return _ledger_audit(read, objective)
    table = read_sweep(
        read,
        objective=objective,
        scientific=scientific,
        hyperparameters=hyperparameters,
        chance=chance,
        space=space,
        reduce=reduce,
        training_objective=training_objective,
        adaptive=adaptive,
    )
    _refuse_empty(table, read.rows.source)
    found = results(table, seed=seed)
    examination = conclude(table, found)
    said = examination.findings
    # A wrong direction reverses all others, so that it comes first.
    doubts = [f for f in said if doubts_direction(f)]
    rest = [f for f in said if not doubts_direction(f)]
    examination = replace(examination, findings=[*doubts, *sweep_findings(table), *rest])
    return Audit(
        source=legible(read.rows.source),
        table=table,
        results=found,
        examination=examination,
    )


def _ledger(source: SweepSource, objective: Objective | str | None) -> tuple[Ledger, TrialTable]:
    from tunebook.importers.ledger.table import ledger_table, on_metric

    source = legible_source(source)
    wanted = stated_objective(source) if objective is None else objective
    objective = parse_objective(wanted) if isinstance(wanted, str) else wanted
    ledger = on_metric(source, objective)
    return ledger, ledger_table(source, ledger, objective)


def _ledger_audit(source: SweepSource, objective: Objective | str | None) -> Audit:
    """What the ledger of an agent tells; the checks of a search space don't apply to it."""
    ledger, table = _ledger(source, objective)
    _refuse_empty(table, source.rows.source)
    examination = Examination(
        trials=len(ledger),
        left_out=table.left_out,
        findings=ledger_findings(ledger),
        not_applicable=(),
    )
    return Audit(
        source=legible(source.rows.source),
        table=table,
        results={},
        examination=examination,
        ledger=True,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Audit:
    """A foreign sweep with what every check says of it; shows itself in notebooks and terminals.

    Attributes:
        source: name of the place that the trials were read from.
        table: its trials.
        results: of every check, with the numbers behind its pictures.
        examination: what the results say.
        ledger: the source is the ledger of an agent, which has no hyperparameters.
    """

    source: str
    table: TrialTable
    results: Mapping[str, Result | NotApplicable]
    examination: Examination
    ledger: bool = False

    @property
    def findings(self) -> list[Finding]:
        """All findings, worst first."""
        return self.examination.findings

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """Every picture of the checks."""
        return self._view().pictures

    @property
    def summary(self) -> RoundSummary:
        """The best configuration, good values, and why trials did not complete."""
        from tunebook.report.round_summary import summarize

        return summarize(self.table, self.results)

    @property
    def space(self) -> list[str]:
        """The search space as it was taken, one hyperparameter a line."""
        return space_texts(self.table)

    @property
    def caveats(self) -> tuple[str, ...]:
        """What the findings lean on."""
        return LEDGER_CAVEATS if self.ledger else caveats(self.table)

    @property
    def reading(self) -> tuple[str, ...]:
        """What the columns of the source were taken for, a line each."""
        return reading_lines(self.table.origin)

    @property
    def _sections(self) -> dict[str, Iterable[str]]:
        """What was read, by heading."""
        taken = "read off the trials" if self.table.inferred_space else "as declared"
        space = {} if self.ledger else {f"Search space, {taken}": self.space}
        return {"Columns": self.reading, **space, "Caveats": self.caveats}

    def _view(self) -> FindingsView:
        from tunebook.checks.charts import Drawn, pictures
        from tunebook.report.notebook.views import FindingsView

        return FindingsView(self.examination, Drawn(lambda: pictures(self.results)), self.summary)

    def __len__(self) -> int:
        return len(self.findings)

    def __getitem__(self, place: int) -> Finding:
        return self.findings[place]

    def show(self, *, everything: bool = False, title: str = "", unfold: str = "") -> None:
        """Print what was read, then the findings, with colours on a terminal.

        Args:
            everything: each passed check too, instead of their number.
            title: above the findings; the source and the objective if left out.
            unfold: how to have the passed checks listed.
        """
        from tunebook.report.terminal.lines import show
        from tunebook.report.terminal.summaries import findings_text, show_lines

        for head, lines in self._sections.items():
            show_lines(f"{head}:", lines)
        print()
        show(
            findings_text(
                self.examination,
                title=title or f"{self.source}: {format_objective(self.table.objective)}",
                everything=everything,
                summary=self.summary,
                unfold=unfold or ".show(everything=True) lists them",
            )
        )

    def __repr__(self) -> str:
        return repr(self._view())

    def _repr_html_(self) -> str:
        from tunebook.report.notebook.views import audit_html

        return audit_html(
            self.examination, self.pictures, self.summary, source=self.source, read=self._sections
        )

    def page(self, *, command: str = "", version: str = "") -> str:
        """Return everything as one HTML file that needs no network."""
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
