"""Checks: a table in; a result with findings out, or NotApplicable with what it needs."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from tunebook.words.finding import Finding, NotApplicable
from tunebook.words.table import TrialTable


class Result(Protocol):
    """What a check hands back: the numbers behind its pictures, and what they say."""

    @property
    def findings(self) -> tuple[Finding, ...]: ...


class Check(Protocol):
    """A pure function of a table; randomness only from `seed`."""

    def __call__(self, table: TrialTable, *, seed: int = 0) -> Result | NotApplicable: ...


CHECKS: Mapping[str, str] = MappingProxyType(
    {
        "B9": "tunebook.analysis.design_faults:check",
        "C1": "tunebook.analysis.boundaries:check",
        "C2": "tunebook.analysis.sampling:check",
        "C3": "tunebook.analysis.feasibility:check",
        "C4": "tunebook.analysis.overfitting:check",
        "C5": "tunebook.analysis.variance:check",
        "C6": "tunebook.analysis.training_length:check",
        "C8": "tunebook.analysis.suspect_curves:check",
        "C9": "tunebook.analysis.isolation:check",
        "C10": "tunebook.analysis.sensitivity:check",
        "C11": "tunebook.analysis.adaptivity:check",
        "D2": "tunebook.analysis.variance_sources:check",
    }
)
"""Checks by the id that they answer first, in the playbook's order (C6 answers C7 too)."""


def load_check(check: str) -> Check:
    """The check of that id."""
    module, _, name = CHECKS[check].partition(":")
    found: Check = getattr(importlib.import_module(module), name)
    return found
