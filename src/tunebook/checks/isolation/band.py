"""The best that can be had at each place of a continuous scientific hyperparameter (C9).

A curve of what a study of a quarter of the trials would select with the scientific hyperparameter
held at a place, with a pointwise 95 % band. From the response over all hyperparameters
(`selected_response`); where none is accepted, from the best of the quarter of the trials nearest
to the place, with the spread of its subsamples, which is a curve in steps and assumes that what a
window holds is alike. Measured coverage: docs/claims/isolation.md; the tip of a cusp is rounded
off.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from tunebook.domain.formats.places import places_on
from tunebook.domain.space import Axis, Choice
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Configuration
from tunebook.statistics.distributions import t_above
from tunebook.statistics.fewest_trials import FEWEST
from tunebook.statistics.response.forms import fit_response
from tunebook.statistics.response.resampling import mean_best, spread_of_best
from tunebook.statistics.response.selected_response import selected
from tunebook.statistics.scientific_values import SLICES, by_configuration, units_of
from tunebook.statistics.value_pairs import ALPHA, LONE

if TYPE_CHECKING:
    from jaxtyping import Float

PLACES = 21
MOST_SHOWN = 300


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BestBand:
    """What can be had at each place, in the objective's own units.

    Attributes:
        study: that it belongs to.
        axis: of the scientific hyperparameter.
        places: its values, from low to high.
        best, low, high: pointwise 95 %.
        fitted: True where it comes from a fit.
        trials: that a place stands for.
        names, values, objective_values: the best complete trials, MOST_SHOWN at most.
    """

    study: str
    axis: Axis
    places: Float[np.ndarray, "places"]
    best: Float[np.ndarray, "places"]
    low: Float[np.ndarray, "places"]
    high: Float[np.ndarray, "places"]
    fitted: bool
    trials: int
    names: tuple[str, ...] = ()
    values: tuple[float, ...] = ()
    objective_values: tuple[float, ...] = ()


def best_bands(table: TrialTable, name: str, best: float) -> tuple[BestBand, ...]:
    """A band for each study in which the hyperparameter varies and has trials enough.

    Args:
        table: counted trials.
        name: of a continuous scientific hyperparameter.
        best: value that the metric can reach, at which a band ends; infinite if not known.
    """
    bare = replace(table, curves={})
    found = []
    for study in dict.fromkeys(bare.study):
        axis = bare.branches[study].axes.get(name)
        if axis is not None and not isinstance(axis, Choice):
            band = _band(bare.of_study(study), study, name, axis, best)
            if band is not None:
                found.append(band)
    return tuple(found)


def _band(table: TrialTable, study: str, name: str, axis: Axis, best: float) -> BestBand | None:
    worst, first = by_configuration(table)
    window = math.ceil(len(worst) / SLICES)
    if int(np.isfinite(worst).sum()) < SLICES * FEWEST:
        return None
    units = (np.arange(PLACES) + 0.5) / PLACES
    axes = table.branches[study].axes
    configs = [table.config[i] for i in first]
    own = places_on(axis, [c[name] for c in configs])
    drawn = _fitted(axes, name, configs, worst, units)
    fitted = drawn is not None
    if drawn is None:
        drawn = _windows(own, worst, window, units)
    middle, reach = drawn
    sign = table.objective.sign
    within = np.maximum if sign > 0 else np.minimum
    shown = [int(i) for i in np.argsort(table.losses, kind="stable")[:MOST_SHOWN]]
    shown = [i for i in shown if np.isfinite(table.losses[i])]
    return BestBand(
        study=study,
        axis=axis,
        places=np.array([float(axis.from_unit(u)) for u in units]),
        best=within(sign * middle, best),
        low=within(sign * middle - reach, best),
        high=within(sign * middle + reach, best),
        fitted=fitted,
        trials=window,
        names=tuple(table.name[i] for i in shown),
        values=tuple(float(table.config[i][name]) for i in shown),
        objective_values=tuple(float(table.value[i]) for i in shown),
    )


def _fitted(
    axes: Mapping[str, Axis],
    name: str,
    configs: Sequence[Configuration],
    worst: Float[np.ndarray, "configurations"],
    units: Float[np.ndarray, "places"],
) -> tuple[Float[np.ndarray, "places"], Float[np.ndarray, "places"]] | None:
    """From the response over all axes, or None where its form does not hold."""
    places = units_of(axes, configs)
    response = fit_response(list(axes.values()), places, worst) if places is not None else None
    if response is None or response.within is not None:
        return None
    column = list(axes).index(name)
    said = [selected(response, len(worst) / SLICES, at=(column, float(u))) for u in units]
    if not all(s.known for s in said):
        return None
    reach = np.array([s.error * float(t_above(ALPHA / 2, s.freedom)) for s in said])
    return np.array([s.level for s in said]), reach


def _windows(
    own: Float[np.ndarray, "configurations"],
    worst: Float[np.ndarray, "configurations"],
    window: int,
    units: Float[np.ndarray, "places"],
) -> tuple[Float[np.ndarray, "places"], Float[np.ndarray, "places"]]:
    """From the trials nearest to each place; NaN and infinite where too few are feasible."""
    middle, reach = np.full(len(units), np.nan), np.full(len(units), np.inf)
    for k, u in enumerate(units):
        near = worst[np.argpartition(np.abs(own - u), window - 1)[:window]]
        if int(np.isfinite(near).sum()) >= FEWEST:
            middle[k] = mean_best(near, len(near))
            reach[k] = LONE * float(-special.ndtri(ALPHA / 2)) * spread_of_best(near)
    return middle, reach
