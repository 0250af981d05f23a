"""C3: what it means that the best trials are next to those that fail depends on why they fail."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from surfaces import table

from tunebook.checks.failures import check as failures
from tunebook.domain.finding import RemedyKind
from tunebook.domain.trial import Cause


@pytest.mark.parametrize(
    ("cause", "said", "asks"),
    [
        (Cause.DIVERGED, "instability may limit", True),
        (Cause.NOT_REPORTED, "If training diverges", True),
        (Cause.CRASHED, "If training diverges", True),
        (Cause.OUT_OF_MEMORY, "more memory or time", False),
        (Cause.TIMED_OUT, "more memory or time", False),
    ],
)
def test_instability_is_concluded_from_divergence_alone(cause, said, asks):
    made = table(np.random.default_rng(3), 64, [0.7], fails_above=0.6)
    made = replace(made, cause=tuple(cause if c is not None else None for c in made.cause))
    (found,) = failures.check(made).findings
    assert said in found.sentence
    assert (found.remedy is not None and found.remedy.kind is RemedyKind.ADD) is asks
