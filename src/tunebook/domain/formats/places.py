"""Places of many values on a hyperparameter's scale at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from tunebook.domain.space import Axis, Choice, Integer, Scale
from tunebook.domain.trial import Value

if TYPE_CHECKING:
    from jaxtyping import Float


def places_on(axis: Axis, values: Sequence[Value]) -> Float[np.ndarray, "values"]:
    """`axis.to_unit` of each value, to the last bit, in a fraction of the time.

    Example:
        >>> import tunebook as tb
        >>> places_on(tb.log_uniform(0.01, 1.0), [0.01, 0.1, 1.0]).tolist()
        [0.0, 0.5, 1.0]
    """
    if isinstance(axis, Choice):
        middles = {v: axis.to_unit(v) for v in axis.values}
        return np.array([middles[v] for v in values], dtype=np.float64)
    half = 0.5 if isinstance(axis, Integer) else 0.0
    low, high, *places = _forward([axis.low - half, axis.high + half, *values], axis.scale)  # type: ignore[list-item]
    return (np.array(places, dtype=np.float64) - low) / (high - low)


def _forward(values: Sequence[float], scale: Scale) -> list[float]:
    if scale is Scale.LOG:
        return list(map(math.log, values))
    if scale is Scale.NEAR_ONE:
        return [-math.log1p(-v) for v in values]
    return list(map(float, values))
