"""What a study would select on average, from a fitted response (C9).

From forms and residuals follows, by order statistics over a fixed even set of points, the mean
response of the configuration that n trials with noise would select. It is computed for responses
drawn from what the trials allow (`forms`); their mean and spread are the estimate and
its error, so that no more is assumed than the forms do.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tunebook.domain.space import Axis
from tunebook.statistics.response.even_points import COPIES, even_points, points_for
from tunebook.statistics.response.forms import (
    DRAWS,
    Form,
    Response,
    at_places,
    fit_response,
)
from tunebook.statistics.response.resampling import mean_best, spread_of_best

if TYPE_CHECKING:
    from jaxtyping import Float, Int

WIDEN = 1.05
"""On the standard error, for what is taken as known: the noise, and how rough a curve may be
(docs/claims/isolation.md)."""
HINGE = 1.4
"""Of what the level moves by without the best trial, as a part of the error."""
PROMISE = 1.25
"""Standard errors by which a level may be better than the best seen."""
RESIDUAL = 0.8
"""Share of the noise that is drawn from the residuals; the rest is normal."""


@dataclass(frozen=True, slots=True, eq=False)
class Selected:
    """The mean response of what a study selects.

    Attributes:
        level: in the units of the losses; NaN where no fit was accepted.
        error: its standard error.
        freedom: of a Student law for level / error.
    """

    level: float = math.nan
    error: float = math.inf
    freedom: float = math.inf

    @property
    def known(self) -> bool:
        return math.isfinite(self.level)


def study_selects(
    axes: Sequence[Axis],
    units: Float[np.ndarray, "trials axes"],
    worst: Float[np.ndarray, "trials"],
    trials: float,
) -> Selected:
    """What a study of `trials` trials selects, and how far that hinges on the best one seen.

    A narrow valley that one trial has met, or one lucky seed, is no ground to tell values apart:
    what the level moves by without the best trial is a part of its error. A level that promises
    far more than the best seen is refused: the fit goes on falling where the response does not.
    """
    return read_study(axes, units, worst, trials)[1]


def read_study(
    axes: Sequence[Axis],
    units: Float[np.ndarray, "trials axes"],
    worst: Float[np.ndarray, "trials"],
    trials: float,
) -> tuple[Response | None, Selected]:
    """The response that was fitted, and as `study_selects` what is selected on it.

    A check, the next round and its plan read the same studies: the last few are kept.
    """
    places = np.ascontiguousarray(units, np.float64)
    losses = np.ascontiguousarray(worst, np.float64)
    return _read(tuple(axes), places.tobytes(), losses.tobytes(), float(trials))


@functools.lru_cache(maxsize=16)
def _read(
    axes: tuple[Axis, ...], places: bytes, losses: bytes, trials: float
) -> tuple[Response | None, Selected]:
    worst = np.frombuffer(losses)
    units = np.frombuffer(places).reshape(len(worst), len(axes))
    response = fit_response(axes, units, worst)
    found = selected(response, trials) if response is not None else Selected()
    if not found.known:
        return response, found
    rest = np.arange(len(worst)) != np.argmin(worst)
    without = fit_response(axes, units[rest], worst[rest])
    level = selected(without, trials).level if without is not None else math.nan
    found = replace(found, error=math.hypot(found.error, HINGE * (level - found.level)))
    seen, spread = mean_best(worst, int(trials)), spread_of_best(worst)
    promised = seen - found.level > PROMISE * math.hypot(found.error, spread)
    return response, found if math.isfinite(found.error) and not promised else Selected()


def selected(
    response: Response, trials: float, *, at: tuple[int, float] | None = None
) -> Selected:
    """What `trials` trials select on average, by the fit.

    Args:
        response: of one scientific value.
        trials: of the study, infeasible ones included.
        at: (index of a hyperparameter, place) at which it is held.
    """
    places, chances, normal = even_points(response.levels, points_for(trials))
    if at is not None:
        places = places.copy()
        places[:, at[0]] = at[1]
    feasible = response.chance_of_feasible(places)
    if not feasible.any():
        return Selected()
    levels, doubled, freedom = [], 0.0, 0.0
    rng = np.random.default_rng(5)
    for form, mean, roots in at_places(response.forms, places):
        rank = (chances * len(form.residuals)).astype(int)
        usual = (1 - RESIDUAL) * form.scale * normal
        levels += _levels(form, mean, roots, usual, rank, feasible, trials, rng)
        noise = usual + RESIDUAL * form.residuals[rank]
        # Quasi-random studies do better than independent ones, by less than twice the trials do.
        gain = _level(mean, noise, feasible, 2 * trials) - _level(mean, noise, feasible, trials)
        doubled += form.count / DRAWS * gain**2
        freedom += form.count / DRAWS * form.freedom
    return Selected(
        level=response.middle + response.size * float(np.mean(levels)),
        error=response.size
        * WIDEN
        * math.sqrt(float(np.var(levels)) * response.loss**2 + doubled / 4),
        freedom=freedom,
    )


def _levels(
    form: Form,
    mean: Float[np.ndarray, "points"],
    roots: Float[np.ndarray, "points terms"],
    usual: Float[np.ndarray, "points copies"],
    rank: Int[np.ndarray, "points copies"],
    feasible: Float[np.ndarray, "points"],
    trials: float,
    rng: np.random.Generator,
) -> list[float]:
    """What is selected on responses drawn in one form, each draw with its mirror image.

    The residuals are drawn again as well: which trial is selected turns on their lowest ones.
    """
    found, n = [], len(form.residuals)
    for _ in range(form.count):
        off = form.scale * (roots @ rng.normal(size=roots.shape[1]))
        lift = form.scale / math.sqrt(n) * rng.normal()
        noise = usual + RESIDUAL * np.sort(rng.choice(form.residuals, n))[rank]
        found += [
            _level(mean + sign * off, noise, feasible, trials) + sign * lift for sign in (1, -1)
        ]
    return found


def _level(
    mean: Float[np.ndarray, "points"],
    noise: Float[np.ndarray, "points copies"],
    feasible: Float[np.ndarray, "points"],
    trials: float,
) -> float:
    """Mean response of the least of `trials` losses drawn, where any is feasible."""
    point = _in_order((mean[:, None] + noise).ravel()) // COPIES
    if feasible.all():
        chance, whole = _even_chances(len(point), trials)
    else:
        chance = _chances(feasible[point], trials)
        whole = float(chance.sum())
    return float(chance @ mean[point] / whole)


def _chances(feasible: Float[np.ndarray, "draws"], trials: float) -> Float[np.ndarray, "draws"]:
    """The chance of each draw, in the order of its loss, to be the least of `trials`."""
    worse = 1 - np.concatenate([[0.0], feasible.cumsum()]) / len(feasible)
    beyond = np.maximum(worse, 0.0) ** trials
    return np.asarray(beyond[:-1] - beyond[1:])


@functools.lru_cache(maxsize=64)
def _even_chances(count: int, trials: float) -> tuple[Float[np.ndarray, "draws"], float]:
    """`_chances` where all are feasible, and their sum: the same for every response."""
    chance = _chances(np.ones(count), trials)
    chance.setflags(write=False)
    return chance, float(chance.sum())


def _in_order(losses: Float[np.ndarray, "draws"]) -> Int[np.ndarray, "draws"]:
    """Indices from the least loss on, equal ones as they came.

    NumPy's default sort is ten times as fast as the stable one, and agrees where no two are equal.
    """
    order = np.argsort(losses)
    ordered = losses[order]
    if (ordered[1:] > ordered[:-1]).all():
        return order
    return np.argsort(losses, kind="stable")
