"""Fresh-seed reruns judged: adopt, keep, or more evidence (D1 D3 D4).

Claim of a launch: "this configuration improves the mean objective over fresh seeds by more than
the least improvement m". Null: by m or less. Estimator: difference of means with Welch's
interval; assumes seed noise that is roughly normal, and reruns that took no part in any
selection. The chance of adopting under the null is at most `error_rate` for one look, shared by
Bonferroni over the candidates; looks are shared out by the caller (docs/decisions/0005). Without
a baseline the claim is "better than chance", with no least improvement (A5).

A rerun that is infeasible counts with chance as its value. Where chance is not known, its side
has no mean: such a candidate can't be adopted, but it can be turned down on its complete reruns
alone, since the others would only make it worse.

Measured, with skewed noise and repeated looks: docs/claims/comparison.md. Sources: Welch 1947;
Bouthillier et al. 2021 on judging improvements against a stated margin.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from tunebook.analysis.rerun_count import MOST_MORE, needed
from tunebook.words.decision import Verdict
from tunebook.words.design import Objective
from tunebook.words.finding import Interval

if TYPE_CHECKING:
    from jaxtyping import Float

FEWEST = 3
"""Reruns a side below which a standard deviation is no estimate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SideEvidence:
    """Fresh-seed reruns of one configuration.

    Attributes:
        name: of the side, as the decision calls it.
        values: the objective of the complete reruns, in its own units.
        infeasible: how many reruns did not complete.
    """

    name: str
    values: tuple[float, ...]
    infeasible: int = 0

    @property
    def reruns(self) -> int:
        """Complete and infeasible ones."""
        return len(self.values) + self.infeasible


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A verdict on all candidates together.

    Attributes:
        verdict: adopt, keep, or more evidence.
        best: the candidate that it speaks of.
        mean: of each side, 95 %.
        gain: of each candidate over the baseline (over chance without one), positive is better;
            two-sided intervals whose lower ends hold together at 1 - error_rate. The estimate is
            NaN where it is not known.
        sentence: the verdict with its numbers.
        more: about how many more reruns a side would settle it, if the gain is what was seen; 0
            where it is settled or more reruns would not help.
        error_rate: of this look, over all candidates.
    """

    verdict: Verdict
    best: str
    mean: Mapping[str, Interval]
    gain: Mapping[str, Interval]
    sentence: str
    more: int
    error_rate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """What is asked of the evidence."""

    objective: Objective
    baseline: SideEvidence | None
    margin: float
    chance: float | None
    level: float

    @property
    def over(self) -> str:
        return "chance" if self.baseline is None else "the baseline"


def judge(
    candidates: Sequence[SideEvidence],
    baseline: SideEvidence | None,
    *,
    objective: Objective,
    least_improvement: float,
    chance: float | None = None,
    error_rate: float = 0.05,
) -> Judgement:
    """Judge candidates against the baseline, or, for a first baseline, against chance.

    Adopt: the best candidate's gain is above the least improvement for sure. Keep: no candidate's
    is, for sure. Else more evidence is needed.

    Args:
        candidates: at least one.
        baseline: None for a first baseline, which has only chance to beat.
        least_improvement: in the objective's units, 0 or more.
        chance: the objective's value of guessing, or None where it is not known.
        error_rate: of this look, over all candidates.
    """
    asked = _Question(
        objective=objective,
        baseline=baseline,
        margin=least_improvement if baseline is not None else 0.0,
        chance=chance,
        level=error_rate / len(candidates),
    )
    gain = {c.name: _gain(c, asked) for c in candidates}
    best = max(candidates, key=lambda c: _rank(c, gain[c.name], objective.sign))
    verdict = _verdict(gain, best.name, asked.margin)
    settled = verdict is not Verdict.MORE_EVIDENCE
    if not settled and gain[best.name].high <= asked.margin:
        # The best is turned down already; the verdict waits for one that is not.
        open_ = [c for c in candidates if gain[c.name].high > asked.margin]
        best = max(open_, key=lambda c: _rank(c, gain[c.name], objective.sign))
    more = 0 if settled else _more(gain[best.name], best, asked)
    sides = {c.name: c for c in candidates}
    if baseline is not None:
        sides["baseline"] = baseline
    return Judgement(
        verdict=verdict,
        best=best.name,
        mean={
            name: _mean(_losses(s, objective, chance), objective.sign) for name, s in sides.items()
        },
        gain=gain,
        sentence=_sentence(verdict, best, gain[best.name], asked, more),
        more=more,
        error_rate=error_rate,
    )


def _losses(
    side: SideEvidence, objective: Objective, chance: float | None
) -> Float[np.ndarray, "reruns"]:
    """Signed values; a rerun that failed is as bad as chance, or NaN where chance is unknown."""
    failed = math.nan if chance is None else objective.sign * chance
    return np.array([objective.sign * v for v in side.values] + [failed] * side.infeasible)


def _against(asked: _Question) -> Float[np.ndarray, "reruns"] | None:
    """Losses that a candidate has to beat: the baseline's, or chance; None where unknown."""
    if asked.baseline is not None:
        return _losses(asked.baseline, asked.objective, asked.chance)
    if asked.chance is None:
        return None
    return np.array([asked.objective.sign * asked.chance])


def _gain(side: SideEvidence, asked: _Question) -> Interval:
    """How much lower a side's losses are than those that it has to beat."""
    confidence = 1 - 2 * asked.level
    unknown = Interval(math.nan, -math.inf, math.inf, confidence)
    own, other = _losses(side, asked.objective, asked.chance), _against(asked)
    if other is None or not np.isfinite(other).all():
        return unknown
    if asked.baseline is not None and len(other) < FEWEST:
        return unknown
    known = own[np.isfinite(own)]
    if len(known) < FEWEST:
        return unknown
    estimate = _middle(other) - _middle(known)
    reach = _reach(known, other, asked.level)
    if len(known) < len(own):
        # Its infeasible reruns, whatever they are worth, only make it worse.
        return Interval(math.nan, -math.inf, estimate + reach, confidence)
    return Interval(estimate, estimate - reach, estimate + reach, confidence)


def _reach(
    own: Float[np.ndarray, "reruns"], other: Float[np.ndarray, "reruns"], level: float
) -> float:
    """Half of Welch's interval; of Student's where the other side is one known number.

    Zero where nothing varies on either side: training is deterministic then, or the objective too
    coarse to show the noise (measured: docs/claims/comparison.md).
    """
    a, n = _variance(own) / len(own), len(own)
    b, m = _variance(other) / len(other), max(2, len(other))
    if a + b == 0:
        return 0.0
    freedom = (a + b) ** 2 / (a**2 / (n - 1) + b**2 / (m - 1))
    return float(stats.t.isf(level, freedom)) * math.sqrt(a + b)


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
    reach = float(stats.t.ppf(0.975, len(known) - 1)) * error
    return Interval(middle, middle - reach, middle + reach)


def _rank(side: SideEvidence, gain: Interval, sign: int) -> tuple[int, float]:
    """By gain; without one by mean; behind all others where reruns failed."""
    if math.isfinite(gain.estimate):
        return 2, gain.estimate
    mean = sign * float(np.mean(side.values)) if side.values else math.inf
    return (0 if side.infeasible else 1), -mean


def _verdict(gain: Mapping[str, Interval], best: str, margin: float) -> Verdict:
    if gain[best].low > margin:
        return Verdict.ADOPT
    if all(g.high <= margin for g in gain.values()):
        return Verdict.KEEP
    return Verdict.MORE_EVIDENCE


def _more(gain: Interval, side: SideEvidence, asked: _Question) -> int:
    """Reruns a side, beyond those there are, that would tell if the gain is what was seen."""
    distance = gain.estimate - asked.margin
    other = _against(asked)
    if math.isnan(distance) or other is None:
        return 0
    variance = _variance(_losses(side, asked.objective, asked.chance)) + _variance(other)
    return needed(distance, variance, asked.level, side.reruns)


def _sentence(
    verdict: Verdict, side: SideEvidence, gain: Interval, asked: _Question, more: int
) -> str:
    who = "the best configuration" if side.name == "best" else side.name
    metric, over = asked.objective.metric, asked.over
    if not math.isfinite(gain.estimate):
        return _upper_first(_unjudged(verdict, who, side, gain, asked))
    failed = f" ({side.infeasible} of them infeasible)" if side.infeasible else ""
    shown = f"{gain.estimate:.3g} [{gain.low:.3g}, {gain.high:.3g}] in {metric}"
    seeds = f"over {side.reruns} fresh seeds{'' if asked.baseline is None else ' a side'}{failed}"
    wanted = f"; more than {asked.margin:g} was asked for" if asked.margin else ""
    if verdict is Verdict.ADOPT:
        said = f"{who} beats {over} by {shown} {seeds}{wanted}: adopt."
    elif verdict is Verdict.KEEP and asked.baseline is None:
        said = f"{who} is no better than chance, by {shown} {seeds}: no baseline yet."
    elif verdict is Verdict.KEEP and asked.margin:
        said = f"{who} gains {shown} over {over} {seeds}{wanted}: keep {over}."
    elif verdict is Verdict.KEEP:
        said = f"{who} is no better than {over}: it gains {shown} {seeds}: keep {over}."
    else:
        said = f"No clear answer yet: {who} gains {shown} over {over} {seeds}{wanted}."
        said += _further(gain, asked, more)
    return _upper_first(said)


def _further(gain: Interval, asked: _Question, more: int) -> str:
    if more == 0:
        return ""
    if more >= MOST_MORE:
        return " No realistic number of reruns would tell a gain so near to what was asked for."
    if asked.baseline is None:
        return f" If that is the gain, about {more} more reruns would tell."
    end = "" if gain.estimate > asked.margin else ", and the baseline would probably be kept"
    return f" If that is the gain, about {more} more reruns a side would tell{end}."


def _unjudged(
    verdict: Verdict, who: str, side: SideEvidence, gain: Interval, asked: _Question
) -> str:
    """Why there is no gain to show, and what would give one."""
    base = asked.baseline
    ask = "say what chance is: tb.Book(..., chance=...)"
    failed = f"{side.infeasible} of its {side.reruns} reruns were infeasible"
    if verdict is Verdict.KEEP:
        return (
            f"{who} is not adopted: {failed}, and the others alone gain {gain.high:.3g} in "
            f"{asked.objective.metric} over {asked.over} at most: keep {asked.over}."
        )
    if base is None and asked.chance is None:
        return f"{who} can't be judged yet: the book does not know chance; {ask}."
    if base is not None and base.infeasible and asked.chance is None:
        some = f"{base.infeasible} of {base.reruns} reruns of the baseline were infeasible"
        return f"{who} can't be judged yet: {some}, and chance is not known; {ask}."
    if side.infeasible and asked.chance is None:
        return f"{who} can't be adopted yet: {failed}, and chance is not known; {ask}."
    return f"{who} can't be judged yet: a side has fewer than {FEWEST} complete reruns."


def _upper_first(said: str) -> str:
    """A sentence that opens with a word of ours is capitalised; a side's name stays as it is."""
    return f"The{said[3:]}" if said.startswith("the ") else said
