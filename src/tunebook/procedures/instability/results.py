"""Instability: what the finished rounds show, as numbers (H1 H2 H3 H4)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from tunebook.deciding.mean_difference import mean_difference
from tunebook.domain.formats.names import spell
from tunebook.domain.formats.numbers import digits
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Cause, Status
from tunebook.procedures.instability.gradient_norms import (
    NormReading,
    RunNorms,
    read_norms,
    share_above,
)
from tunebook.procedures.instability.plans import (
    ABOVE,
    LOOK,
    LOOK_TIMES,
    PERCENTILES,
    TIMES_UNSTABLE,
    InstabilityArguments,
    clip_stage,
    warmup_stage,
    whole_stage,
)
from tunebook.procedures.instability.stable_rates import (
    BestRate,
    RateReading,
    Stability,
    best_rate,
    read_rate,
)
from tunebook.procedures.instability.training_stability import (
    RunReading,
    read_run,
    usual_fall,
    usual_lowest,
)
from tunebook.procedures.steps.stages import Companion, Done, DoneStage
from tunebook.procedures.steps.tuned_sweep import sweeps_in

BETTER = 1.645
"""Of a rate just above the best one, as a normal score."""
WORTH = 0.01
"""Of what separates the sweep's best from its middle: a gain below that moves nothing, since the
fastest rate of a problem without noise lies just below the unstable ones by nature."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """What the training loss does in runs that train: NaN where none is known.

    Attributes:
        fall: how far it falls; lowest: where it arrives.
    """

    fall: float = math.nan
    lowest: float = math.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmupTry:
    """Warm-ups to one peak rate.

    Attributes:
        times: the peak rate in unstable rates; rate: itself.
        lengths: each length with what its seeds say, shortest first.
        passed: lengths of which no seed fails in short runs.
        wholes: the whole training, with its length of warm-up: the shortest that passed, and the
            longest where that did not hold.
        unread: training never read the warm-up.
    """

    times: float
    rate: float
    lengths: tuple[tuple[int, RateReading], ...]
    passed: tuple[int, ...]
    wholes: tuple[tuple[int, RateReading], ...]
    unread: bool

    @property
    def holds(self) -> tuple[int, RateReading] | None:
        """The warm-up with which the whole training holds, or None."""
        return next((w for w in self.wholes if w[1].says is Stability.STABLE), None)

    @property
    def next_length(self) -> int | None:
        """The warm-up to try before the whole training, or None where that is settled."""
        if self.holds or not self.passed or len(self.wholes) == 2:
            return None
        length = self.passed[-1] if self.wholes else self.passed[0]
        return None if length in dict(self.wholes) else length


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipTry:
    """Clipping at one percentile of the norms, at the unstable rate.

    Attributes:
        share: of norms below the threshold; threshold: of the norm.
        reading: what its seeds say.
        clipped: share of the updates that it clipped, NaN where norms were not reported.
        unread: training never read the threshold.
    """

    share: float
    threshold: float
    reading: RateReading
    clipped: float
    unread: bool

    @property
    def holds(self) -> bool:
        """Whether the unstable rate trains with it."""
        return self.reading.says is Stability.STABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class InstabilityReading:
    """All that the rounds say so far.

    Attributes:
        reported: metrics that trials reported.
        best: of all sweeps, None before there is one, or where too few rates trained.
        above: the best rate and those above it; look: the first steps.
        better: a rate of `above` whose seeds are stable and clearly better than the best rate's:
            the sweep, with one seed a rate, took too low a one. None where there is no such.
        usual: loss of runs that train.
        norms: at the best rate; None where too few were reported.
        unstable: the lowest rate that is unstable, or None.
        warmups, clips: what was tried.
    """

    reported: frozenset[str]
    best: BestRate | None
    above: tuple[RateReading, ...]
    better: float | None
    look: RateReading | None
    usual: Usual
    norms: NormReading | None
    unstable: float | None
    warmups: tuple[WarmupTry, ...]
    clips: tuple[ClipTry, ...]

    @property
    def base(self) -> float | None:
        """The best rate: the sweep's, or what turned out better just above it."""
        if self.above:
            return self.above[0].rate
        return self.best.rate if self.best else None

    @property
    def judged(self) -> tuple[RateReading, ...]:
        """What decides: the rates just above the best, and the first steps."""
        return (*self.above[1:], *((self.look,) if self.look else ()))


def read(
    args: InstabilityArguments, done: Done, _: Sequence[Companion] = ()
) -> InstabilityReading:
    """Read the finished stages."""
    sweeps = [stage.table for stage in sweeps_in(done, "sweep")]
    rates = np.array([float(c[args.rate]) for t in sweeps for c in t.config])
    swept = np.concatenate([np.empty(0), *(_feasible(args, t) for t in sweeps)])
    best = best_rate(rates, swept) if sweeps else None
    above, usual, norms, better = _above(args, done, swept)
    looked = done.get(LOOK)
    look = None
    if looked is not None and best is not None:
        runs = _runs(args, looked.table, usual, looked.plan.max_train_steps, short=True)
        rate = float(looked.table.config[0][args.rate])
        look = read_rate(rate, runs, setting=f"{spell(LOOK_TIMES)} times the best, first steps")
    return InstabilityReading(
        reported=frozenset(m for d in done.values() for m in d.table.curves),
        best=best,
        above=above,
        better=better,
        look=look,
        usual=usual,
        norms=norms,
        unstable=_unstable(above, look),
        warmups=tuple(_warmups(args, done, usual)),
        clips=tuple(_clips(args, done, usual)),
    )


def _feasible(args: InstabilityArguments, table: TrialTable) -> np.ndarray:
    """Losses of the objective; NaN too where the training loss ended, whatever came before."""
    ended = [not np.isfinite(_curve(table, args.loss, i)[1]).all() for i in range(len(table))]
    return np.where(ended, np.nan, table.losses)


def _above(
    args: InstabilityArguments, done: Done, swept: np.ndarray
) -> tuple[tuple[RateReading, ...], Usual, NormReading | None, float | None]:
    stages = sweeps_in(done, "just above")
    if not stages:
        return (), Usual(), None, None
    stage = stages[-1]
    table = stage.table
    rates = [float(c[args.rate]) for c in table.config]
    wanted = [float(point[args.rate]) for point in stage.plan.points]
    groups = [[i for i, rate in enumerate(rates) if rate == one] for one in wanted]
    trained = [_curve(table, args.loss, i)[1] for i in groups[0]]
    usual = Usual(fall=usual_fall(trained), lowest=usual_lowest(trained))
    readings = tuple(
        read_rate(
            rates[group[0]],
            _runs(args, table, usual, stage.plan.max_train_steps, rows=group),
            setting="the best rate" if times == 1 else f"{spell(times)} times the best",
            values=[float(table.value[i]) for i in group],
        )
        for times, group in zip(ABOVE, groups, strict=True)
        if group
    )
    norms = read_norms(args.norms, [_norms(args, table, i) for i in groups[0]])
    worth = WORTH * float(np.nanmedian(swept) - np.nanmin(swept))
    return readings, usual, norms, _better(readings, table.objective.sign, worth)


def _better(above: tuple[RateReading, ...], sign: int, worth: float) -> float | None:
    """The best of the stable rates above the first that beat it by more than what it is worth:
    Welch's t, one side, at 5 %."""
    if any(r.says is Stability.UNSTABLE for r in above):
        return None
    losses = {r.rate: sign * np.array([v for v in r.values if math.isfinite(v)]) for r in above}
    first = losses[above[0].rate]
    found = [
        (float(own.mean()), rate)
        for rate, own in losses.items()
        if rate != above[0].rate and min(len(own), len(first)) > 1
        and mean_difference(own, first, worth).score > BETTER
    ]  # fmt: skip
    return min(found)[1] if found else None


def _unstable(above: tuple[RateReading, ...], look: RateReading | None) -> float | None:
    """The lowest rate of which the seeds say that it is unstable."""
    readings = [*above, *([look] if look else [])]
    return min((r.rate for r in readings if r.says is Stability.UNSTABLE), default=None)


def _warmups(args: InstabilityArguments, done: Done, usual: Usual) -> Iterable[WarmupTry]:
    name = args.called("warmup_steps")
    for times in TIMES_UNSTABLE:
        stage = done.get(warmup_stage(times))
        if stage is None:
            continue
        rows: dict[int, list[int]] = {}
        for i, config in enumerate(stage.table.config):
            rows.setdefault(int(config[name]), []).append(i)
        lengths = tuple(
            (length, _reading(args, stage, usual, group, f"{length} steps of warm-up"))
            for length, group in sorted(rows.items())
        )
        after = [s for again in (0, 1) if (s := done.get(whole_stage(times, again)))]
        yield WarmupTry(
            times=times,
            rate=lengths[0][1].rate,
            lengths=lengths,
            passed=tuple(n for n, r in lengths if r.says is Stability.STABLE),
            wholes=tuple(
                (
                    int(s.table.config[0][name]),
                    _reading(args, s, usual, None, "the whole training"),
                )
                for s in after
            ),
            unread=name in stage.unread,
        )


def _clips(args: InstabilityArguments, done: Done, usual: Usual) -> Iterable[ClipTry]:
    name = args.called("clip_norm")
    for share in PERCENTILES:
        stage = done.get(clip_stage(share))
        if stage is None:
            continue
        threshold = float(stage.plan.points[0][name])
        reading = _reading(args, stage, usual, None, f"clipped at {digits(threshold, 3)}")
        norms = [_norms(args, stage.table, i).norms for i in range(len(stage.table))]
        yield ClipTry(
            share=share,
            threshold=threshold,
            reading=reading,
            clipped=share_above(norms, threshold),
            unread=name in stage.unread,
        )


def _reading(
    args: InstabilityArguments,
    stage: DoneStage,
    usual: Usual,
    rows: list[int] | None,
    setting: str,
) -> RateReading:
    rate = float(stage.table.config[0][args.rate])
    steps = stage.plan.max_train_steps
    values = [float(stage.table.value[i]) for i in rows or range(len(stage.table))]
    runs = _runs(args, stage.table, usual, steps, rows=rows)
    return read_rate(rate, runs, setting=setting, values=values)


def _runs(
    args: InstabilityArguments,
    table: TrialTable,
    usual: Usual,
    steps: int,
    *,
    rows: list[int] | None = None,
    short: bool = False,
) -> list[RunReading]:
    """Each trial's loss, read; trials that failed through no fault of theirs are left out."""
    return [
        read_run(
            table.name[i],
            *_curve(table, args.loss, i),
            fall=usual.fall,
            lowest=usual.lowest,
            max_train_steps=steps,
            diverged=table.cause[i] is Cause.DIVERGED,
            short=short,
        )
        for i in (range(len(table)) if rows is None else rows)
        if table.status[i] is not Status.FAILED
    ]


def _curve(table: TrialTable, metric: str, i: int) -> tuple[np.ndarray, np.ndarray]:
    """Steps and values of a metric in one trial; none where it was not reported."""
    if metric not in table.curves:
        return np.empty(0, np.int64), np.empty(0)
    steps, values = table.curves[metric].of(i)
    return np.asarray(steps), np.asarray(values)


def _norms(args: InstabilityArguments, table: TrialTable, i: int) -> RunNorms:
    steps, values = _curve(table, args.norms, i)
    sound = np.isfinite(values)
    return RunNorms(trial=table.name[i], steps=steps[sound], norms=values[sound])
