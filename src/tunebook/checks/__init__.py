"""Checks: a table in; a result with findings out, or NotApplicable with what it needs."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from traceback import walk_tb
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Protocol

from tunebook.checks.spec import CheckSpec
from tunebook.domain.finding import CheckFailed, Finding, NotApplicable

if TYPE_CHECKING:
    from tunebook.domain.table import TrialTable


class Result(Protocol):
    """What a check hands back: the numbers behind its pictures, and what they say."""

    @property
    def findings(self) -> tuple[Finding, ...]: ...


class Check(Protocol):
    """A pure function of a table; randomness only from `seed`."""

    def __call__(self, table: TrialTable, *, seed: int = 0) -> Result | NotApplicable: ...


FOLDERS = (
    "boundaries",
    "failures",
    "sampling",
    "overfitting",
    "training_length",
    "late_noise",
    "suspect_curves",
    "isolation",
    "importance",
    "variance_sources",
    "design_faults",
    "order",
    "included_optimizers",
    "never_read",
)
"""The catalogue: a folder for each check, in the order in which a report shows their pictures."""


def _specs() -> Iterator[CheckSpec]:
    """`SPEC` of each folder, or `SPECS` of one with several ids."""
    for folder in FOLDERS:
        module = importlib.import_module(f"{__name__}.{folder}")
        yield from getattr(module, "SPECS", None) or (module.SPEC,)


def playbook_order(check: str) -> tuple[str, int]:
    """Sort key of a playbook id: C2 comes before C10, and an id without a number first."""
    letter, digits = check[:1], check[1:]
    return letter, int(digits) if digits.isdecimal() else 0


SPECS: Mapping[str, CheckSpec] = MappingProxyType({spec.id: spec for spec in _specs()})
"""Every entry of the catalogue by its playbook id."""

CHECKS = tuple(sorted((i for i, spec in SPECS.items() if spec.check), key=playbook_order))
"""Ids that have a check, in the playbook's order; the other ids come with their results."""

LONGEST_ERROR = 160
"""Letters of an error's own text that are shown."""


def load_check(check: str) -> Check:
    """The check of that id.

    Raises:
        KeyError: no check of the catalogue has that id.
    """
    if check not in CHECKS:
        raise KeyError(check)
    module, _, name = SPECS[check].check.partition(":")
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
    ran = ((f.f_globals.get("__name__", ""), line) for f, line in walk_tb(trace))
    ours = [f"{name}:{line}" for name, line in ran if name.partition(".")[0] == "tunebook"]
    return ours[-1] if ours else "an unknown place"
