"""Bayesian optimisation of one flat space: which configuration next, from all that is known (B7).

What is asked depends on the trials, the pending ones and the seed alone. BoTorch is loaded at the
first suggestion, since it takes two seconds.
"""

from __future__ import annotations

import importlib
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from tunebook.domain.errors import DesignError
from tunebook.search.bayesian.candidates import CAUTION, Allows, apart, candidates, log_improvement
from tunebook.search.bayesian.cube import Cube
from tunebook.search.bayesian.models import Models

if TYPE_CHECKING:
    from jaxtyping import Float

FEWEST_FIRST, MORE_FIRST = 4, 4
"""Trials of a branch before its models are asked: one an axis, at least 4; while none failed one
more an axis, at most 4. A failure ends the start early: spread-out points fail often."""


def first_trials(cube: Cube, *, failed: bool) -> int:
    """Ended trials of a branch before its models are asked.

    Args:
        cube: of the branch.
        failed: True where one was infeasible.
    """
    axes = len(cube.branch.axes)
    return max(FEWEST_FIRST, axes) + (0 if failed else min(MORE_FIRST, axes))


def suggest(
    cube: Cube,
    models: Models,
    pending: Float[np.ndarray, "k d"],
    *,
    seed: int,
    allows: Allows | None = None,
) -> Float[np.ndarray, "d"]:
    """The point with the highest noisy log expected improvement times the chance of working.

    Args:
        cube: of the branch.
        models: with a response.
        pending: points under way.
        seed: of candidates and of the draws of the process.
        allows: False for configurations that constraints refuse.

    Raises:
        DesignError: BoTorch is not installed, or constraints allow none of the candidates.
    """
    assert models.response is not None
    looked_at = candidates(cube, models.response, seed, allows)
    score = log_improvement(models, looked_at, pending)
    starts = apart(looked_at, score)
    acquisition = _acquisition()(
        models.response, models.feasibility, pending, seed=seed, caution=CAUTION
    )
    found, values = acquisition.climb(starts, np.array(cube.smooth))
    for i in np.argsort(-values):
        point = cube.snapped(found[[i]])[0]
        if allows is None or allows(cube.config(point)):
            return np.asarray(point)
    return np.asarray(starts[0])


def _acquisition() -> Any:
    try:
        with warnings.catch_warnings():
            # BoTorch's own dependencies use what the newest PyTorch calls deprecated.
            warnings.simplefilter("ignore")
            return importlib.import_module("tunebook.search.bayesian.acquisition").Acquisition
    except ModuleNotFoundError as error:
        raise DesignError(
            f'Bayesian optimisation needs BoTorch; the package "{error.name}" is not installed',
            next_step="pip install 'tunebook[bayes]'",
        ) from None
