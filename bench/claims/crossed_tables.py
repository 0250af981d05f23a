"""A table in which every row meets every column once: what each of them varies by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tunebook.checks.variance_sources.components import (
    Level,
    Noise,
    between_levels,
    kept_of,
    noise_of,
)
from tunebook.domain.finding import Interval

if TYPE_CHECKING:
    from jaxtyping import Float


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossed:
    """A table in which every row meets every column once: each apart from the noise."""

    rows: Interval
    columns: Interval
    noise: Noise


def crossed(values: Float[np.ndarray, "rows columns"]) -> Crossed:
    """Standard deviations of the effects of rows and of columns, three or more of each.

    What a row does to one column alone is noise here: nothing was run twice.
    """
    many, each = values.shape
    row, column = values.mean(1, keepdims=True), values.mean(0, keepdims=True)
    kept = kept_of(np.array([many, each], float)).prod() * values.size
    shrunk = ((1 - 1 / many) * (1 - 1 / each)) ** 2 * values.size
    left = (values - row - column + values.mean()).ravel()
    noise = noise_of(left, (many - 1) * (each - 1), float(kept), shrunk)

    def apart(own: Float[np.ndarray, "levels values"]) -> Interval:
        levels = [Level(group=0, label=k, values=v) for k, v in enumerate(own)]
        return between_levels(levels, noise)

    return Crossed(rows=apart(values), columns=apart(values.T), noise=noise)
