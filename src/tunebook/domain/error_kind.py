"""Errors that are alike: the same text but for its numbers, at the same place (C3)."""

from __future__ import annotations

import re

from tunebook.domain.trial import Cause

OF_THE_CODE = frozenset(
    {Cause.CRASHED, Cause.BAD_VALUE, Cause.BAD_STEP, Cause.TWICE_REPORTED, Cause.NOT_REPORTED}
)
"""Causes that speak of training code rather than of a configuration."""

_PLACE = re.compile(r" \([^()]*:\d+\)$")
_NUMBER = re.compile(
    r"0x[0-9a-f]+|[-+]?(?:\d[\d_]*\.?\d*|\.\d+)(?:e[-+]?\d+)?|\b(?:nan|inf)\b", re.I
)
_ROW = re.compile(r"#(?:[\s,\[\]()]+#)+")


def error_kind(detail: str) -> str:
    """The detail of a trial's end without its numbers, which differ from trial to trial.

    Example:
        >>> error_kind('"a" at step 3 is tensor([0.1, -2.5]) (train.py:8)')
        '"a" at step # is tensor([#]) (train.py:8)'
    """
    place = _PLACE.search(detail)
    text = detail[: place.start()] if place else detail
    return _ROW.sub("#", _NUMBER.sub("#", text)) + (place[0] if place else "")
