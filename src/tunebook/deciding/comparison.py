"""Fresh-seed reruns judged: adopt, keep, or more evidence (D1 D3 D4).

Claim of a launch: "this configuration improves the mean objective over fresh seeds by more than
the least improvement m" (`mean_difference`), or "a rerun of it beats one of the baseline by more
than m more often than not" (`chance_to_beat`): which one is fixed before the first rerun. Null:
by m or less; half the time or less. The score is held against the bounds of a plan that was fixed
before too (`sequential_design`), which hold over all looks and all candidates; assumes reruns that
took no part in any selection. Without a baseline the claim is "better than chance", with no least
improvement (A5); it is judged at the last evaluation, since the best of a curve exceeds chance by
luck alone.

The interval of a gain is that of its look: its low end is above m where the candidate is adopted,
and over all looks it is above the truth in at most the plan's level, its high end below the truth
in a fifth of that. The estimate is the plain difference while reruns go on and, since a gain that
ended them is flattered, the median-unbiased one where they end.

Where the name of the metric bounds it for every problem (an error is never below 0), no interval
passes that bound: the values that are cut off are impossible, so that coverage stays as it is.

In a mean, a rerun that is infeasible counts with a stated worst value, chance if none is stated.
Where neither is known, its side has no mean: such a candidate can't be adopted, but it can be
turned down on its complete reruns alone, since the others would only make it worse.

Measured: docs/claims/decisions.md. Sources: Jennison and Turnbull 2000; Bouthillier et al. 2021
on judging improvements against a stated margin.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from tunebook.deciding.mean_difference import (
    MeanDifference,
    mean_difference,
    paired_difference,
)
from tunebook.deciding.mean_difference import variance as spread
from tunebook.deciding.rerun_count import needed
from tunebook.deciding.rerun_evidence import FEWEST, Question, Reading, SideEvidence
from tunebook.deciding.sequential_design import unbiased_drift
from tunebook.deciding.superiority import ChanceToBeat, chance_to_beat, paired_chance
from tunebook.deciding.wording import sentence
from tunebook.domain.decision import BASELINE, NOT_KNOWN, Estimand, RerunPlan, Verdict
from tunebook.domain.finding import Interval
from tunebook.statistics.metric_bounds import certain_best, cut_at_best

if TYPE_CHECKING:
    from jaxtyping import Float


PLAIN = 1.959964
"""The score of a two-sided 95 % interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A verdict on all candidates together.

    Attributes:
        verdict: adopt, keep, or more evidence.
        best: the candidate that it speaks of.
        mean: of each side, 95 %.
        gain: of each candidate over the baseline; the estimate is NaN where it is not known.
        sentence: the verdict with its numbers.
        more: about how many more reruns a side would settle it, if the gain is what was seen; 0
            where it is settled or more reruns would not help.
    """

    verdict: Verdict
    best: str
    mean: Mapping[str, Interval]
    gain: Mapping[str, Interval]
    sentence: str
    more: int


def read_look(
    side: SideEvidence,
    baseline: SideEvidence | None,
    asked: Question,
    plan: RerunPlan,
    look: int,
) -> Reading:
    """One candidate at one look of a plan.

    Args:
        side, baseline: reruns up to this look; None for a first baseline, which has only chance
            to beat.
        asked: objective, least improvement and chance.
        plan: with the bounds of every look.
        look: which, from 0.
    """
    gain, score, variance = _gain(side, baseline, asked, plan, look)
    known = math.isfinite(gain.estimate)
    adopted = known and score >= plan.adopt[look] < math.inf
    return Reading(
        side=side,
        baseline=baseline,
        gain=gain,
        adopted=adopted,
        dropped=not adopted and score < plan.drop[look],
        variance=variance,
        left=plan.looks[-1] - plan.looks[look],
    )


def conclude(readings: Sequence[Reading], asked: Question, *, ended: bool = True) -> Judgement:
    """The verdict on all candidates, from the look that ended each one's reruns.

    Args:
        readings: of every candidate; at least one.
        asked: objective, least improvement and chance.
        ended: no more reruns are planned; only then is a candidate that is neither adopted nor
            dropped a reason to ask for more evidence.
    """
    sign = asked.objective.sign
    adopted = [r for r in readings if r.adopted]
    open_ = [r for r in readings if not r.adopted and not r.dropped]
    verdict = Verdict.ADOPT if adopted else Verdict.MORE_EVIDENCE if open_ else Verdict.KEEP
    best = max(adopted or open_ or readings, key=lambda r: _rank(r.side, r.gain, sign))
    more = _more(best, asked) if verdict is Verdict.MORE_EVIDENCE and ended else 0
    longest = max(readings, key=lambda r: r.side.reruns)
    sides = {r.side.name: r.side for r in readings}
    if longest.baseline is not None:
        sides[BASELINE] = longest.baseline
    return Judgement(
        verdict=verdict,
        best=best.side.name,
        mean={n: mean_of(s, asked) for n, s in sides.items()},
        gain={r.side.name: r.gain for r in readings},
        sentence=sentence(verdict, best, asked, more),
        more=more,
    )


def mean_of(side: SideEvidence, asked: Question) -> Interval:
    """The mean of a side's reruns, 95 %, in the objective's units."""
    return bounded_mean(_losses(side, asked), asked)


def _losses(
    side: SideEvidence, asked: Question, *, failed: float | None = None
) -> Float[np.ndarray, "reruns"]:
    """Signed values; a rerun that failed is as bad as the worst value, NaN where unknown."""
    sign = asked.objective.sign
    if failed is None:
        failed = math.nan if asked.worst is None else sign * asked.worst
    return np.array([sign * v for v in side.values] + [failed] * side.infeasible)


def losses_against_chance(side: SideEvidence, asked: Question) -> Float[np.ndarray, "reruns"]:
    """As `_losses`, at steps that the results did not choose."""
    return _losses(replace(side, values=side.not_chosen), asked)


def _gain(
    side: SideEvidence,
    baseline: SideEvidence | None,
    asked: Question,
    plan: RerunPlan,
    look: int,
) -> tuple[Interval, float, float]:
    """How much better a side is than what it has to beat; score; variance of one rerun.

    The score is that of the gain above what was asked for: NaN where it can't be judged.
    """
    losses = losses_against_chance(side, asked) if baseline is None else _losses(side, asked)
    found = difference(side, baseline, asked)
    if found is None:
        return Interval(math.nan, -math.inf, math.inf, plan.confidence), math.nan, math.nan
    score, high = found.score, found.high(plan.outer[look])
    if isinstance(found, MeanDifference):
        high = max(min(high, room_to_improve(side, baseline, asked)), found.seen)
    if isinstance(found, MeanDifference) and np.isnan(losses).any():
        # Its infeasible reruns, whatever they are worth, only make it worse.
        return Interval(math.nan, -math.inf, high, plan.confidence), score, found.variance
    low, estimate = found.low(plan.adopt[look]), found.seen
    stopped = not plan.drop[look] <= score < plan.adopt[look]
    if math.isfinite(score) and (stopped or look == len(plan.looks) - 1):
        walk = slice(0, look + 1)
        drift = unbiased_drift(plan.looks[walk], plan.adopt[walk], plan.drop[walk], score)
        estimate += (drift * plan.looks[look] ** 0.5 - score) * found.error
    gain = Interval(float(np.clip(estimate, low, high)), low, high, plan.confidence)
    return gain, score, found.variance


def plain_gain(side: SideEvidence, baseline: SideEvidence | None, asked: Question) -> Interval:
    """The gain on the reruns that are there, 95 %; NaN where there are too few.

    It allows for no interim look and for no choice among candidates, so it is no evidence.
    """
    found = difference(side, baseline, asked)
    if found is None:
        return NOT_KNOWN
    low, high = found.low(PLAIN), found.high(PLAIN)
    return Interval(min(max(found.seen, low), high), low, high)


def difference(
    side: SideEvidence, baseline: SideEvidence | None, asked: Question
) -> MeanDifference | ChanceToBeat | None:
    """By the estimand; None where there is too little to judge."""
    beats = asked.estimand is Estimand.BEATS
    failed = math.inf if beats else None
    own = _losses(side, asked, failed=failed)
    if baseline is None:
        own = losses_against_chance(side, asked)
        known = own[np.isfinite(own)]
        if beats or asked.chance is None or len(known) < FEWEST:
            return None
        guess = np.array([asked.objective.sign * asked.chance])
        return mean_difference(known, guess, 0.0, shared=_of_examples(asked))
    other, margin = _losses(baseline, asked, failed=failed), asked.margin(baseline)
    if np.isnan(other).any() or len(other) < FEWEST:
        return None
    if asked.paired:
        own, other = _by_seed(side, own, baseline, other)
    known = np.ones(len(own), bool) if beats else np.isfinite(own)
    if known.sum() < FEWEST:
        return None
    if asked.paired:
        # Where both are infeasible neither wins.
        both = np.isinf(own) & np.isinf(other)
        gains = np.where(both, -math.inf, np.where(both, 0, other) - np.where(both, 0, own))
        return paired_chance(gains, margin) if beats else paired_difference(gains[known], margin)
    if beats:
        return chance_to_beat(own, other, margin)
    return mean_difference(own[known], other, margin)


def _of_examples(asked: Question) -> float:
    """Variance of a guessing learner's share over validation sets; 0 where it is not known.

    Reruns that err on the same examples all exceed chance on a lucky validation set. Assumes that
    they agree on every example, the worst case.
    """
    chance, examples = asked.chance, asked.validation_examples
    if chance is None or not examples or not 0 < chance < 1:
        return 0.0
    return chance * (1 - chance) / examples


def _by_seed(
    side: SideEvidence,
    own: Float[np.ndarray, "reruns"],
    baseline: SideEvidence,
    other: Float[np.ndarray, "others"],
) -> tuple[Float[np.ndarray, "pairs"], Float[np.ndarray, "pairs"]]:
    """Losses of the seeds that both sides have, seed beside seed."""
    a = dict(zip(side.seeds, own.tolist(), strict=True))
    b = dict(zip(baseline.seeds, other.tolist(), strict=True))
    shared = [seed for seed in a if seed in b]
    return np.array([a[s] for s in shared]), np.array([b[s] for s in shared])


def _mean(losses: Float[np.ndarray, "reruns"], sign: int) -> Interval:
    """Mean in the objective's units, 95 %; without bounds where reruns have no value."""
    known = losses[np.isfinite(losses)]
    middle = float(sign * known.mean()) if len(known) else math.nan
    if len(known) < 2 or len(known) < len(losses):
        return Interval(middle, -math.inf, math.inf)
    error = math.sqrt(spread(known) / len(known))
    reach = float(special.stdtrit(len(known) - 1, 0.975)) * error
    return Interval(middle, middle - reach, middle + reach)


def bounded_mean(losses: Float[np.ndarray, "reruns"], asked: Question) -> Interval:
    """As `_mean`, within what the metric can reach."""
    sign = asked.objective.sign
    return cut_at_best(_mean(losses, sign), asked.objective, sign * _best_loss(losses, asked))


def _best_loss(losses: Float[np.ndarray, "reruns"], asked: Question) -> float:
    """The lowest loss that can be, as far as the metric's name is certain; else -infinity."""
    sign = asked.objective.sign
    return sign * certain_best(asked.objective, sign * losses, asked.chance)


def room_to_improve(side: SideEvidence, baseline: SideEvidence | None, asked: Question) -> float:
    """The largest gain that can be: from the worst mean that the baseline may have, to the best
    value of the metric; infinite where either is not known."""
    sign, own = asked.objective.sign, _losses(side, asked)
    if baseline is None:
        if asked.chance is None:
            return math.inf
        return sign * asked.chance - _best_loss(own, asked)
    other = _losses(baseline, asked)
    mean = _mean(other, sign)
    worst = mean.high if sign > 0 else -mean.low
    return worst - _best_loss(np.append(own, other), asked)


def _rank(side: SideEvidence, gain: Interval, sign: int) -> tuple[int, float]:
    """By gain; without one by mean; behind all others where reruns failed."""
    if math.isfinite(gain.estimate):
        return 2, gain.estimate
    mean = sign * float(np.mean(side.values)) if side.values else math.inf
    return (0 if side.infeasible else 1), -mean


def _more(reading: Reading, asked: Question) -> int:
    """Reruns a side, beyond those there are, that would tell if the gain is what was seen."""
    distance = reading.gain.estimate - asked.bar(reading.baseline)
    if math.isnan(distance):
        return 0
    left_out = 1 - reading.gain.confidence
    return needed(distance, reading.variance, left_out, reading.side.reruns)
