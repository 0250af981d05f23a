"""Throughput: what the finished rounds show, as numbers (A3)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tunebook.domain.finding import NotApplicable
from tunebook.domain.trial import Cause, Status, TrialRecord
from tunebook.procedures.steps.stages import Companion, Done
from tunebook.procedures.throughput.plans import (
    CYCLES,
    LEAST_APART,
    ThroughputArguments,
    fit_stage,
    time_stage,
)
from tunebook.procedures.throughput.saturation import Throughput, throughput
from tunebook.statistics.step_times import StepTime, step_time

SLOWER = 4
"""Times as many steps between reports, at least, where a size is timed again."""
SAFE = 0.5
"""Of the time limit, that a timed trial is to take at most."""


class Fate(StrEnum):
    """What became of a batch size."""

    FITS = "fits"
    MEMORY = "out of memory"
    SILENT = "no report"
    SLOW = "timed out"
    LOST = "lost"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeReading:
    """One batch size.

    Attributes:
        fate: of its trials; detail: of the one that failed, in its own words.
        trial: name of the trial that decided.
        unread: training never read the batch size.
        time: of a step; None where nothing was timed.
        tries: how often it was timed.
        apart: steps between reports of the newest timed trial, 0 before there is one.
    """

    fate: Fate
    detail: str
    trial: str
    unread: bool
    time: StepTime | NotApplicable | None
    tries: int
    apart: int

    @property
    def known_time(self) -> StepTime | None:
        """Of a step, where it is above 0 and has an interval."""
        if not isinstance(self.time, StepTime) or self.time.seconds.estimate <= 0:
            return None
        return self.time if math.isfinite(self.time.off) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ThroughputReading:
    """What is known so far.

    Attributes:
        sizes: that were tried, rising.
        doubled: the doubling is over.
        found: throughput of those that fit; None before all were timed.
    """

    sizes: Mapping[int, SizeReading]
    doubled: bool
    found: Throughput | NotApplicable | None

    @property
    def fitting(self) -> tuple[int, ...]:
        """Sizes that fit, up to the first that does not: near the limit a larger one may slip by
        in its few steps."""
        return tuple(itertools.takewhile(lambda b: self.sizes[b].fate is Fate.FITS, self.sizes))


def read(args: ThroughputArguments, done: Done, _: Sequence[Companion] = ()) -> ThroughputReading:
    """All of it; the same for the same rounds."""
    sizes = {b: _size(args, done, b) for b in args.batch_sizes if fit_stage(b) in done}
    # A size may fit for a few steps and run out of memory later.
    ended = any(s.fate is not Fate.FITS or s.unread for s in sizes.values())
    doubled = ended or len(sizes) == len(args.batch_sizes)
    fitting = ThroughputReading(sizes=sizes, doubled=doubled, found=None).fitting
    times = {b: t.seconds for b in fitting if sizes[b].tries and (t := sizes[b].known_time)}
    timed = doubled and all(next_apart(args, s) is None for s in sizes.values())
    found = throughput(times, precision=args.precision) if timed else None
    return ThroughputReading(sizes=sizes, doubled=doubled, found=found)


def next_apart(args: ThroughputArguments, size: SizeReading) -> int | None:
    """Steps between reports of the next timed trial, or None where none is needed, or left.

    Cycles are to be so long that a trial trains for `trial_s`. Of a size that was timed already,
    and not precisely enough, or at one distance alone since training reports at its own, they are
    at least SLOWER times as long; never so long that a trial runs into its time limit.
    """
    if size.fate is not Fate.FITS or size.unread or size.tries > args.longer:
        return None
    if not isinstance(size.time, StepTime):
        # Training may report at distances of its own: a trial of full length shows some.
        return None if size.tries else max(LEAST_APART, args.most_apart)
    if size.tries and size.time.separated and size.time.off <= args.precision:
        return None
    step_s = max(size.time.seconds.high, 1e-9)
    wanted = math.ceil(args.trial_s / CYCLES / step_s)
    least = SLOWER * size.apart if size.tries else LEAST_APART
    most = min(args.most_apart, int(SAFE * args.time_limit_s / CYCLES / step_s))
    return max(LEAST_APART, min(max(wanted, least), most))


def _size(args: ThroughputArguments, done: Done, size: int) -> SizeReading:
    timed = [done[n] for k in range(args.longer + 1) if (n := time_stage(size, k)) in done]
    stages = [done[fit_stage(size)], *timed]
    fates = [_fate(stage.trials[0], stage.report_times().offsets[-1]) for stage in stages]
    at = next((i for i, f in enumerate(fates) if f is not Fate.FITS), len(stages) - 1)
    trial = stages[at].trials[0]
    return SizeReading(
        fate=fates[at],
        detail=" ".join(filter(None, (trial.cause or "", trial.detail))),
        trial=trial.name,
        unread=args.size in stages[0].unread,
        time=step_time([stage.report_times() for stage in stages]),
        tries=len(timed),
        apart=timed[-1].plan.max_train_steps // CYCLES if timed else 0,
    )


def _fate(trial: TrialRecord, reports: int) -> Fate:
    """A trial that diverged has still taken its steps: its batch size fits."""
    if trial.cause is Cause.OUT_OF_MEMORY:
        return Fate.MEMORY
    if trial.status is Status.FAILED:
        return Fate.LOST
    if trial.cause is Cause.TIMED_OUT:
        return Fate.SLOW
    if trial.cause is Cause.NOT_REPORTED and not reports:
        return Fate.SILENT
    fine = (None, Cause.DIVERGED, Cause.CHANCE, Cause.NOT_REPORTED)
    return Fate.FITS if trial.cause in fine else Fate.FAILED
