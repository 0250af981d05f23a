"""What stands in for the response of a round that has not been run (B5).

Three kinds, the first that there is ground for:

- FITTED: a response drawn from those that C9's fit to the last round allows (`response.forms`):
  one of its forms, with coefficients and a size of the noise of their own, its residuals as the
  law of the noise, and its infeasible places. A hyperparameter that the last round did not vary
  is given a bowl as large as those it did vary have on average; places beyond the range that was
  searched count as its end.
- NEAREST: where no fit is accepted, each new trial takes the loss of one of the NEIGHBOURS last
  trials nearest to it.
- ASSUMED: with too few trials for either, a bowl about the middle, equally wide on all
  hyperparameters, with seeds' noise of NOISE_SHARE of the standard deviation of a trial.

NOISE_SHARE is on the safe side of four published searches: what a smooth response leaves open of
32 to 128 of their trials is 0.06 to 0.47 of their standard deviation (docs/claims/planning.md).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from tunebook.domain.design import Study
from tunebook.domain.space import Axis, Branch, Choice
from tunebook.domain.trial import Configuration
from tunebook.planning.earlier_trials import Searched
from tunebook.statistics.response.columns import merged_choices
from tunebook.statistics.response.even_points import even_points
from tunebook.statistics.response.forms import (
    DRAWS,
    Form,
    Response,
    at_places,
    fit_response,
)
from tunebook.statistics.response.selected_response import RESIDUAL
from tunebook.statistics.scientific_values import units_of

if TYPE_CHECKING:
    from jaxtyping import Float

NOISE_SHARE = 1 / 2
NEIGHBOURS = 3
BOWL = 180**-0.5
"""Standard deviation of (u - 0.5) ** 2 over evenly spread u in [0, 1]."""


class Ground(StrEnum):
    """What a simulated response stands on."""

    FITTED = "fitted"
    NEAREST = "nearest"
    ASSUMED = "assumed"


def stand_in(study: Study, earlier: Sequence[Searched], spread: float) -> StandIn:
    """What stands in for a planned study.

    Args:
        study: of the plan.
        earlier: studies that were searched; the one most like it is taken.
        spread: of trials over the space, assumed where there is none.
    """
    if not earlier:
        return Assumed(spread)
    like = max(earlier, key=lambda one: _likeness(study.branch, one))
    axes = list(like.branch.axes.values())
    response = fit_response(axes, like.raw, like.worst)
    if response is not None:
        return Fitted(like, response)
    new = [n for n in study.branch.axes if n not in like.branch.axes]
    return Nearest(like) if not new else Assumed(like.spread, like)


def _likeness(branch: Branch, one: Searched) -> tuple[int, int, int]:
    agree = sum(one.branch.conditions.get(k) == v for k, v in branch.conditions.items())
    shared = sum(name in one.branch.axes for name in branch.axes)
    return shared, agree, int(np.isfinite(one.worst).sum())


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """What the last round's trials allow; with a `form`, one response of those.

    Attributes:
        like: the earlier study.
        response: fitted to it.
        form: of the forms; None before one is drawn.
        off: deviates of its coefficients.
        louder: the seeds' noise, over what the fit says it is.
    """

    like: Searched
    response: Response
    form: int | None = None
    off: Float[np.ndarray, "terms"] | None = None
    louder: float = 1.0
    ground = Ground.FITTED

    @property
    def noise(self) -> float:
        squares = sum(f.count / DRAWS * _noise(f) ** 2 for f in self.response.forms)
        return float(self.response.size * squares**0.5)

    @property
    def spread(self) -> float:
        return self.like.spread

    def drawn(self, rng: np.random.Generator, form: float, noise: float) -> Fitted:
        """One of the forms, with coefficients and a size of the noise that the trials allow.

        Args:
            rng: of its coefficients.
            form: place in [0, 1] among its forms, by what they count.
            noise: chance that the seeds' noise is smaller than in this response.
        """
        counts = np.cumsum([f.count for f in self.response.forms])
        k = int(np.searchsorted(counts, form * counts[-1], side="right"))
        one = self.response.forms[k]
        terms = one.at(self.like.raw[:1])[1].shape[1]
        louder = _noise(one) / one.scale
        louder *= math.sqrt(one.freedom / special.chdtri(one.freedom, noise))
        return replace(self, form=k, off=np.asarray(rng.normal(size=terms)), louder=louder)

    def losses(
        self, study: Study, configs: Sequence[Configuration], rng: np.random.Generator
    ) -> Float[np.ndarray, "trials"]:
        n, response = len(configs), self.response
        raw = np.concatenate([self.like.raw, self.like.places(configs)])
        places = _recoded(raw, len(self.like.raw), tuple(self.like.branch.axes.values()))
        assert self.form is not None and self.off is not None
        form = response.forms[self.form]
        mean, roots = form.at(places)
        mean = mean + form.scale * (roots @ self.off)
        chance = rng.random(n)
        rank = (chance * len(form.residuals)).astype(int)
        usual = (1 - RESIDUAL) * form.scale * special.ndtri(chance)
        noise = usual + RESIDUAL * form.residuals[rank]
        loss = response.middle + response.size * (mean + self.louder * noise)
        new = {k: a for k, a in study.branch.axes.items() if k not in self.like.branch.axes}
        if new:
            size = self._size_of_an_axis() / BOWL
            loss = loss + size * ((_units(new, configs) - 0.5) ** 2).sum(axis=1)
        feasible = rng.random(n) < response.chance_of_feasible(places)
        return np.where(feasible, loss, np.inf)

    def _size_of_an_axis(self) -> float:
        """Standard deviation that one of the hyperparameters makes, on average."""
        places = even_points(self.response.levels)[0]
        every = at_places(self.response.forms, places)
        mean = np.sum([f.count / DRAWS * own for f, own, _ in every], axis=0)
        return float(self.response.size * mean.std() / len(self.response.levels) ** 0.5)


def _noise(form: Form) -> float:
    """A form's noise, standardised; its own scale counts the prior as if it had been observed.

    Halfway, in logarithms, between that and the residual degrees of freedom brings it to within
    5 % of the truth on bowls and cusps of 1 to 4 hyperparameters at 16 to 64 trials; it was up to
    21 % short (20 rounds of each).
    """
    return float(form.scale * ((len(form.residuals) - 1) / form.freedom) ** 0.25)


@dataclass(frozen=True, slots=True, eq=False)
class Nearest:
    """The losses of the last round's trials, each for what lies near it."""

    like: Searched
    ground = Ground.NEAREST

    @property
    def noise(self) -> float:
        """Not known: the share of the spread that is assumed."""
        return NOISE_SHARE * self.spread

    @property
    def spread(self) -> float:
        return self.like.spread

    def losses(
        self,
        study: Study,  # noqa: ARG002
        configs: Sequence[Configuration],
        rng: np.random.Generator,
    ) -> Float[np.ndarray, "trials"]:
        places = self.like.places(configs)
        far = ((places[:, None] - self.like.raw[None]) ** 2).sum(axis=2)
        near = np.argsort(far, axis=1, kind="stable")[:, :NEIGHBOURS]
        drawn = near[np.arange(len(near)), rng.integers(near.shape[1], size=len(near))]
        return np.asarray(self.like.worst[drawn])


@dataclass(frozen=True, slots=True, eq=False)
class Assumed:
    """A bowl about the middle with noise; `spread` is the standard deviation of a trial."""

    spread: float
    like: Searched | None = None
    ground = Ground.ASSUMED

    @property
    def noise(self) -> float:
        return NOISE_SHARE * self.spread

    def losses(
        self, study: Study, configs: Sequence[Configuration], rng: np.random.Generator
    ) -> Float[np.ndarray, "trials"]:
        axes = study.branch.axes
        if not axes:
            return np.asarray(self.noise * rng.normal(size=len(configs)))
        size = self.spread * (1 - NOISE_SHARE**2) ** 0.5 / (BOWL * len(axes) ** 0.5)
        bowl = size * ((_units(axes, configs) - 0.5) ** 2).sum(axis=1)
        return np.asarray(bowl + self.noise * rng.normal(size=len(configs)))


StandIn = Fitted | Nearest | Assumed
"""Losses of configurations as the round might see them: infinite where infeasible; `noise` is the
standard deviation between seeds and `spread` that of a trial over the space, in their units."""


def _units(
    axes: dict[str, Axis] | object, configs: Sequence[Configuration]
) -> Float[np.ndarray, "trials axes"]:
    found = units_of(axes, configs)  # type: ignore[arg-type]
    assert found is not None  # a planned configuration has every hyperparameter of its study
    return found


def _recoded(
    raw: Float[np.ndarray, "all axes"], known: int, axes: Sequence[Axis]
) -> Float[np.ndarray, "new axes"]:
    """Places after the first `known`, their choices coded as the fit to those has them."""
    merged, _ = merged_choices(raw[:known].copy(), axes)
    new = raw[known:].copy()
    for j, axis in enumerate(axes):
        if isinstance(axis, Choice):
            code = dict(zip(raw[:known, j].tolist(), merged[:, j].tolist(), strict=True))
            usual = max(code.values(), key=merged[:, j].tolist().count)
            new[:, j] = [code.get(u, usual) for u in new[:, j].tolist()]
    return new
