"""Fresh-seed reruns judged: adopt, keep, or more evidence (D1 D3 D4).

Claim of a launch: "this configuration improves the mean objective over fresh seeds by more than
the least improvement m". Null: by m or less. Estimator: difference of means, scored by Welch's t,
against the bounds of a plan that was fixed before the first rerun (`sequential_design`), which
hold over all looks and all candidates; assumes seed noise that is roughly normal, and reruns that
took no part in any selection. Without a baseline the claim is "better than chance", with no least
improvement (A5).

The interval of a gain is that of its look: its low end is above m where the candidate is adopted,
and over all looks it is above the truth in at most the plan's level, its high end below the truth
in a fifth of that. The estimate is the plain difference while reruns go on and, since a gain that
ended them is flattered, the median-unbiased one where they end.

A rerun that is infeasible counts with chance as its value. Where chance is not known, its side
has no mean: such a candidate can't be adopted, but it can be turned down on its complete reruns
alone, since the others would only make it worse.

Measured: docs/claims/decisions.md. Sources: Welch 1947; Jennison and Turnbull 2000; Bouthillier
et al. 2021 on judging improvements against a stated margin.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from tunebook.analysis.comparison_words import sentence
from tunebook.analysis.rerun_count import needed
from tunebook.analysis.rerun_evidence import FEWEST, Question, Reading, SideEvidence
from tunebook.analysis.sequential_design import unbiased_drift
from tunebook.words.decision import RerunPlan, Verdict
from tunebook.words.finding import Interval

if TYPE_CHECKING:
    from jaxtyping import Float


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
        sides["baseline"] = longest.baseline
    return Judgement(
        verdict=verdict,
        best=best.side.name,
        mean={n: _mean(_losses(s, asked), sign) for n, s in sides.items()},
        gain={r.side.name: r.gain for r in readings},
        sentence=sentence(verdict, best, asked, more),
        more=more,
    )


def _losses(side: SideEvidence, asked: Question) -> Float[np.ndarray, "reruns"]:
    """Signed values; a rerun that failed is as bad as chance, or NaN where chance is unknown."""
    sign = asked.objective.sign
    failed = math.nan if asked.chance is None else sign * asked.chance
    return np.array([sign * v for v in side.values] + [failed] * side.infeasible)


def _against(baseline: SideEvidence | None, asked: Question) -> Float[np.ndarray, "reruns"] | None:
    """Losses that a candidate has to beat: the baseline's, or chance; None where unknown."""
    if baseline is not None:
        return _losses(baseline, asked)
    if asked.chance is None:
        return None
    return np.array([asked.objective.sign * asked.chance])


def _gain(
    side: SideEvidence,
    baseline: SideEvidence | None,
    asked: Question,
    plan: RerunPlan,
    look: int,
) -> tuple[Interval, float, float]:
    """How much lower a side's losses are than those that it has to beat; score; variance.

    The score is that of the gain above the least improvement: NaN where it can't be judged.
    """
    unknown = Interval(math.nan, -math.inf, math.inf, plan.confidence)
    own, other = _losses(side, asked), _against(baseline, asked)
    known = own[np.isfinite(own)]
    if other is None or not np.isfinite(other).all() or len(known) < FEWEST:
        return unknown, math.nan, math.nan
    if baseline is not None and len(other) < FEWEST:
        return unknown, math.nan, math.nan
    margin = asked.margin(baseline)
    seen = _middle(other) - _middle(known)
    error, freedom = _error(known, other)
    score = _score(seen - margin, error, freedom)
    high = seen + _reach(plan.outer[look], error, freedom)
    variance = _variance(known) + _variance(other)
    if len(known) < len(own):
        # Its infeasible reruns, whatever they are worth, only make it worse.
        return Interval(math.nan, -math.inf, high, plan.confidence), score, variance
    low = seen - _reach(plan.adopt[look], error, freedom)
    middle = seen
    stopped = not plan.drop[look] <= score < plan.adopt[look]
    if math.isfinite(score) and (stopped or look == len(plan.looks) - 1):
        walk = slice(0, look + 1)
        drift = unbiased_drift(plan.looks[walk], plan.adopt[walk], plan.drop[walk], score)
        middle = seen + (drift * plan.looks[look] ** 0.5 - score) * error
    return Interval(float(np.clip(middle, low, high)), low, high, plan.confidence), score, variance


def _error(
    own: Float[np.ndarray, "reruns"], other: Float[np.ndarray, "reruns"]
) -> tuple[float, float]:
    """Standard error of the difference, and its degrees of freedom: Welch's.

    Student's where the other side is one known number. Zero where nothing varies on either side.
    """
    a, n = _variance(own) / len(own), len(own)
    b, m = _variance(other) / len(other), max(2, len(other))
    if a + b == 0:
        return 0.0, math.inf
    return math.sqrt(a + b), (a + b) ** 2 / (a**2 / (n - 1) + b**2 / (m - 1))


def _score(excess: float, error: float, freedom: float) -> float:
    """Student's t as the standard normal of the same tail.

    Where every rerun of either side is the same, seeds have no effect or the objective is too
    coarse to show it: that says nothing of how sure a gain is (NaN), and enough of a loss.
    """
    if error == 0:
        return math.nan if excess > 0 else -math.inf
    t = excess / error
    return math.copysign(float(special.ndtri(special.stdtr(freedom, -abs(t)))), t)


def _reach(score: float, error: float, freedom: float) -> float:
    """From the middle of an interval to its end, at a score that bounds it."""
    if error == 0 or math.isinf(score):
        return math.inf
    return float(-special.stdtrit(freedom, special.ndtr(-score))) * error


def _variance(losses: Float[np.ndarray, "reruns"]) -> float:
    """Exactly zero where all are the same, which their rounded mean would hide."""
    return float(losses.var(ddof=1)) if len(losses) > 1 and np.ptp(losses) > 0 else 0.0


def _middle(losses: Float[np.ndarray, "reruns"]) -> float:
    """Their mean; exactly their value where all are the same."""
    return float(losses.mean()) if np.ptp(losses) > 0 else float(losses[0])


def _mean(losses: Float[np.ndarray, "reruns"], sign: int) -> Interval:
    """Mean in the objective's units, 95 %; without bounds where reruns have no value."""
    known = losses[np.isfinite(losses)]
    middle = float(sign * known.mean()) if len(known) else math.nan
    if len(known) < 2 or len(known) < len(losses):
        return Interval(middle, -math.inf, math.inf)
    error = math.sqrt(_variance(known) / len(known))
    reach = float(special.stdtrit(len(known) - 1, 0.975)) * error
    return Interval(middle, middle - reach, middle + reach)


def _rank(side: SideEvidence, gain: Interval, sign: int) -> tuple[int, float]:
    """By gain; without one by mean; behind all others where reruns failed."""
    if math.isfinite(gain.estimate):
        return 2, gain.estimate
    mean = sign * float(np.mean(side.values)) if side.values else math.inf
    return (0 if side.infeasible else 1), -mean


def _more(reading: Reading, asked: Question) -> int:
    """Reruns a side, beyond those there are, that would tell if the gain is what was seen."""
    distance = reading.gain.estimate - asked.margin(reading.baseline)
    if math.isnan(distance):
        return 0
    left_out = 1 - reading.gain.confidence
    return needed(distance, reading.variance, left_out, reading.side.reruns)
