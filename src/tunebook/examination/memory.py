"""What checks said of the last few tables, so that each runs once for a report (C).

A report, the round that it proposes and a round's findings read the same trials. A result is a
function of the check, its table and the seed, and is found again by a digest of these.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import fields, is_dataclass

import numpy as np

from tunebook.checks import SPECS, Result, run_check
from tunebook.domain.doing import doing
from tunebook.domain.finding import NotApplicable
from tunebook.domain.table import TrialTable
from tunebook.examination.independent_part import reading_of

MOST = 64
"""Results that are kept: about five tables."""

_kept: OrderedDict[tuple[str, str, int], Result | NotApplicable] = OrderedDict()


def remembered_results(
    tables: Mapping[str, TrialTable], seed: int
) -> dict[str, Result | NotApplicable]:
    """What each check says of its table.

    Args:
        tables: by playbook id, in the order in which the checks run.
        seed: of their resampling.
    """
    digests = {id(t): digest_of(t) for t in {id(t): t for t in tables.values()}.values()}
    found: dict[str, Result | NotApplicable] = {}
    for place, (check, table) in enumerate(tables.items(), start=1):
        key = (check, digests[id(table)], seed)
        kept = _kept.pop(key, None)  # another thread may read the same round
        if kept is None:
            doing(f"{check} {SPECS[check].title}, check {place} of {len(tables)}")
        found[check] = _kept[key] = _result(check, table, seed) if kept is None else kept
    while len(_kept) > MOST:
        _kept.popitem(last=False)
    return found


def forget_results() -> None:
    """Drop every result that is kept."""
    _kept.clear()


def digest_of(table: TrialTable) -> str:
    """A text that differs where anything in two tables does."""
    digest = hashlib.sha256()
    _feed(digest, table)
    return digest.hexdigest()


def _feed(digest: hashlib._Hash, value: object) -> None:
    if isinstance(value, np.ndarray):
        digest.update(f"{value.dtype}{value.shape}".encode())
        digest.update(np.ascontiguousarray(value).tobytes())
    elif is_dataclass(value):
        for field in fields(value):
            digest.update(field.name.encode())
            _feed(digest, getattr(value, field.name))
    elif isinstance(value, Mapping) and any(is_dataclass(v) for v in value.values()):
        for name, part in value.items():
            digest.update(repr(name).encode())
            _feed(digest, part)
    else:
        digest.update(repr(value).encode("utf-8", "backslashreplace"))


def _result(check: str, table: TrialTable, seed: int) -> Result | NotApplicable:
    read = reading_of(check, table)
    if read.table is not None:
        return run_check(check, read.table, seed=seed)
    few = f", and only {read.independent} of {len(table)} do not depend on them"
    return NotApplicable(
        check=check,
        reason="earlier results chose later configurations, so the trials are no independent "
        "sample of the space" + few * bool(read.independent),
        needs=f"a random or quasi-random search of {read.needed} trials or more",
    )
