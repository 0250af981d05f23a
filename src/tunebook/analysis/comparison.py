"""Fresh-seed reruns judged: adopt, keep, or more evidence (D1 D3 D4).

Claim of a launch: "this configuration improves the mean objective over fresh seeds by more than
the least improvement m". Null: by m or less. Estimator: difference of means with Welch's
interval; assumes seed noise that is roughly normal, and reruns that took no part in any
selection. The chance of adopting under the null is at most `error_rate` for one look, shared by
Bonferroni over the candidates; looks are shared out by the caller (docs/decisions/0005).
Measured, with skewed noise and repeated looks: docs/claims/comparison.md. Source: Welch 1947;
Bouthillier et al. 2021 on judging improvements against a stated margin.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from tunebook.words.decision import Verdict
from tunebook.words.design import Objective
from tunebook.words.finding import Interval

FEWEST = 3
"""Complete reruns a side below which a standard deviation is no estimate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SideEvidence:
    """Fresh-seed reruns of one configuration: values of the complete ones, and how many failed."""

    name: str
    values: tuple[float, ...]
    infeasible: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A verdict on all candidates together.

    Attributes:
        verdict: adopt, keep, or more evidence.
        best: the candidate that it speaks of.
        mean: of each side, 95 %.
        gain: of each candidate over the baseline (over chance without one), positive is better,
            at the confidence that the error rate asks for.
        sentence: the verdict with its numbers.
        more: about how many more reruns a side would settle it; 0 where it is settled.
        error_rate: of this look, over all candidates.
    """

    verdict: Verdict
    best: str
    mean: Mapping[str, Interval]
    gain: Mapping[str, Interval]
    sentence: str
    more: int
    error_rate: float


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

    Args:
        candidates: at least one; reruns that failed count with chance as their value.
        baseline: None for a first baseline.
        least_improvement: in the objective's units, 0 or more.
        chance: the objective's value of guessing.
        error_rate: of this look.
    """
    losses = {c.name: _losses(c, objective, chance) for c in candidates}
    reference = _losses(baseline, objective, chance) if baseline is not None else None
    level = error_rate / len(candidates)
    against: np.ndarray | float | None = reference
    if baseline is None and chance is not None:
        against = objective.sign * chance
    gain = {name: _gain(own, against, level) for name, own in losses.items()}
    best = max(gain, key=lambda name: _rank(gain[name], losses[name]))
    mean = {name: _mean(own, objective.sign) for name, own in losses.items()}
    if baseline is not None and reference is not None:
        mean["baseline"] = _mean(reference, objective.sign)
    margin = least_improvement if baseline is not None else 0.0
    verdict = _verdict(gain, best, margin)
    more = 0
    if verdict is Verdict.MORE_EVIDENCE:
        more = _more(gain[best], losses[best], against, margin, level)
    return Judgement(
        verdict=verdict,
        best=best,
        mean=mean,
        gain=gain,
        sentence=_sentence(
            verdict, best, gain[best], candidates, baseline, objective, margin, chance, more
        ),
        more=more,
        error_rate=error_rate,
    )


def _losses(side: SideEvidence, objective: Objective, chance: float | None) -> np.ndarray:
    """Signed values; a rerun that failed is as bad as chance, or NaN where chance is unknown."""
    failed = math.nan if chance is None else objective.sign * chance
    return np.array([objective.sign * v for v in side.values] + [failed] * side.infeasible)


def _gain(own: np.ndarray, against: np.ndarray | float | None, level: float) -> Interval:
    """How much lower the losses are than those of `against`; two-sided at 2 * level."""
    confidence = 1 - 2 * level
    unknown = Interval(math.nan, -math.inf, math.inf, confidence)
    if against is None or len(own) < FEWEST or not np.isfinite(own).all():
        return unknown
    if isinstance(against, float | int):
        estimate, freedom = float(against) - float(own.mean()), len(own) - 1.0
        error = float(own.std(ddof=1)) / math.sqrt(len(own))
    else:
        if len(against) < FEWEST or not np.isfinite(against).all():
            return unknown
        estimate = float(against.mean()) - float(own.mean())
        a, b = own.var(ddof=1) / len(own), against.var(ddof=1) / len(against)
        error = math.sqrt(a + b)
        freedom = (
            (a + b) ** 2 / (a**2 / (len(own) - 1) + b**2 / (len(against) - 1)) if error else 1.0
        )
    reach = float(stats.t.isf(level, freedom)) * error if error else 0.0
    return Interval(estimate, estimate - reach, estimate + reach, confidence)


def _mean(losses: np.ndarray, sign: int) -> Interval:
    """Mean in the objective's units, 95 %."""
    known = losses[np.isfinite(losses)]
    if len(known) < 2 or len(known) < len(losses):
        estimate = float(sign * known.mean()) if len(known) else math.nan
        return Interval(estimate, -math.inf, math.inf)
    error = float(known.std(ddof=1)) / math.sqrt(len(known))
    reach = float(stats.t.ppf(0.975, len(known) - 1)) * error
    middle = float(sign * known.mean())
    return Interval(middle, middle - reach, middle + reach)


def _rank(gain: Interval, losses: np.ndarray) -> float:
    if math.isfinite(gain.estimate):
        return gain.estimate
    known = losses[np.isfinite(losses)]
    # Without a gain: the lower mean, and behind every candidate that has one.
    return -1e300 if not len(known) or len(known) < len(losses) else -1e100 - float(known.mean())


def _verdict(gain: Mapping[str, Interval], best: str, margin: float) -> Verdict:
    if gain[best].low > margin:
        return Verdict.ADOPT
    if all(g.high <= margin for g in gain.values()):
        return Verdict.KEEP
    return Verdict.MORE_EVIDENCE


def _more(
    gain: Interval,
    own: np.ndarray,
    against: np.ndarray | float | None,
    margin: float,
    level: float,
) -> int:
    """Reruns a side, beyond those there are, for 80 % power if the gain is what was seen."""
    if not math.isfinite(gain.estimate) or gain.estimate <= margin:
        return 0
    variance = float(own.var(ddof=1))
    variance += float(against.var(ddof=1)) if isinstance(against, np.ndarray) else 0.0
    z = float(stats.norm.isf(level)) + float(stats.norm.ppf(0.8))
    needed = math.ceil(variance * (z / (gain.estimate - margin)) ** 2)
    return max(1, needed - len(own))


def _sentence(
    verdict: Verdict,
    best: str,
    gain: Interval,
    candidates: Sequence[SideEvidence],
    baseline: SideEvidence | None,
    objective: Objective,
    margin: float,
    chance: float | None,
    more: int,
) -> str:
    metric = objective.metric
    side = next(c for c in candidates if c.name == best)
    n = len(side.values) + side.infeasible
    failed = f" ({side.infeasible} of them infeasible)" if side.infeasible else ""
    who = "The best configuration" if best == "best" else best
    over = "the baseline" if baseline is not None else "chance"
    if not math.isfinite(gain.estimate):
        if baseline is None and chance is None:
            why = "the book does not say what chance is: tb.Book(..., chance=...)"
        elif side.infeasible:
            why = f"{side.infeasible} of its {n} reruns were infeasible, and chance is not known"
        else:
            why = f"fewer than {FEWEST} complete reruns of a side"
        return f"{who} can't be judged yet: {why}."
    shown = f"{gain.estimate:.3g} [{gain.low:.3g}, {gain.high:.3g}] in {metric}"
    seeds = f"over {n} fresh seeds a side{failed}"
    asked = f"; more than {margin:g} was asked for" if margin else ""
    if verdict is Verdict.ADOPT:
        return f"{who} beats {over} by {shown} {seeds}{asked}: adopt."
    if verdict is Verdict.KEEP:
        lost = "does not beat" if gain.estimate > 0 else "is no better than"
        return f"{who} {lost} {over} by enough: {shown} {seeds}{asked}: keep."
    further = f" About {more} more reruns a side would tell." if 0 < more <= 1000 else ""
    if not further and gain.estimate <= margin:
        further = " As it looks, more reruns would end in keeping the baseline."
    return f"No clear answer yet: {who} gains {shown} over {over} {seeds}{asked}.{further}"
