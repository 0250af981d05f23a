"""Which cases of a test run in `make test`, and which in `make test-slow` alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import pytest


def some_slow(cases: Iterable[Any], quick: Collection[Any]) -> list[Any]:
    """Parameters of `parametrize`: all cases, marked slow but for the quick ones.

    Raises:
        ValueError: a quick case is none of the cases.
    """
    cases = list(cases)
    if unknown := [case for case in quick if case not in cases]:
        raise ValueError(f"no such case: {unknown}")
    return [
        pytest.param(
            *(case if isinstance(case, tuple) else (case,)),
            marks=[] if case in quick else pytest.mark.slow,
        )
        for case in cases
    ]
