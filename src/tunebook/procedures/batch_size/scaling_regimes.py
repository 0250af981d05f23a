"""Steps to a target against batch size: perfect scaling, diminishing returns, a floor (F1).

Doubling the batch first halves the steps, then does less, then nothing (Shallue et al. 2019,
Fig. 1). One smooth curve has all three, with how sharply it bends:

    steps(B) = floor * (1 + (bend / B)^sharpness)^(1 / sharpness)

With sharpness 1 it is that of McCandlish et al. 2018 (section 2.3), `bend` being their critical
batch size. Its slope on log axes is -1 for small B and 0 for large.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from scipy import optimize, stats

from tunebook.domain.finding import Interval, NotApplicable

if TYPE_CHECKING:
    from jaxtyping import Float

FEWEST_SIZES = 5
"""Three parameters, and two degrees of freedom for what is left."""
NEAR = 0.1
"""A slope within 0.1 of -1 is perfect scaling, within 0.1 of 0 the floor."""
FEWEST_REACHED = 0.5
"""Share of a size's reruns that must have reached the target, so that their median exists."""
SHARPNESS = (0.3, 6.0)
"""Published curves bend over one to ten doublings; more can't be told from a corner."""


class Regime(StrEnum):
    """What doubling the batch size does."""

    PERFECT = "perfect scaling"
    DIMINISHING = "diminishing returns"
    FLOOR = "maximal data parallelism"


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRegimes:
    """How steps to a target depend on the batch size.

    Attributes:
        batch_sizes: that were measured, rising.
        steps: median over reruns, one a size.
        fitted: the curve there.
        perfect_until: batch size up to which scaling is perfect (slope below -0.9).
        floor_from: batch size from which more does not help (slope above -0.1).
        floor: steps that no batch size goes below.
        perfect_slope: of measured points in the perfect regime, on log axes; None with fewer than
            three sizes there.
        regimes: of each size, by the estimates.
    """

    batch_sizes: tuple[int, ...]
    steps: tuple[float, ...]
    fitted: tuple[float, ...]
    perfect_until: Interval
    floor_from: Interval
    floor: Interval
    perfect_slope: Interval | None
    regimes: tuple[Regime, ...]

    @property
    def seen(self) -> frozenset[Regime]:
        """Which of the three the measured sizes reach into."""
        return frozenset(self.regimes)


def batch_regimes(
    steps_to_target: Mapping[int, Sequence[float]], *, confidence: float = 0.95
) -> BatchRegimes | NotApplicable:
    """Regimes, and the batch sizes where one turns into the next, with their uncertainty.

    Estimator: least squares on the log of each size's median; intervals by linearisation on log
    axes, with Student's t on sizes minus 3 degrees of freedom. What is left about the curve holds
    both the seeds' noise and how lucky the tuning of each size was, so both are in the intervals.
    Assumes that this is as large at every size and independent between them, and that the curve
    has the form above. `tests/procedures/batch_size/test_scaling_regimes.py` measures coverage: 92
    to 97 % of intervals at 95 % hold the truth with 11 sizes and all three regimes in sight.

    Args:
        steps_to_target: steps of each rerun by batch size; NaN where it never got there.
        confidence: of the intervals.

    Returns:
        NotApplicable where a size did not reach the target (F4), or there are too few sizes.
    """
    sizes = sorted(steps_to_target)
    lacking = _lacking(steps_to_target)
    if lacking is not None:
        return lacking
    batch = np.log(np.asarray(sizes, dtype=float))
    steps = np.log([_median(steps_to_target[b]) for b in sizes])
    at, covariance = _fit(batch, steps)
    t = float(stats.t.ppf(0.5 + confidence / 2, len(sizes) - 3))
    sharp = np.exp(at[2])
    reach = np.log(1 / NEAR - 1) / sharp  # from the bend to either turning point, on the log axis
    perfect = _interval(at[1] - reach, np.array([0, 1, reach]), covariance, t, confidence)
    floor_from = _interval(at[1] + reach, np.array([0, 1, -reach]), covariance, t, confidence)
    regimes = tuple(_regime(b, perfect.estimate, floor_from.estimate) for b in sizes)
    inside = np.array([r is Regime.PERFECT for r in regimes])
    return BatchRegimes(
        batch_sizes=tuple(sizes),
        steps=tuple(np.exp(steps).tolist()),
        fitted=tuple(np.exp(_curve(at, batch)).tolist()),
        perfect_until=perfect,
        floor_from=floor_from,
        floor=_interval(at[0], np.array([1, 0, 0]), covariance, t, confidence),
        perfect_slope=line_slope(batch[inside], steps[inside], confidence)
        if inside.sum() > 2
        else None,
        regimes=regimes,
    )


def _lacking(steps_to_target: Mapping[int, Sequence[float]]) -> NotApplicable | None:
    """What keeps the sizes from being judged; None where nothing does."""
    sizes = sorted(steps_to_target)
    missed = [b for b in sizes if _reached(steps_to_target[b]) < FEWEST_REACHED]
    if missed:
        shown = ", ".join(map(str, missed))
        return NotApplicable(
            check="F1",
            reason=f"batch sizes {shown} did not reach the target in half of their reruns: what "
            "they would need is not known, and the curve without them would mislead",
            needs="a target that every size reaches, or more steps for these sizes",
        )
    if len(sizes) < FEWEST_SIZES:
        return NotApplicable(
            check="F1",
            reason=f"{len(sizes)} batch sizes; a curve with two bends has more unknowns",
            needs=f"{FEWEST_SIZES} batch sizes or more, each the double of the one before",
        )
    return None


def _reached(steps: Sequence[float]) -> float:
    return float(np.mean(np.isfinite(steps))) if len(steps) else 0.0


def _median(steps: Sequence[float]) -> float:
    """Those that never got there needed more than any that did."""
    known = np.asarray(steps, dtype=float)
    return float(np.median(np.where(np.isnan(known), np.inf, known)))


def _curve(at: Float[np.ndarray, "3"], batch: Float[np.ndarray, "sizes"]) -> np.ndarray:
    sharp = np.exp(at[2])
    result: np.ndarray = at[0] + np.logaddexp(0.0, sharp * (at[1] - batch)) / sharp
    return result


def _fit(
    batch: Float[np.ndarray, "sizes"], steps: Float[np.ndarray, "sizes"]
) -> tuple[Float[np.ndarray, "3"], Float[np.ndarray, "3 3"]]:
    """Log floor, log bend and log sharpness, and their covariance."""
    low, high = np.log(SHARPNESS)
    span = batch[-1] - batch[0]
    bounds = ([-np.inf, batch[0] - span, low], [np.inf, batch[-1] + span, high])
    best = None
    for bend in np.quantile(batch, (0.25, 0.5, 0.75)):
        start = np.array([steps.min(), bend, np.log(1.5)])
        found = optimize.least_squares(lambda at: _curve(at, batch) - steps, start, bounds=bounds)
        if best is None or found.cost < best.cost:
            best = found
    assert best is not None
    left = 2 * best.cost / max(1, len(batch) - 3)
    covariance = left * np.linalg.pinv(best.jac.T @ best.jac)
    return best.x, covariance


def _interval(
    at: float, gradient: np.ndarray, covariance: np.ndarray, t: float, confidence: float
) -> Interval:
    half = t * float(np.sqrt(max(0.0, gradient @ covariance @ gradient)))
    # Beyond what doubles hold nothing is known anyway.
    low, high = max(-700.0, at - half), min(700.0, at + half)
    return Interval(
        float(np.exp(np.clip(at, -700, 700))), float(np.exp(low)), float(np.exp(high)), confidence
    )


def _regime(batch_size: int, perfect_until: float, floor_from: float) -> Regime:
    if batch_size <= perfect_until:
        return Regime.PERFECT
    return Regime.FLOOR if batch_size >= floor_from else Regime.DIMINISHING


def line_slope(
    x: Float[np.ndarray, "points"], y: Float[np.ndarray, "points"], confidence: float
) -> Interval:
    """Slope of a line by least squares, with Student's t on points minus 2 degrees of freedom."""
    line = stats.linregress(x, y)
    slope = float(line.slope)
    half = float(stats.t.ppf(0.5 + confidence / 2, len(x) - 2) * line.stderr)
    return Interval(slope, slope - half, slope + half, confidence)
