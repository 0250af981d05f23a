"""The runs of a ledger as a table of trials without hyperparameters (C11)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tunebook.domain.design import Objective
from tunebook.domain.ledger import Ledger, Verdict
from tunebook.domain.space import Branch
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Cause, Status
from tunebook.importers.csv.column_roles import use_columns
from tunebook.importers.csv.objective import find_objective
from tunebook.importers.ledger.reader import read_values
from tunebook.importers.source import SweepSource

_STUDY = ""


def on_metric(source: SweepSource, objective: Objective) -> Ledger:
    """The ledger of a source by another metric, or in the other direction.

    Raises:
        TableError: there is no such column.
    """
    ledger = source.ledger
    assert ledger is not None
    column = find_objective(objective.metric, source.rows, ())
    values, _ = read_values(source.rows.cells[column], ledger.verdicts)
    return replace(ledger, metric=column, sign=objective.sign, values=values)


def ledger_table(source: SweepSource, ledger: Ledger, objective: Objective) -> TrialTable:
    """One trial a run that has a value or crashed; the others are left out by their lines."""
    crashed = np.array([v is Verdict.CRASHED for v in ledger.verdicts], bool)
    kept = np.flatnonzero(crashed | np.isfinite(ledger.values))
    names = [
        f"line {line}, {verdict}"
        for line, verdict in zip(ledger.lines, ledger.verdicts, strict=True)
    ]
    left_out = [f"{names[i]}: no value" for i in range(len(names)) if i not in set(kept.tolist())]
    columns, _ = use_columns(source.rows, objective=ledger.metric)
    failed = (Status.INFEASIBLE, Cause.CRASHED)
    fates = [failed if crashed[i] else (Status.COMPLETE, None) for i in kept]
    return TrialTable(
        objective=objective,
        name=tuple(names[i] for i in kept),
        study=(_STUDY,) * len(kept),
        config=({},) * len(kept),
        seed=(None,) * len(kept),
        status=tuple(status for status, _ in fates),
        cause=tuple(cause for _, cause in fates),
        seconds=np.full(len(kept), np.nan),
        value=ledger.values[kept],
        branches={_STUDY: Branch()},
        adaptive=True,
        left_out=tuple(left_out),
        origin=columns.origin,
    )
