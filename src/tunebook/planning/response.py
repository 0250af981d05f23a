"""What is known of the response of a round that has not been run (B5).

Three kinds, the first that there is ground for:

- FITTED: C9's fit to the last round's trials gives the seeds' noise, and C9's reading of them how
  exactly a response like that is read: its standard error over that of a bowl of the same size
  and noise (`reading_table`), on average over the round's studies. An error below a bowl's is
  taken for luck. A hyperparameter that the last round did not vary counts as one of a bowl.
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
from tunebook.planning.reading_table import Reading, reading
from tunebook.statistics.response.forms import DRAWS, Form, Response

NOISE_SHARE = 1 / 2
CAUTION = 0.05
"""Added to how much wider an error is than a bowl's, in logarithms: one round tells it roughly.
Found on the surfaces of docs/claims/planning.md, with studies that its page does not use."""


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
    response = like.reading[0]
    if response is not None:
        return StandIn(
            ground=Ground.FITTED,
            noise=noise_of(response),
            spread=like.spread,
            like=like,
            wide=_wider(earlier),
            feasible=like.feasible,
        )
    if any(n not in like.branch.axes for n in study.branch.axes):
        return assumed(like.spread, like)
    noise = NOISE_SHARE * like.spread
    seen = _like_a_bowl(like, noise).seen
    return StandIn(
        ground=Ground.NEAREST,
        noise=noise,
        spread=like.spread,
        like=like,
        wide=_above(like.seen, noise * seen),
        feasible=like.feasible,
    )


def _wider(earlier: Sequence[Searched]) -> float:
    """How much larger C9's errors were than on bowls, in logarithms."""
    found = []
    for one in earlier:
        response, read = one.reading
        if response is not None and read.known:
            noise = noise_of(response)
            found.append(_above(read.error, noise * _like_a_bowl(one, noise).error))
    return CAUTION + max(0.0, float(np.mean(found))) if found else CAUTION


def _like_a_bowl(one: Searched, noise: float) -> Reading:
    """What C9 says of bowls of an earlier study's size."""
    trials = one.feasible * len(one.worst)
    return reading(len(one.branch.axes), trials, noise / one.spread if one.spread else 1.0)


def _above(error: float, usual: float) -> float:
    return math.log(error / usual) if error > 0 and usual > 0 else 0.0


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
