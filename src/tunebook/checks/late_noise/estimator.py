"""Noise from one evaluation to the next, late in training, and what it does to an objective (C5).

Late is the last quarter of training (LATE_PART); with few evaluations more, back to EARLIEST.
Where the noise itself falls within that part, as under a learning rate that decays, its later half
is read alone (`still_settling`: second differences of both halves, an F ratio at 5 % and of 4 at
least, so that of noise that stays one part in 20 at most is halved, which costs precision and no
truth).

The model: in the last part of training a trial's curve is a parabola in the step plus noise that
is a first-order autoregression from evaluation to evaluation, with one standard deviation and
one correlation (none to 0.96) for all trials. Estimator: restricted maximum likelihood, which
does not mistake what the parabola took for less noise, on the contrasts between trials that were
evaluated at the same steps: a shape that they share, such as a decay's, is no noise. The
interval is the profile-likelihood one, with Student's factor, widened where trials differ in
their noise more than chance allows. Residuals beyond five robust standard deviations are drawn
in to that, and trials whose noise is more than ten times the usual one, in variance, are set
aside and named: they are unstable, which is another finding. The estimates of deviation and
correlation are the middle of that likelihood over all pairs that are tried (for the deviation
with a prior of 1 - correlation), since its peak lies at an end of the grid where evaluations are
few. Where a correlation of DRIFT or more is likelier than not, a slow drift and noise can't be
separated, and no size is given (`LateNoise.separated`). Assumes noise near normal. Coverage:
docs/claims/variance.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri, stdtrit

from tunebook.checks.late_noise import EARLIEST, LATE_PART
from tunebook.domain.finding import Interval
from tunebook.statistics.distributions import chi2_quantile, f_quantile

if TYPE_CHECKING:
    from jaxtyping import Float, Int

WANTED = 12
"""Evaluations that the late part holds at least, if training has so many from EARLIEST on."""
SETTLING = 0.05
"""Level of the F ratio at which the noise is taken to fall within the late part."""
HALVED = 4.0
"""Ratio of variances that is worth reading fewer evaluations: a noise that is halved."""
STEADY = 1.5
"""Ratio of variances up to which the noise of both halves is taken as one."""
BENDS = 1.94
"""Second differences of white noise that are worth one independent one: 1 + 2 (4/9 + 1/36)."""
FEWEST = 6
"""Evaluations of one trial below which a parabola and noise can't be separated."""
MOST_POINTS = 64
"""Evaluations of one trial that are read, the last ones."""
BEYOND = 5.0
JUMP = 8.0
"""Robust standard deviations of a step from one evaluation to the next: more is no noise."""
UNSTEADY = 10.0
CORRELATIONS = np.arange(0.0, 0.97, 0.03)
DRIFT = 0.9
"""Correlation from which on neighbours move together so much that noise is no separate thing."""
WIDER = 1.1
"""Factor on the likelihood's drop: without it 93 to 94 % are covered at 200 evaluations."""
SIZES = np.geomspace(1 / 30, 30, 601)
"""Standard deviations that are tried, in units of the residuals' own."""
# Of the largest of k standard normal values, by integration of their order statistic.
BEST_OF = np.array([1, 2, 3, 5, 10, 20, 50, 100, 300, 1000])
LUCK = np.array([0.0, 0.564, 0.846, 1.163, 1.539, 1.867, 2.249, 2.508, 2.878, 3.241])
LEFT = np.array([1.0, 0.826, 0.748, 0.669, 0.587, 0.525, 0.464, 0.429, 0.387, 0.351])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Late:
    """The last part of one trial's curve.

    Attributes:
        steps, losses: lower is better, finite.
        around: losses with their trend taken out, laid around where the trend ends.
    """

    steps: Int[np.ndarray, "points"]
    losses: Float[np.ndarray, "points"]
    around: Float[np.ndarray, "points"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LateNoise:
    """What the trials' last parts say together.

    Attributes:
        deviation: standard deviation of one evaluation.
        correlation: from one evaluation to the next.
        trials: that were read; `unsteady`: places of those that were set aside.
        separated: False where a slow drift can't be told from noise; the deviation is then none.
    """

    deviation: Interval
    correlation: float
    trials: int
    unsteady: tuple[int, ...]
    separated: bool = True


def late_part(
    steps: Int[np.ndarray, "points"], losses: Float[np.ndarray, "points"], length: int
) -> Late | None:
    """The last part of a curve; None with too few evaluations there.

    Args:
        steps: rising.
        losses: lower is better, finite.
        length: steps of the whole training.
    """
    late = steps >= (1 - LATE_PART) * length
    if int(late.sum()) < WANTED:
        late = (steps >= EARLIEST * length) & (np.arange(len(steps)) >= len(steps) - WANTED)
    at = np.flatnonzero(late)[-MOST_POINTS:]
    if len(at) < FEWEST:
        return None
    at = at[_since_jump(losses[at]) :]
    return _around(steps[at], losses[at])


def _around(steps: Int[np.ndarray, "points"], losses: Float[np.ndarray, "points"]) -> Late:
    design = _design(steps)
    weights, *_ = np.linalg.lstsq(design, losses, rcond=None)
    trend = design @ weights
    return Late(steps=steps, losses=losses, around=losses - trend + trend[-1])


def still_settling(parts: Sequence[Late]) -> bool:
    """Whether the noise of these trials falls within their last parts.

    Estimator: the mean square of second differences in the first half over that in the second,
    against F; its degrees of freedom are those of white noise. Trials with a larger scale are
    brought to one scale first. False where halves hold too few differences.
    """
    ratio, before, after = _fall_of_bends(parts)
    return ratio > HALVED and bool(ratio > f_quantile(1 - SETTLING, before / BENDS, after / BENDS))


def _fall_of_bends(parts: Sequence[Late]) -> tuple[float, int, int]:
    """Mean square of second differences in the first half over the second, and their numbers."""
    before, after, count = 0.0, 0.0, [0, 0]
    for part in parts:
        bends = np.diff(part.losses, n=2)
        half = len(bends) // 2
        scale = float(np.median(np.abs(bends)))
        if half < 2 or not scale > 0:
            continue
        bends = np.clip(bends / (1.4826 * scale), -BEYOND, BEYOND)
        before += float(bends[:half] @ bends[:half])
        after += float(bends[half:] @ bends[half:])
        count = [count[0] + half, count[1] + len(bends) - half]
    if not count[0] or not after > 0:
        return (math.inf if before > 0 else 0.0), 1, 1
    return (before / count[0]) / (after / count[1]), count[0], count[1]


def least_at_the_end(parts: Sequence[Late], correlation: float) -> float:
    """Lower end of the 95 % interval of the noise in the later halves of these parts.

    Estimator: the mean square of second differences, which trends hardly move, over what white
    noise or a first-order autoregression of this correlation leaves in them; chi-squared. A noise
    that is not known to last until the end decides nothing there. Infinite where the halves do not
    differ as far as can be seen (STEADY).
    """
    if _fall_of_bends(parts)[0] <= STEADY:
        return math.inf
    bends = [b[len(b) // 2 :] for b in (np.diff(p.losses, n=2) for p in parts)]
    count = sum(map(len, bends))
    if not count:
        return 0.0
    usual = 1.4826 * float(np.median(np.abs(np.concatenate(bends))))
    limit = BEYOND * usual if usual > 0 else math.inf
    squares = sum(float((np.clip(b, -limit, limit) ** 2).sum()) for b in bends)
    left = 6 - 8 * correlation + 2 * correlation**2
    freedom = max(count / BENDS, 1.0)
    return math.sqrt(squares / count / left * freedom / float(chi2_quantile(0.975, freedom)))


def later_half(part: Late) -> Late | None:
    """The second half of a last part; None where it has too few evaluations."""
    at = len(part.steps) // 2
    return _around(part.steps[at:], part.losses[at:]) if len(part.steps) - at >= FEWEST else None


def _since_jump(losses: Float[np.ndarray, "points"]) -> int:
    """Where a level begins that was reached at once, as where the learning rate was cut; else 0.

    A spike moves no median, and what falls steadily has no step that stands out.
    """
    steps = np.diff(losses)
    away = np.abs(steps - np.median(steps))
    usual = 1.4826 * float(np.median(away))
    jump = int(np.argmax(away)) + 1
    if len(losses) - jump < FEWEST or away[jump - 1] <= JUMP * usual:
        return 0
    moved = abs(float(np.median(losses[jump:]) - np.median(losses[:jump])))
    return jump if moved > JUMP / 2 * usual else 0


def _design(steps: Int[np.ndarray, "points"]) -> Float[np.ndarray, "points terms"]:
    x = (steps - steps.mean()) / max(float(np.ptp(steps)) / 2, 1e-12)
    return np.stack([np.ones(len(x)), x, x**2 - np.mean(x**2)], axis=1)


def read_noise(parts: Sequence[Late]) -> LateNoise:
    """The noise that these last parts have in common.

    Args:
        parts: one a trial, one at least.
    """
    left = [p.around - p.around[-1] for p in parts]
    left = [own - own.mean() for own in left]
    sizes = np.array([_robust(own) for own in left])
    usual = float(np.median(sizes))
    if usual == 0:
        usual = float(np.median([own.std() for own in left]))
    # What is left of level curves by rounding is no noise.
    if usual <= 1e-13 * float(np.median([np.abs(p.losses).max() for p in parts])):
        usual = 0.0
    unsteady = tuple(np.flatnonzero(sizes > math.sqrt(UNSTEADY) * usual).tolist()) if usual else ()
    kept = [k for k in range(len(parts)) if k not in unsteady]
    if not usual:
        return LateNoise(
            deviation=Interval(0.0, 0.0, 0.0), correlation=0.0, trials=len(kept), unsteady=unsteady
        )
    drawn_in = [(parts[k].steps, np.clip(left[k] / usual, -BEYOND, BEYOND)) for k in kept]
    found, correlation, separated = _likeliest(drawn_in)
    return LateNoise(
        deviation=Interval(usual * found.estimate, usual * found.low, usual * found.high),
        correlation=correlation,
        trials=len(kept),
        unsteady=unsteady,
        separated=separated,
    )


def _robust(left: Float[np.ndarray, "points"]) -> float:
    freedom = len(left) / max(len(left) - 3, 1)
    return 1.4826 * float(np.median(np.abs(left))) * math.sqrt(freedom)


def _likeliest(
    curves: Sequence[tuple[Int[np.ndarray, "points"], Float[np.ndarray, "points"]]],
) -> tuple[Interval, float, bool]:
    """Restricted likelihood over a grid of correlations and standard deviations.

    Returns:
        Deviation, correlation, and whether it is likelier than not below DRIFT.
    """
    groups: dict[bytes, list[int]] = {}
    for k, (steps, _) in enumerate(curves):
        groups.setdefault((steps - steps[0]).tobytes(), []).append(k)
    single = np.zeros((len(CORRELATIONS), len(curves)))
    squares, volume = np.zeros(len(CORRELATIONS)), np.zeros(len(CORRELATIONS))
    total = 0.0
    freedom = np.zeros(len(curves))
    for own in groups.values():
        design = _design(curves[own[0]][0])
        values = np.stack([curves[k][1] for k in own], axis=1)
        contrasts = _contrasts(values)
        freedom[own] = len(design) - design.shape[1]
        total += contrasts.shape[1] * (len(design) - design.shape[1])
        for c, rho in enumerate(CORRELATIONS):
            q, r = np.linalg.qr(_whitened(design, rho))
            single[c, own] = _left_over(_whitened(values, rho), q)
            squares[c] += _left_over(_whitened(contrasts, rho), q).sum()
            turned = 2 * float(np.log(np.abs(np.diag(r))).sum())
            volume[c] += contrasts.shape[1] * ((len(design) - 1) * math.log1p(-(rho**2)) + turned)
    score = -0.5 * (
        total * np.log(SIZES[None] ** 2) + squares[:, None] / SIZES[None] ** 2 + volume[:, None]
    )
    best = np.unravel_index(int(np.argmax(score)), score.shape)
    profile = score.max(axis=0)
    spread = _differing(single[best[0]], freedom)
    allowed = WIDER * spread * float(stdtrit(total, 0.975)) ** 2 / 2
    inside = SIZES[profile >= profile.max() - allowed]
    grain = SIZES[1] / SIZES[0]
    flat = np.exp(np.maximum(score - score.max(), -600.0))
    weight = flat * (1 - CORRELATIONS[:, None])
    estimate = float(SIZES[np.searchsorted(np.cumsum(weight.sum(axis=0)), weight.sum() / 2)])
    low, high = float(inside.min()) / grain, float(inside.max()) * grain
    interval = Interval(min(max(estimate, low), high), low, high)
    correlation = float(CORRELATIONS @ flat.sum(axis=1) / flat.sum())
    drift = float(weight[CORRELATIONS >= DRIFT].sum() / weight.sum())
    return interval, correlation, drift < 0.5


def _contrasts(values: Float[np.ndarray, "points trials"]) -> Float[np.ndarray, "points fewer"]:
    """Each trial against the mean of those before it (Helmert): what they share drops out.

    The noise keeps its variance and its correlation. Fewer than three trials stay as they are.
    """
    trials = values.shape[1]
    if trials < 3:
        return values
    before = np.cumsum(values, axis=1)[:, :-1] / np.arange(1, trials)
    count = np.arange(1, trials)
    return np.asarray((values[:, 1:] - before) * np.sqrt(count / (count + 1)))


def _left_over(
    white: Float[np.ndarray, "points trials"], basis: Float[np.ndarray, "points terms"]
) -> Float[np.ndarray, "trials"]:
    """Sums of squares beyond the basis."""
    return np.asarray((white**2).sum(axis=0) - ((basis.T @ white) ** 2).sum(axis=0))


def _whitened(
    values: Float[np.ndarray, "points any"], rho: float
) -> Float[np.ndarray, "points any"]:
    if rho == 0:
        return values
    rest = (values[1:] - rho * values[:-1]) / math.sqrt(1 - rho**2)
    return np.concatenate([values[:1], rest])


def _differing(
    squares: Float[np.ndarray, "trials"], freedom: Float[np.ndarray, "trials"]
) -> float:
    """By how much trials that differ in their noise widen the variance of its mean; 1 if alike."""
    if len(squares) < 2:
        return 1.0
    variances = squares / freedom
    chance = 1 + 2 / float(freedom.mean())
    return max(1.0, float((variances**2).mean() / variances.mean() ** 2) / chance)


def independent(count: float, correlation: float) -> float:
    """How many independent evaluations so many correlated ones are worth."""
    return max(1.0, count * (1 - correlation) / (1 + correlation))


def luck_of_best(count: float) -> float:
    """By how much the best of so many level evaluations flatters, in standard deviations."""
    return float(np.interp(math.log(count), np.log(BEST_OF), LUCK))


def left_of_best(count: float) -> float:
    """Standard deviation of the best of so many level evaluations, in those of one."""
    return float(np.interp(math.log(count), np.log(BEST_OF), LEFT))


def left_of_mean(count: int, correlation: float) -> float:
    """Standard deviation of the mean of so many evaluations in a row, in those of one."""
    lags = np.arange(1, max(count, 1))
    return math.sqrt(
        (1 + 2 * float(((1 - lags / count) * correlation**lags).sum())) / max(count, 1)
    )


TWO_READINGS = float(ndtri(0.975)) * math.sqrt(2)
"""Standard deviations of one reading by which two must differ to be told apart, at 95 %."""
