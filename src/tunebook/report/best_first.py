"""The order of trials in every list: best objective first, then by the trial's life."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tunebook.domain.trial import Status

LIFE = (
    Status.COMPLETE,
    Status.INFEASIBLE,
    Status.FAILED,
    Status.RUNNING,
    Status.PENDING,
)


def best_first(status: Sequence[Status], losses: Sequence[float]) -> list[int]:
    """Places of trials in that order.

    Args:
        status: of each trial.
        losses: of each; lower is better, and NaN where there is no value.
    """
    life = {s: i for i, s in enumerate(LIFE)}
    keys = [
        (life[s], math.inf if math.isnan(loss) else loss)
        for s, loss in zip(status, losses, strict=True)
    ]
    return sorted(range(len(keys)), key=keys.__getitem__)
