"""Checks: a table in; a result with findings out, or NotApplicable with what it needs."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from types import MappingProxyType, TracebackType
from typing import Protocol

from tunebook.domain.finding import CheckFailed, Finding, NotApplicable
from tunebook.domain.table import TrialTable


class Result(Protocol):
    """What a check hands back: the numbers behind its pictures, and what they say."""

    @property
    def findings(self) -> tuple[Finding, ...]: ...


class Check(Protocol):
    """A pure function of a table; randomness only from `seed`."""

    def __call__(self, table: TrialTable, *, seed: int = 0) -> Result | NotApplicable: ...


CHECKS: Mapping[str, str] = MappingProxyType(
    {
        "B9": "tunebook.checks.design_faults.check:check",
        "C1": "tunebook.checks.boundaries.check:check",
        "C2": "tunebook.checks.sampling.check:check",
        "C3": "tunebook.checks.failures.check:check",
        "C4": "tunebook.checks.overfitting.check:check",
        "C5": "tunebook.checks.late_noise.check:check",
        "C6": "tunebook.checks.training_length.check:check",
        "C8": "tunebook.checks.suspect_curves.check:check",
        "C9": "tunebook.checks.isolation.check:check",
        "C10": "tunebook.checks.importance.check:check",
        "C11": "tunebook.checks.order.check:check",
        "D2": "tunebook.checks.variance_sources.check:check",
    }
)
"""Checks by the id that they answer first, in the playbook's order (C6 answers C7 too)."""

LONGEST_ERROR = 160
"""Letters of an error's own text that are shown."""


def load_check(check: str) -> Check:
    """The check of that id."""
    module, _, name = CHECKS[check].partition(":")
    found: Check = getattr(importlib.import_module(module), name)
    return found


def run_check(check: str, table: TrialTable, *, seed: int = 0) -> Result | NotApplicable:
    """Run one check; an error in it becomes its result, so that the other checks still report.

    Args:
        check: playbook id, as in `CHECKS`.
        table: the trials of one round.
        seed: of its resampling.

    Returns:
        What the check returned, or `CheckFailed` with the type and the place of the error.
    """
    try:
        return load_check(check)(table, seed=seed)
    except Exception as error:  # any error: a check is one of twelve, the others still apply
        return check_failed(check, error)


def check_failed(check: str, error: Exception) -> CheckFailed:
    """The result of a check that raised: the error's type and text, and where it was raised."""
    text = " ".join(str(error).split())
    text = f" ({text[:LONGEST_ERROR]}{'...' * (len(text) > LONGEST_ERROR)})" if text else ""
    return CheckFailed(
        check=check,
        reason=f"the check failed with {type(error).__name__} in "
        f"{_place_of(error.__traceback__)}{text}",
        needs="please report this as a bug of Tunebook; the other checks are not affected",
    )


def _place_of(trace: TracebackType | None) -> str:
    """`tunebook.statistics.response.edge_gain:247`, the innermost line of Tunebook that ran."""
    place = "an unknown place"
    while trace is not None:
        module = str(trace.tb_frame.f_globals.get("__name__", ""))
        if module.partition(".")[0] == "tunebook":
            place = f"{module}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
