"""Batch size: what equal steps and equal examples say of it (F3)."""

from __future__ import annotations

import math
from collections.abc import Iterator

from tunebook.domain.finding import Finding, NotApplicable, Number, Severity
from tunebook.domain.formats.numbers import digits
from tunebook.procedures.batch_size.equal_budgets import Budget, Kind, Runs, budgets, covered_steps
from tunebook.procedures.batch_size.plans import MOVES, BatchSizeAsked, confirm_name, tune_name
from tunebook.procedures.batch_size.scaling_regimes import BatchRegimes
from tunebook.procedures.steps.stages import Done

Budgets = tuple[Budget, Budget] | NotApplicable


def read_budgets(asked: BatchSizeAsked, done: Done) -> Budgets:
    """Both budgets, of sizes that are all tuned."""
    runs = {}
    objective = next(iter(done.values())).table.objective
    for size in asked.batch_sizes:
        names = [tune_name(size, m) for m in range(MOVES + 1)]
        tuning = [done[n].table for n in names if n in done]
        stage = done.get(confirm_name(size))
        fresh = stage.table if stage else None
        every = [*tuning, *([fresh] if fresh else [])]
        covered = covered_steps(every, objective.metric, asked.target, asked.steps_of(size))
        runs[size] = Runs(tuning=tuning, fresh=fresh, covered=covered)
    return budgets(runs, sign=objective.sign, metric=objective.metric)


def budget_findings(
    asked: BatchSizeAsked, found: Budgets | None, regimes: BatchRegimes | NotApplicable | None
) -> Iterator[Finding]:
    """What both budgets say, and why they differ; none before all sizes are tuned."""
    if found is None:
        return
    if isinstance(found, NotApplicable):
        said = f"Not enough evidence for budgets: {found.reason}. It needs {found.needs}."
        yield Finding(
            check="F3", severity=Severity.NOTE, subject=asked.size, numbers={}, sentence=said
        )
        return
    steps, examples = found
    ends = ""
    if isinstance(regimes, BatchRegimes) and math.isfinite(regimes.perfect_until.estimate):
        ends = f", here up to about {regimes.perfect_until.estimate:,.0f}"
    parts = [_told(steps), _told(examples)]
    said = (
        f"{' '.join(parts)} As many examples leave a doubled batch half of the steps, which is "
        f"enough only where doubling halves the steps that are needed: an epoch budget looks only "
        f"at perfect scaling{ends}, and says nothing of what larger batches gain."
    )
    yield Finding(
        check="F3",
        severity=Severity.NOTE,
        subject=asked.size,
        numbers={**_numbers(steps), **_numbers(examples)},
        sentence=said,
    )


def _told(budget: Budget) -> str:
    first, last = min(budget.best), max(budget.best)
    said = (
        f"Within {budget.amount:,} {budget.kind} the best is {digits(budget.best[first], 4)} at "
        f"batch size {first} and {digits(budget.best[last], 4)} at {last}, each with its own rate"
    )
    if budget.left_out:
        said += f" ({', '.join(map(str, budget.left_out))} not evaluated so early)"
    if not budget.leaders:
        return f"{said}; without new seeds of three or more, sizes are not compared."
    if len(budget.leaders) == len(budget.best):
        return f"{said}; by new seeds no size is told to be better than another."
    leaders = ", ".join(map(str, budget.leaders))
    return f"{said}; by new seeds no size is told to be better than {leaders}."


def _numbers(budget: Budget) -> dict[str, Number]:
    unit = "steps" if budget.kind is Kind.STEPS else "examples"
    return {f"within {budget.amount} {unit} at {b}": v for b, v in budget.best.items()}
