"""Errors that are alike: the same text but for its numbers, at the same place (C3)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tunebook.domain.trial import Cause

OF_THE_CODE = frozenset(
    {Cause.CRASHED, Cause.BAD_VALUE, Cause.BAD_STEP, Cause.TWICE_REPORTED, Cause.NOT_REPORTED}
)
"""Causes that speak of training code rather than of a configuration."""

_ALWAYS = frozenset({Cause.BAD_VALUE, Cause.BAD_STEP, Cause.TWICE_REPORTED})
"""Causes that no configuration has: training reports what can't be read."""
_CODING = re.compile(
    r"(?:Key|Type|Attribute|Name|UnboundLocal|Import|ModuleNotFound|Index|Syntax|Indentation|"
    r"NotImplemented|FileNotFound)Error\b"
)
"""Errors of Python that speak of the code, where others may speak of the configuration."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class CodingErrors:
    """Trials that ended by an error in the code.

    Attributes:
        trials: how many; of: all that ended.
        detail: the commonest error, in the words of its first trial.
    """

    trials: int
    of: int
    detail: str

    @property
    def sentence(self) -> str:
        """`4 of 16 trials crashed by an error in the code: KeyError: 'clip'.`"""
        return (
            f"{self.trials} of {self.of} trials ended by an error in the code: "
            f"{self.detail.rstrip('.')}."
        )


def coding_errors(
    names: Sequence[str], causes: Sequence[Cause | None], details: Mapping[str, str]
) -> CodingErrors | None:
    """Tell which of the ended trials ended by an error in the code; None where none did.

    Args:
        names: of the trials that have ended.
        causes: of each.
        details: trial name to its error in one line.
    """
    own = [
        details.get(name, "")
        for name, cause in zip(names, causes, strict=True)
        if cause in _ALWAYS
        or (cause is Cause.CRASHED and _CODING.search(details.get(name, "")) is not None)
    ]
    if not own:
        return None
    kinds = [error_kind(detail) for detail in own]
    commonest = max(kinds, key=kinds.count)
    return CodingErrors(trials=len(own), of=len(names), detail=own[kinds.index(commonest)])
