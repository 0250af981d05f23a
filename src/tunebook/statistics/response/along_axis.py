"""A fitted response along one hyperparameter, from many places at once (C1).

All columns are linear in the curve of one hyperparameter while the others stay: what the others
give is worked out once for each place, not at each value that is tried.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tunebook.statistics.response.regression import EdgeModel

if TYPE_CHECKING:
    from jaxtyping import Float


def along_axis(
    model: EdgeModel,
    places: Float[np.ndarray, "places axes"],
    axis: int,
    values: Float[np.ndarray, "places values"],
) -> tuple[Float[np.ndarray, "places values"], Float[np.ndarray, "places values"]]:
    """Mean score, without the middle, and its variance over the noise's.

    Args:
        model: the response.
        places: in the unit cube; their own value of the hyperparameter is ignored.
        axis: index of the hyperparameter.
        values: of it that each place is tried with.
    """
    columns = model.columns
    curve = columns.curve(axis, values)
    touched, slopes = _slopes(model, places, axis)
    rest = columns.of(places)
    rest[:, touched] = 0
    pulled = rest @ model.covariance
    bend = slopes @ model.covariance[np.ix_(touched, touched)] @ slopes.transpose(0, 2, 1)
    tilt = (slopes @ pulled[:, touched, None])[..., 0]
    mean = (rest @ model.beta)[:, None] + (curve @ (slopes @ model.beta[touched])[..., None])[
        ..., 0
    ]
    spread = (pulled * rest).sum(axis=1)[:, None] + 2 * (curve @ tilt[..., None])[..., 0]
    return mean, spread + ((curve @ bend) * curve).sum(axis=2)


def _slopes(
    model: EdgeModel, places: Float[np.ndarray, "places axes"], axis: int
) -> tuple[Float[np.ndarray, "touched"], Float[np.ndarray, "places curve touched"]]:
    """The columns with a part of the hyperparameter, and how they follow each part of it."""
    columns = model.columns
    own = np.flatnonzero(columns.axis_of_mains == axis)
    left, right = ((side >= own[0]) & (side <= own[-1]) for side in columns.pairs)
    products = np.flatnonzero(left | right)
    part = np.where(left, columns.pairs[0], columns.pairs[1])[products] - own[0]
    other = np.where(left, columns.pairs[1], columns.pairs[0])[products]
    slopes = np.zeros((len(places), len(own), len(own) + len(products)))
    slopes[:, np.arange(len(own)), np.arange(len(own))] = 1
    slopes[:, part, len(own) + np.arange(len(products))] = columns.mains(places)[:, other]
    return np.concatenate([own, len(columns.axis_of_mains) + products]), slopes
