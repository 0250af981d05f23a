"""Does a training run train: a loss that rises after it fell, that dies, or that never falls (H1).

The estimator reads one curve of the training loss. Its reference is the *fall*: how far the loss
falls in runs that train. A run RISES where the median loss of a period lies above that of an
earlier period of the same length by more than

- a quarter of the fall, for periods of a tenth of the evaluations, or three quarters of it, for
  periods of five evaluations (a spike from which training recovers), and
- SURE or SURE_SPIKE standard errors of a median of that many evaluations, so that noise alone
  does not do it.

Noise is read off the differences of neighbouring evaluations, near each period: what the loss
does over more than two evaluations is no noise. Assumes noise that is independent from one
evaluation to the next; a minibatch's loss is nearly so. Source of the rule: the playbook,
"loss goes up not down during periods of training"; its quarter and three quarters lie between
what real networks do at good and at too high learning rates (docs/instability.md). False alarms
on falling curves of 200 evaluations are at most 1 %, with noise of up to a fifth of the fall,
heavy-tailed or in proportion to the loss; 3 % with 50 evaluations or noise of two fifths; power
is measured too: tests/procedures/instability/test_training_stability.py. Noise that is correlated
from one evaluation to the next is read as movement: with a correlation of a half and a standard
deviation of 15 % of the fall, up to 29 % of curves are alarms, and more with more.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tunebook.domain.formats.numbers import percent

if TYPE_CHECKING:
    from jaxtyping import Float, Int

FEWEST = 20
"""Evaluations below which no period is told from a spike."""
PERIOD = 0.1
RISE = 0.25
SURE = 5.5
SPIKE = 5
RISE_SPIKE = 0.75
SURE_SPIKE = 8.0
AT_ONCE = 0.02
"""Of the whole fall: where less is left after the first twentieth, it fell at once."""
STUCK = 0.1
"""Of the fall: a run whose loss comes down by less has not trained."""
EARLY = 0.1
"""Of the steps: where the playbook's longest warm-up ends."""
NEAR = 20
"""Evaluations around a period whose differences tell its noise."""
MEDIAN = 1.2533
"""Standard error of a median over that of a mean, for normal noise."""


class Fate(StrEnum):
    """What became of one run."""

    TRAINS = "trains"
    RISES = "rises"
    DIVERGES = "diverges"
    STUCK = "stuck"  # the loss never fell
    UNKNOWN = "not known"  # too few evaluations, or too noisy

    @property
    def fails(self) -> bool:
        """True for a run that does not train."""
        return self in (Fate.RISES, Fate.DIVERGES, Fate.STUCK)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RunReading:
    """One run as its training loss shows it.

    Attributes:
        trial: its name.
        steps, losses: its curve, as reported.
        fate: what became of it.
        rise: the largest rise over periods of a tenth, in falls; NaN where it is not known.
        at: step at which the rise is seen, or after which a run that diverges only grew; None
            where there is none.
        early: it is seen in the first tenth of `max_train_steps`.
        why: one clause, with the number.
    """

    trial: str
    steps: Int[np.ndarray, "points"]
    losses: Float[np.ndarray, "points"]
    fate: Fate
    rise: float
    at: int | None
    early: bool
    why: str


def read_run(
    trial: str,
    steps: Int[np.ndarray, "points"],
    losses: Float[np.ndarray, "points"],
    *,
    fall: float,
    lowest: float = math.nan,
    max_train_steps: int,
    diverged: bool = False,
    short: bool = False,
) -> RunReading:
    """Read one run.

    Args:
        trial: its name.
        steps, losses: training loss, lower is better, as reported; NaN and infinities too.
        fall: how far the loss falls in runs that train, above 0; NaN where none is known, and
            the curve's own fall counts.
        lowest: the loss that such runs reach; where it is not known, a run is stuck by its own
            fall alone, and one that falls at once, before it was evaluated thrice, looks so.
        max_train_steps: of the trial.
        diverged: the trial ended for a value that is not a number or infinite.
        short: an abbreviated run, of which no fall is expected yet.
    """

    def read(fate: Fate, why: str, rise: float = math.nan, at: int | None = None) -> RunReading:
        early = at is not None and at < EARLY * max_train_steps
        return RunReading(
            trial=trial, steps=steps, losses=losses, fate=fate, rise=rise, at=at, early=early,
            why=why,
        )  # fmt: skip

    broken = np.flatnonzero(~np.isfinite(losses))
    if len(broken) or diverged:
        sound = int(broken[0]) if len(broken) else len(losses)
        ends = int(steps[min(sound, len(steps) - 1)]) if len(steps) else 0
        # What ends in no number has grown for a while: it left its path at its lowest loss.
        at = int(steps[np.argmin(losses[:sound])]) if sound else ends
        return read(Fate.DIVERGES, f"no finite loss from step {ends} on", math.inf, at)
    if len(losses) < FEWEST:
        return read(Fate.UNKNOWN, f"{len(losses)} evaluations, and {FEWEST} are needed")
    own = _fall(losses)
    scale = fall if fall > 0 else max(own, 0.0)
    if scale <= 0 and not short:
        return read(Fate.STUCK, "the loss never fell")
    period = max(SPIKE, round(PERIOD * len(losses)))
    rise, place, floor = _largest_rise(losses, period, SURE)
    spike, spike_place, _ = _largest_rise(losses, SPIKE, SURE_SPIKE)
    spike, spike_place = max((spike, spike_place), _first_jump(losses))
    if rise > RISE * scale:
        at, share = int(steps[place]), rise / scale
        return read(Fate.RISES, f"the loss rises by {percent(share)} of its fall", share, at)
    if spike > RISE_SPIKE * scale:
        at, share = int(steps[spike_place]), spike / scale
        return read(Fate.RISES, f"the loss jumps by {percent(share)} of its fall", share, at)
    if not short and _stuck(losses, own, scale, lowest):
        return read(Fate.STUCK, "the loss never came down to what others reach")
    if floor > 2 * RISE * scale:
        return read(Fate.UNKNOWN, f"noise hides rises below {percent(floor / scale)} of the fall")
    return read(Fate.TRAINS, "the loss does not rise beyond its noise", max(rise, 0.0) / scale)


def usual_lowest(curves: Sequence[Float[np.ndarray, "points"]]) -> float:
    """The loss that runs that train reach: the median over curves; NaN without any."""
    reached = [_lowest(c) for c in curves if len(c) >= FEWEST and np.isfinite(c).all()]
    return float(np.median(reached)) if reached else math.nan


def usual_fall(curves: Sequence[Float[np.ndarray, "points"]]) -> float:
    """How far the loss falls in runs that train: the median over curves; NaN without any."""
    falls = [_fall(c) for c in curves if len(c) >= FEWEST and np.isfinite(c).all()]
    falls = [f for f in falls if f > 0]
    return float(np.median(falls)) if falls else math.nan


def _fall(losses: Float[np.ndarray, "points"]) -> float:
    """From the first twentieth of the evaluations to the lowest one.

    Not from the very first: weights that begin too large give a first loss that a few steps undo,
    next to which no later rise would count. Unless all but AT_ONCE of the fall is done by then.
    """
    medians = _medians(losses, max(3, len(losses) // 20))
    fall, whole = float(medians[0] - medians.min()), float(losses[0] - medians.min())
    return fall if fall > AT_ONCE * whole else whole


def _lowest(losses: Float[np.ndarray, "points"]) -> float:
    return float(_medians(losses, max(3, len(losses) // 20)).min())


def _stuck(losses: Float[np.ndarray, "points"], own: float, scale: float, lowest: float) -> bool:
    """True for a run that stays within STUCK of a fall of where runs that train begin."""
    if math.isnan(lowest):
        return own < STUCK * scale
    return _lowest(losses) > lowest + (1 - STUCK) * scale


def _largest_rise(
    losses: Float[np.ndarray, "points"], width: int, sure: float
) -> tuple[float, int, float]:
    """The largest rise beyond noise between two periods, where it is, and what noise hides.

    Returns:
        the rise (0 where none is beyond noise), the place of the evaluation at which the later
        period begins, and the smallest rise that noise would have let through.
    """
    if len(losses) < 2 * width:
        return 0.0, 0, math.inf
    medians = _medians(losses, width)
    # Where the loss only falls, noise does not grow: that of the earlier period bounds both.
    error = sure * MEDIAN * math.sqrt(2 / width) * _noise(losses, width)
    first = np.concatenate([[True], medians[1:] < np.minimum.accumulate(medians)[:-1]])
    where = np.maximum.accumulate(np.where(first, np.arange(len(medians)), 0))
    later, earlier = np.arange(width, len(medians)), where[:-width]
    rises, needed = medians[later] - medians[earlier], error[earlier]
    beyond = np.where(rises > needed, rises, 0.0)
    place = int(np.argmax(beyond))
    return float(beyond[place]), int(later[place]), float(np.median(needed))


def _first_jump(losses: Float[np.ndarray, "points"]) -> tuple[float, int]:
    """The largest rise of SPIKE evaluations over the first one, beyond noise, and its place.

    The first evaluation is before training did anything, so nothing comes before a spike in the
    first steps that a period could be made of.
    """
    medians = _medians(losses, SPIKE)
    noise = _noise(losses, SPIKE)[0]
    place = int(np.argmax(medians))
    rise = float(medians[place] - losses[0])
    return (rise, place) if rise > SURE_SPIKE * noise else (0.0, 0)


def _medians(losses: Float[np.ndarray, "points"], width: int) -> Float[np.ndarray, "windows"]:
    found: np.ndarray = np.median(sliding_window_view(losses, min(width, len(losses))), axis=1)
    return found


def _noise(losses: Float[np.ndarray, "points"], width: int) -> Float[np.ndarray, "windows"]:
    """Standard deviation of one evaluation around each period: MAD of second differences."""
    second = np.abs(losses[2:] - 2 * losses[1:-1] + losses[:-2]) * (1.4826 / math.sqrt(6))
    near = min(max(NEAR, width), len(second))
    local = np.median(sliding_window_view(second, near), axis=1)
    middle = np.arange(len(losses) - width + 1) + width // 2 - 1 - near // 2
    return np.asarray(local[np.clip(middle, 0, len(local) - 1)])
