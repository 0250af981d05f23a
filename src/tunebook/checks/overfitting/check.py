"""Do good trials overfit: worse on held-out data while still better on the training set? (C4)

Every held-out metric is read, not the objective alone: a loss may overfit while accuracy still
rises. Its training twin is the training-set metric of the same kind, else the training objective.

CLAIM, of a metric and the good trials (the best tenth of each study, three at least but no more
than the best third, among those whose curves can be read): most of them overfit. It takes three
good trials, of a study or of all together; where a study of fewer than nine trials stands alone,
single trials are named and no verdict on the best is given. NULL: no trial's mean curve rises
while its training twin falls. A trial shows it where the end of the held-out curve lies above its
lowest stretch (`curves.block_means.late_rise`), and the training curve still fell from there on;
its p-value is the larger of the two. Of g good trials, more than half must show it at 5 %: the
chance of the p-value in the middle, as a binomial tail, times the number of groups (all studies,
and each) and of metrics, is at most 2.5 %. So that a few speak for all like them, the group must
also lean that way by a margin: p at most 0.25 in 3 of 3, 3 of 4, 5 of 6, 5 of 7
(`most_by_a_margin`). Single trials outside are named where they stand at 2.5 % over all trials and
metrics. Together that is 5 % of the tables whose null is true.

The smallest rise that matters: more than the noise of one evaluation, and than 2 % of what was
gained since the first evaluation or 5 % of the lowest level, whichever is less. A judgement.

Assumes noise that is independent between trials, and wanders as a first-order autoregression at
most. Measured: docs/claims/overfitting.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tunebook.checks.overfitting.generalization_gap import MetricReading, TrainingGap, gaps_of
from tunebook.checks.overfitting.wording import (
    alarm_finding,
    note_finding,
    pass_finding,
    thin_finding,
    unread_text,
)
from tunebook.domain.design import Objective
from tunebook.domain.finding import Finding, NotApplicable
from tunebook.domain.table import TrialTable
from tunebook.statistics.curves.block_means import (
    FEWEST_POINTS,
    Blocks,
    Points,
    Rise,
    blocks_of,
    evaluation_noise,
    fell_since,
    good_rows,
    in_parts,
    late_rise,
    points_of,
)
from tunebook.statistics.curves.majority import FEWEST_TRIALS, SHOWN, shown_alone, shown_by_most
from tunebook.statistics.curves.trial_curves import no_curve
from tunebook.statistics.metric_names import (
    Metric,
    contradicted,
    quality_unknown,
    read_metrics,
    training_twin,
)

if TYPE_CHECKING:
    from jaxtyping import Bool, Int

ALPHA = 0.025
"""Of the tables whose null is true, at most so many for the good trials, and for all others."""
OF_IMPROVEMENT = 0.02
OF_LEVEL = 0.05


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OverfittingResult:
    """What every held-out metric shows, and the curves of good trials beside their training twin.

    `order`: all studies of the round as it planned them.
    """

    objective: Objective
    readings: tuple[MetricReading, ...]
    gaps: tuple[TrainingGap, ...]
    findings: tuple[Finding, ...]
    order: tuple[str, ...] = ()


def check(table: TrialTable, *, seed: int = 0) -> OverfittingResult | NotApplicable:  # noqa: ARG001
    """Read the curves of every held-out metric; nothing is drawn at random.

    Args:
        table: the trials of one round.
        seed: as every check takes it.
    """
    rows = np.flatnonzero(table.complete)
    known = read_metrics(table.curves, table.objective, table.training_objective)
    held_out = [
        m
        for m in known.values()
        if m.held_out and m.sign and table.curves[m.name].sizes[rows].any()
    ]
    doubted = contradicted(table.objective)
    held_out = [m for m in held_out if not doubted or m.name != table.objective.metric]
    nothing = no_curve(table, [m.name for m in held_out])
    if nothing:
        name = table.objective.metric
        why = f"the direction of {name} contradicts its name (see C11)" if doubted else ""
        return NotApplicable(
            check="C4",
            reason=why or f"{nothing} of a validation metric",
            needs=f"report {name} and a training loss several times in "
            "training: trial.report(step, ...)",
        )
    held_out.sort(key=lambda m: m.name != table.objective.metric)
    twins = {m.name: training_twin(m, known.values(), table.training_objective) for m in held_out}
    read = [_read(table, m, known.get(twins[m.name]), rows) for m in held_out]
    readings = tuple(_judged(table, r, len(read)) for r in read)
    unknown = sorted(m.name for m in known.values() if quality_unknown(m))
    return OverfittingResult(
        objective=table.objective,
        readings=readings,
        gaps=gaps_of(table, readings),
        findings=_findings(table, readings, unknown),
        order=tuple(table.branches),
    )


def _read(
    table: TrialTable,
    metric: Metric,
    twin: Metric | None,
    rows: Int[np.ndarray, "rows"],
) -> MetricReading:
    """One metric of all complete trials."""

    def read(some: Int[np.ndarray, "some"]) -> tuple[np.ndarray, ...]:
        points = points_of(table.curves[metric.name], some, metric.sign)
        blocks = blocks_of(points)
        rise = late_rise(blocks)
        small = np.isfinite(rise.p_value) & ~_material(points, blocks, rise)
        p_value = np.where(small, 1.0, rise.p_value)
        low = end = np.full(len(some), np.nan)
        if twin is not None:
            training = points_of(table.curves[twin.name], some, twin.sign)
            fall = fell_since(blocks_of(training, blocks.starts), rise.block)
            # Where the training metric can't be read, nothing is said of the trial.
            p_value = np.maximum(p_value, fall.p_value)
            low, end = twin.sign * fall.low, twin.sign * fall.end
        sign = metric.sign
        return (
            p_value, rise.size, rise.error, sign * rise.low, sign * rise.end, low, end,
            *points.best(),
        )  # fmt: skip

    joined = in_parts(rows, read)
    readable = np.zeros(len(table), dtype=bool)
    readable[rows] = np.isfinite(joined[0])
    return MetricReading(
        metric=metric.name,
        sign=metric.sign,
        training_metric=twin.name if twin is not None else "",
        same_kind=twin is not None and twin.kind == metric.kind,
        rows=rows,
        good=good_rows(table, readable)[rows],
        p_value=joined[0],
        rise=joined[1],
        error=joined[2],
        low=joined[3],
        end=joined[4],
        training_low=joined[5],
        training_end=joined[6],
        best_step=joined[7],
        best_value=metric.sign * joined[8],
        overfits=np.zeros(len(rows), dtype=bool),
        studies=(),
    )


def _material(points: Points, blocks: Blocks, rise: Rise) -> Bool[np.ndarray, "rows"]:
    """Where the rise is large enough to matter, real or not."""
    with np.errstate(invalid="ignore", over="ignore"):
        gained = np.maximum(points.begin - rise.low, 0.0)
        least = np.minimum(OF_IMPROVEMENT * gained, OF_LEVEL * np.abs(rise.low))
        return np.asarray(rise.size > np.maximum(least, evaluation_noise(blocks)))


def _judged(table: TrialTable, reading: MetricReading, metrics: int) -> MetricReading:
    """The reading with what it shows: of which studies' good trials most overfit, and who."""
    level = ALPHA / metrics
    shown, studies = shown_by_most(
        table, reading.rows, reading.good, reading.p_value, level, margin=True
    )
    alone = shown_alone(reading.p_value, level)
    return replace(reading, overfits=shown | alone, studies=studies)


def _findings(
    table: TrialTable, readings: tuple[MetricReading, ...], unknown: list[str]
) -> tuple[Finding, ...]:
    readable = max(int(r.readable.sum()) for r in readings)
    if readable < FEWEST_TRIALS:
        return (thin_finding(readings[0], readable, FEWEST_POINTS, FEWEST_TRIALS),)
    found = []
    for reading in readings:
        if reading.studies:
            better = _objective_improves(table, reading)
            found.append(alarm_finding(table, reading, readings[0], better))
        elif reading.overfits.any():
            found.append(note_finding(table, reading))
    passed = [r for r in readings if not r.overfits.any() and r.readable.sum() >= FEWEST_TRIALS]
    if passed:
        found.append(pass_finding(passed))
    if unknown:
        found[-1] = replace(found[-1], sentence=f"{found[-1].sentence} {unread_text(unknown)}")
    return tuple(found)


def _objective_improves(table: TrialTable, reading: MetricReading) -> bool:
    """True where the objective still gets better in most trials that overfit in this metric."""
    objective = table.objective
    if reading.metric == objective.metric or objective.metric not in table.curves:
        return False
    rows = reading.rows[reading.overfits & reading.good]
    blocks = blocks_of(points_of(table.curves[reading.metric], rows, reading.sign))
    own = points_of(table.curves[objective.metric], rows, objective.sign)
    fall = fell_since(blocks_of(own, blocks.starts), late_rise(blocks).block)
    return bool((fall.p_value <= SHOWN).sum() > len(rows) / 2)
