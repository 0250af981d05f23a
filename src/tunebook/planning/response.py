"""What is known of the response of a round that has not been run (B5).

Three kinds, the first that there is ground for:

- FITTED: C9's fit to the last round's trials gives the seeds' noise, and C9's reading of them how
  exactly a response like that is read: its standard error over that of a bowl of the same size
  and noise (`reading_table`). A hyperparameter that the last round did not vary counts as one of a
  bowl.
- NEAREST: where no fit is accepted, neither will one be: the best seen of each value are compared,
  and their spread over that of a bowl says how exactly.
- ASSUMED: with too few trials for either, a bowl about the middle, equally wide on all
  hyperparameters, with seeds' noise of NOISE_SHARE of the standard deviation of a trial.

NOISE_SHARE is on the safe side of four published searches: what a smooth response leaves open of
32 to 128 of their trials is 0.06 to 0.47 of their standard deviation (docs/claims/planning.md).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from tunebook.domain.design import Study
from tunebook.domain.space import Branch
from tunebook.planning.earlier_trials import Searched
from tunebook.planning.reading_table import reading
from tunebook.statistics.response.forms import DRAWS, Form, Response

NOISE_SHARE = 1 / 2
LUCKY = 0.3
"""An error below a bowl's is mostly luck: so much of it, in logarithms, is expected again. Found
on the surfaces of docs/claims/planning.md, with studies that its page does not use."""


class Ground(StrEnum):
    """What is known of a response."""

    FITTED = "fitted"
    NEAREST = "nearest"
    ASSUMED = "assumed"


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn:
    """What is known of a study that is planned, in the units of its losses.

    Attributes:
        ground: on which it stands.
        noise: standard deviation between seeds.
        spread: standard deviation of a trial over the space.
        like: the earlier study, or None.
        wide: logarithm of the standard error over that of a bowl of the same size and noise.
        feasible: share of the trials.
    """

    ground: Ground
    noise: float
    spread: float
    like: Searched | None = None
    wide: float = 0.0
    feasible: float = 1.0


def assumed(spread: float, like: Searched | None = None) -> StandIn:
    """A bowl of this size."""
    return StandIn(ground=Ground.ASSUMED, noise=NOISE_SHARE * spread, spread=spread, like=like)


def stand_in(study: Study, earlier: Sequence[Searched], spread: float) -> StandIn:
    """What stands in for a planned study.

    Args:
        study: of the plan.
        earlier: studies that were searched; the one most like it is taken.
        spread: of trials over the space, assumed where there is none.
    """
    if not earlier:
        return assumed(spread)
    like = max(earlier, key=lambda one: _likeness(study.branch, one))
    response, found = like.reading
    if response is not None:
        noise = noise_of(response)
        return StandIn(
            ground=Ground.FITTED,
            noise=noise,
            spread=like.spread,
            like=like,
            wide=_wide(like, noise, found.error, fits=True) if found.known else 0.0,
            feasible=like.feasible,
        )
    if any(n not in like.branch.axes for n in study.branch.axes):
        return assumed(like.spread, like)
    noise = NOISE_SHARE * like.spread
    return StandIn(
        ground=Ground.NEAREST,
        noise=noise,
        spread=like.spread,
        like=like,
        wide=_wide(like, noise, like.seen, fits=False),
        feasible=like.feasible,
    )


def _wide(like: Searched, noise: float, error: float, *, fits: bool) -> float:
    """How much larger an error was than on a bowl; of a smaller one, what is no luck."""
    if not (error > 0 and noise > 0):
        return 0.0
    usual = reading(len(like.branch.axes), like.feasible * len(like.worst), noise / like.spread)
    if not fits:
        return math.log(error / (noise * usual.seen))
    off = math.log(error / (noise * usual.error))
    return off if off > 0 else LUCKY * off


def _likeness(branch: Branch, one: Searched) -> tuple[int, int, int]:
    agree = sum(one.branch.conditions.get(k) == v for k, v in branch.conditions.items())
    shared = sum(name in one.branch.axes for name in branch.axes)
    return shared, agree, int(np.isfinite(one.worst).sum())


def noise_of(response: Response) -> float:
    """Standard deviation between seeds, by a fit."""
    squares = sum(f.count / DRAWS * _noise(f) ** 2 for f in response.forms)
    return float(response.size * squares**0.5)


def _noise(form: Form) -> float:
    """A form's noise, standardised; its own scale counts the prior as if it had been observed.

    Halfway, in logarithms, between that and the residual degrees of freedom brings it to within
    5 % of the truth on bowls and cusps of 1 to 4 hyperparameters at 16 to 64 trials; it was up to
    21 % short (20 rounds of each).
    """
    return float(form.scale * ((len(form.residuals) - 1) / form.freedom) ** 0.25)
