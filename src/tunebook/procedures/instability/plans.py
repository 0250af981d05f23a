"""Instability: its arguments, and the plan of each of its rounds (H1 H2 H3 H4).

Numbers that are the playbook's are marked [P].
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tunebook.domain.design import Round
from tunebook.domain.formats import scalars
from tunebook.domain.formats.names import spell
from tunebook.domain.formats.numbers import digits, percent, range_text
from tunebook.domain.origin import Stage
from tunebook.domain.space import Axis, Choice, Float, Integer, Scale
from tunebook.domain.trial import Value
from tunebook.procedures.steps.tuned_sweep import RateArguments, moved_stage

ABOVE = (1.0, 2.0, 4.0)
"""Times the best learning rate: itself, and just above it; twice is the playbook's."""
LOOK_TIMES, LOOK_STEPS = 2.0, 500
"""The close look: twice the best rate, 500 steps, evaluated at every one [P]."""
TIMES_UNSTABLE = (10.0, 3.0, 1.0)
"""Peak rates that a warm-up is to reach, in unstable rates: ten [P], and less where it fails."""
LONGEST = 0.1
"""Of the steps: the longest warm-up [P]."""
AFTER = 2
"""Steps after the warm-up, in warm-ups [P]."""
SHORTEST_RUN = 100
"""Steps of a short run with a warm-up: of fewer evaluations too little can be read."""
PERCENTILES = (0.9, 0.75, 0.5)
"""Of the gradient norms: the 90th [P], then tighter; at the 50th half are clipped."""
HELD = 2
"""Times the seeds, where a remedy is held to what short runs chose it for: of one that half of
the seeds fail with, 5 runs show nothing in 3 % of cases, and 10 at most one failure in 1 %."""
MOST_EVALUATIONS = 200
FIRST_STEPS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class InstabilityArguments(RateArguments):
    """Arguments of the procedure.

    Attributes:
        learning_rates: lowest and highest of the sweep; a hundredth to a hundred times the
            configuration's if left out.
        trials: of the sweep.
        seeds: of each setting that is judged; twice as many where those leave it open.
        loss: the metric of the training loss; the book's training objective, or train/loss.
        norms: the metric of the gradient norms.
    """

    trials: int = 16
    seeds: int = 5
    loss: str
    norms: str = "train/grad_norm"

    def __post_init__(self) -> None:
        RateArguments.__post_init__(self)
        scalars.whole("trials", self.trials, least=8, most=1000, example=16)
        scalars.whole("seeds", self.seeds, least=5, most=100, example=5)
        scalars.whole("max_train_steps", self.max_train_steps, least=40, example=1000)


FIRST = Stage(kind="first trial", name="first trial")
LOOK = Stage(kind="first steps", name="first steps")


def first(args: InstabilityArguments) -> Round:
    """One short trial: what does training report?"""
    steps = min(FIRST_STEPS, args.max_train_steps)
    return args.round(
        FIRST, "What does training report?", 0,
        fixed={args.rate: args.middle}, trials=1, max_train_steps=steps, evaluations=steps,
    )  # fmt: skip


def sweep(args: InstabilityArguments, low: float, high: float, moved: int) -> Round:
    """Learning rates over a range, one seed each."""
    name = f"sweep moved {moved}" if moved else "sweep"
    return args.sweep(
        Stage(kind="sweep", index=moved, name=name),
        f"Which learning rate from {range_text(low, high, 3)} is best?", 1 + moved, low, high,
        max_train_steps=args.max_train_steps, evaluations=_evaluations(args.max_train_steps),
    )  # fmt: skip


def above(args: InstabilityArguments, best: float, seeds: int, moved: int = 0) -> Round:
    """The best rate and those just above it, several seeds each."""
    rates = [times * best for times in ABOVE]
    return _by_hand(
        args, moved_stage("just above", moved, "just above"),
        f"Does training become unstable just above the best learning rate, {digits(best, 3)}?",
        12 + moved if moved else 10, args.rate, rates, seeds,
        max_train_steps=args.max_train_steps,
    )  # fmt: skip


def look(args: InstabilityArguments, best: float, seeds: int) -> Round:
    """The first steps at twice the best rate, evaluated at every one."""
    steps = min(LOOK_STEPS, args.max_train_steps)
    return args.round(
        LOOK, "What happens in the first steps at twice the best learning rate?", 11,
        fixed={args.rate: LOOK_TIMES * best}, trials=seeds, max_train_steps=steps,
        evaluations=steps,
    )  # fmt: skip


def warmups(steps: int) -> tuple[int, ...]:
    """Lengths of warm-up to try: evenly over orders of magnitude, up to a tenth of the steps."""
    longest = max(2, int(LONGEST * steps))
    shortest = max(2.0, longest / 1000)
    count = max(2, math.ceil(2 * math.log10(longest / shortest))) + 1
    lengths = [
        round(longest * (shortest / longest) ** (k / (count - 1))) for k in reversed(range(count))
    ]
    return tuple(dict.fromkeys(lengths))


def warmup(args: InstabilityArguments, unstable: float, times: float) -> Round:
    """Short runs that warm up to a rate far above the unstable one, over lengths of warm-up."""
    lengths = warmups(args.max_train_steps)
    return _by_hand(
        args, warmup_stage(times),
        f"Which warm-up makes {spell(times)} times the unstable learning rate train?",
        20 + TIMES_UNSTABLE.index(times), args.called("warmup_steps"), lengths, args.seeds,
        max_train_steps=max((1 + AFTER) * lengths[-1], min(SHORTEST_RUN, args.max_train_steps)),
        fixed={args.rate: times * unstable},
    )  # fmt: skip


def warmup_stage(times: float) -> Stage:
    """The stage of a peak rate."""
    return Stage(kind="warm-up", at=times, name=f"warm-up to {spell(times)}x")


def whole(
    args: InstabilityArguments, unstable: float, times: float, length: int, again: int
) -> Round:
    """The whole training with the warm-up before it, whose steps are added [P]."""
    return _by_hand(
        args, whole_stage(times, again),
        f"Does the whole training hold with {length} steps of warm-up?",
        30 + 2 * TIMES_UNSTABLE.index(times) + again, args.called("warmup_steps"), [length],
        HELD * args.seeds,
        max_train_steps=args.max_train_steps + length, fixed={args.rate: times * unstable},
    )  # fmt: skip


def whole_stage(times: float, again: int) -> Stage:
    """The stage of the whole training at a peak rate, and that with a longer warm-up."""
    name = f"whole at {spell(times)}x" + (", longer" if again else "")
    return Stage(kind="whole", at=times, index=again, name=name)


def clipped(args: InstabilityArguments, unstable: float, share: float, threshold: float) -> Round:
    """The unstable rate, with gradients clipped at a percentile of their norms."""
    return _by_hand(
        args, clip_stage(share),
        f"Does clipping at the {100 * share:.0f}th percentile make the unstable rate train?",
        40 + PERCENTILES.index(share), args.called("clip_norm"), [threshold],
        HELD * args.seeds,
        max_train_steps=args.max_train_steps, fixed={args.rate: unstable},
    )  # fmt: skip


def clip_stage(share: float) -> Stage:
    """The stage of a percentile."""
    return Stage(kind="clip", at=share, name=f"clip at {percent(share)}")


def _by_hand(
    args: InstabilityArguments,
    stage: Stage,
    asks: str,
    place: int,
    name: str,
    values: Sequence[float],
    seeds: int,
    **attributes: Any,
) -> Round:
    """Some values of one hyperparameter, several seeds each; more seeds extend it."""
    return args.round(
        stage, asks, place,
        nuisance={name: _axis(values)}, points=tuple({name: v} for v in values),
        searcher="by_hand", trials=seeds * len(values),
        evaluations=_evaluations(attributes["max_train_steps"]), **attributes,
    )  # fmt: skip


def _axis(values: Sequence[Value]) -> Axis:
    """The axis that holds some values; a single one is a choice, so that it counts as varied."""
    if len(values) == 1:
        return Choice(tuple(values))
    numbers = [v for v in values if isinstance(v, int | float)]
    if all(isinstance(v, int) for v in numbers):
        return Integer(int(min(numbers)), int(max(numbers)), Scale.LOG)
    return Float(float(min(numbers)), float(max(numbers)), Scale.LOG)


def _evaluations(steps: int) -> int:
    return min(steps, MOST_EVALUATIONS)
