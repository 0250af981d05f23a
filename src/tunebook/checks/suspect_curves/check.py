"""Curves that are probably bugs, and evaluations that came too rarely or irregularly (C8 I1).

What is asked of the complete trials, each with its null and its share of 5 % of all tables:

- *Training loss that rises* (2 %, half for the good trials and half for single ones). NULL: its
  mean, and that of its logarithm, never rise (`curves.block_means.late_rise`; an explosion is
  straight in logs and passes for noise without). It matters where the rise is more than the noise
  of one evaluation and than 2 % of what the good trials gained. In most of the good trials: a
  problem. In others a note, with the number that ended worse than they began: those diverged
  without a NaN.
- *A metric that is periodic* in most trials of a study (2 %). NULL: its spectrum is smooth
  (`periodicity`). Twice the median of the trials' p-values counts, valid however trials depend.
- *Curves that are identical* although seeds or configurations differ (1 %, `identical_curves`).
- *Metrics that never change*, exactly, in nine of ten trials or in most of the good ones. No
  chance is in it; an infeasible trial that is stuck at chance is not asked.

When a trial was evaluated (I1) is counted, and what that cost: `evaluation_steps`,
`evaluation_cost`. Measured:
docs/claims/suspect_curves.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tunebook.checks.suspect_curves import evaluation_steps
from tunebook.checks.suspect_curves.evaluation_cost import with_cost
from tunebook.checks.suspect_curves.identical_curves import (
    FEWEST_POINTS,
    constant,
    twins_of,
)
from tunebook.checks.suspect_curves.periodicity import FEWEST_POINTS as PERIOD_POINTS
from tunebook.checks.suspect_curves.periodicity import common_period, periods_of
from tunebook.checks.suspect_curves.wording import (
    pass_finding,
    period_finding,
    rising_finding,
    still_finding,
    thin_finding,
    twins_finding,
)
from tunebook.domain.design import Objective
from tunebook.domain.finding import Finding, NotApplicable
from tunebook.domain.table import TrialTable
from tunebook.statistics.curves.block_means import FEWEST_POINTS as ENDING_POINTS
from tunebook.statistics.curves.block_means import (
    Points,
    blocks_of,
    evaluation_noise,
    good_rows,
    in_parts,
    late_rise,
    points_of,
)
from tunebook.statistics.curves.majority import FEWEST_TRIALS, shown_alone, shown_by_most
from tunebook.statistics.curves.trial_curves import no_curve
from tunebook.statistics.metric_names import Metric, contradicted, quality_unknown, read_metrics

if TYPE_CHECKING:
    from jaxtyping import Bool, Float, Int

RISING = 0.02
PERIODIC = 0.02
OF_IMPROVEMENT = 0.02
NEARLY_ALL = 0.9
READ = 400
"""Trials of a study that are asked for a period: a bug is in all of them."""
SHOWN = 8
"""Curves of one kind that are kept for its picture."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SuspectCurve:
    """One trial's curve that shows what is suspicious."""

    trial: str
    steps: Int[np.ndarray, "points"]
    values: Float[np.ndarray, "points"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Suspicion:
    """What is suspicious, and a few of the curves that show it.

    Attributes:
        kind: "rising", "periodic", "identical" or "still".
        metric: whose curves.
        study: in which, or "" for all.
        trials: that show it, in all.
        period: in evaluations, of a periodic one, else 0.
        curves: some of them.
    """

    kind: str
    metric: str
    study: str
    trials: tuple[str, ...]
    period: float
    curves: tuple[SuspectCurve, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SuspectResult:
    """Everything suspicious in the curves of a table; nothing where all is well."""

    objective: Objective
    suspicions: tuple[Suspicion, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Asked:
    """The table and what is asked of it."""

    table: TrialTable
    rows: Int[np.ndarray, "rows"]
    good: Bool[np.ndarray, "rows"]
    metrics: tuple[Metric, ...]

    def names(self, rows: Iterable[int]) -> tuple[str, ...]:
        """Of the trials in these rows of the table."""
        return tuple(self.table.name[i] for i in rows)


Found = list[tuple[Finding, Suspicion]]


def check(table: TrialTable, *, seed: int = 0) -> SuspectResult | NotApplicable:  # noqa: ARG001
    """Look for bugs in the curves of complete trials; nothing is drawn at random.

    Args:
        table: the trials of one round.
        seed: as every check takes it.
    """
    rows = np.flatnonzero(table.complete)
    known = read_metrics(table.curves, table.objective, table.training_objective)
    metrics = tuple(
        m
        for m in known.values()
        if (m.sign or quality_unknown(m)) and table.curves[m.name].sizes[rows].any()
    )
    nothing = no_curve(table, [m.name for m in metrics])
    if nothing:
        return NotApplicable(
            check="C8",
            reason=nothing,
            needs=f"report {table.objective.metric} several times in training: "
            "trial.report(step, ...)",
        )
    asked = _Asked(table=table, rows=rows, good=good_rows(table)[rows], metrics=metrics)
    steps = with_cost(table, rows, evaluation_steps.findings_on(table, rows))
    finite = [points_of(table.curves[m.name], rows, 1).count for m in metrics]
    long, endings, cycles = (
        max(int((count >= fewest).sum()) for count in finite)
        for fewest in (FEWEST_POINTS, ENDING_POINTS, PERIOD_POINTS)
    )
    if long < FEWEST_TRIALS:
        thin = thin_finding(table.objective.metric, long, FEWEST_POINTS, FEWEST_TRIALS)
        return SuspectResult(objective=table.objective, suspicions=(), findings=(thin, *steps))
    found = [*_still(asked), *_rising(asked), *_identical(asked), *_periodic(asked)]
    training = any(m.training and m.sign for m in metrics)
    findings = [f for f, _ in found] or [
        pass_finding(
            table,
            [m.name for m in metrics],
            long,
            endings=training and endings >= FEWEST_TRIALS,
            cycles=cycles >= FEWEST_TRIALS,
        )
    ]
    return SuspectResult(
        objective=table.objective,
        suspicions=tuple(s for _, s in found),
        findings=(*findings, *steps),
    )


def _rising(asked: _Asked) -> Found:
    """Training metrics that get worse."""
    training = [m for m in asked.metrics if m.training and m.sign]
    if contradicted(asked.table.objective):  # rising may be what is wanted
        training = [m for m in training if m.name != asked.table.objective.metric]
    training.sort(key=lambda m: "loss" not in m.kind.split())
    found: Found = []
    for metric in training:
        p_value, low, end, begin = _rises(asked, metric)
        level = RISING / 2 / len(training)
        shown, studies = shown_by_most(asked.table, asked.rows, asked.good, p_value, level)
        every = shown | shown_alone(p_value, level)
        # What single trials do in a second training metric is the same again.
        if studies or (every.any() and not found):
            readable = np.isfinite(p_value)
            chosen, of = (shown, readable & asked.good) if studies else (every, readable)
            finding = rising_finding(
                metric.name,
                asked.names(asked.rows[chosen]),
                of=int(of.sum()),
                low=metric.sign * float(np.nanmedian(low[chosen])),
                end=metric.sign * float(np.nanmedian(end[chosen])),
                most=bool(studies),
                diverged=int((every & (end > begin)).sum()),
            )
            found.append((finding, _suspicion(asked, "rising", metric.name, asked.rows[chosen])))
    return found


def _rises(asked: _Asked, metric: Metric) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """p-value, lowest stretch, end and first value of a metric, lower is better."""

    def read(rows: Int[np.ndarray, "some"]) -> tuple[np.ndarray, ...]:
        points = points_of(asked.table.curves[metric.name], rows, metric.sign)
        blocks = blocks_of(points)
        rise = late_rise(blocks)
        # The smaller of two p-values, paid for twice, however they depend on each other.
        p_value = np.minimum(1.0, 2 * np.fmin(rise.p_value, _in_logs(points)))
        return p_value, rise.low, rise.end, points.begin, rise.size, evaluation_noise(blocks)

    p_value, low, end, begin, size, noise = in_parts(asked.rows, read)
    with np.errstate(invalid="ignore", over="ignore"):
        gained = (begin - low)[asked.good & np.isfinite(p_value)]
        least = OF_IMPROVEMENT * max(float(np.median(gained)), 0.0) if len(gained) else 0.0
        small = np.isfinite(p_value) & ~(size > np.maximum(noise, least))
    return np.where(small, 1.0, p_value), low, end, begin


def _in_logs(points: Points) -> Float[np.ndarray, "rows"]:
    """The same test on logs, for curves above zero: an explosion is straight there.

    On its own scale an exponential bends so much that it passes for noise.
    """
    lowest = np.full(len(points.count), np.inf)
    np.minimum.at(lowest, points.row, points.loss)
    with np.errstate(invalid="ignore", divide="ignore"):
        logs = np.log(points.loss)
    logs = np.where(lowest[points.row] > 0, logs, 0.0)
    p_value = late_rise(blocks_of(replace(points, loss=logs))).p_value
    return np.where(lowest > 0, p_value, np.nan)


def _periodic(asked: _Asked) -> Found:
    """Held-out metrics, and the training loss, that go up and down in step with evaluations."""
    names = np.array(asked.table.study, dtype=object)[asked.rows]
    studies = {study: asked.rows[names == study] for study in dict.fromkeys(names)}
    level = PERIODIC / len(asked.metrics) / max(len(studies), 1)
    found: Found = []
    for metric in asked.metrics:
        for study, own in studies.items():
            chosen = own[np.linspace(0, len(own) - 1, min(len(own), READ)).astype(int)]
            points = points_of(asked.table.curves[metric.name], chosen, metric.sign or 1)
            periods = periods_of(points)
            readable = int(np.isfinite(periods.p_value).sum())
            common = common_period(periods.p_value, periods.period, level)
            if readable < FEWEST_TRIALS or common is None:
                continue
            period, shown = common
            trials = chosen[shown]
            steps = [asked.table.curves[metric.name].of(int(i))[0] for i in trials]
            finding = period_finding(
                metric.name,
                study if len(studies) > 1 else "",
                asked.names(trials),
                of=readable,
                period=period,
                swing=float(np.median(periods.swing[shown])),
                apart=float(np.median([np.median(np.diff(own)) for own in steps])),
            )
            seen = _suspicion(asked, "periodic", metric.name, trials, study, period)
            found.append((finding, seen))
    return found


def _identical(asked: _Asked) -> Found:
    """Curves that are equal to the last digit between trials that should differ."""
    seen: set[tuple[str, ...]] = set()
    found: Found = []
    for metric in asked.metrics:
        for twins in twins_of(asked.table, metric.name, asked.rows):
            key = tuple(sorted(twins.trials))
            if key not in seen:  # the same trials in another metric are the same bug
                seen.add(key)
                finding = twins_finding(twins, len(asked.rows))
                largest = max(twins.groups, key=len)
                names = set(largest)
                rows = [i for i in asked.rows if asked.table.name[i] in names]
                drawn = _suspicion(asked, "identical", twins.metric, rows)
                found.append((finding, replace(drawn, trials=twins.trials)))
    return found


def _still(asked: _Asked) -> Found:
    """Metrics that never change."""
    found: Found = []
    for metric in asked.metrics:
        curves = asked.table.curves[metric.name]
        long = curves.sizes[asked.rows] >= FEWEST_POINTS
        still = constant(curves, asked.rows)
        many, good = int(long.sum()), long & asked.good
        most = 2 * int((still & good).sum()) > int(good.sum()) >= FEWEST_TRIALS
        if many < FEWEST_TRIALS or not (most or still.sum() >= NEARLY_ALL * many):
            continue
        rows = asked.rows[still]
        value = float(curves.of(int(rows[0]))[1][0])
        objective = metric.name == asked.table.objective.metric
        finding = still_finding(
            metric.name, asked.names(rows), of=many, value=value, objective=objective
        )
        found.append((finding, _suspicion(asked, "still", metric.name, rows)))
    return found


def _suspicion(
    asked: _Asked,
    kind: str,
    metric: str,
    rows: Iterable[int],
    study: str = "",
    period: float = 0.0,
) -> Suspicion:
    """Some of the curves that show it, the best trials first."""
    losses = asked.table.losses
    order = sorted((int(i) for i in rows), key=lambda i: float(losses[i]))
    curves = []
    for i in order[:SHOWN]:
        steps, values = asked.table.curves[metric].of(i)
        curves.append(SuspectCurve(trial=asked.table.name[i], steps=steps, values=values))
    return Suspicion(
        kind=kind, metric=metric, study=study, trials=asked.names(order), period=period,
        curves=tuple(curves),
    )  # fmt: skip
