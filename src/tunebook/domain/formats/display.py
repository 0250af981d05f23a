"""Records that show themselves: text by `str`, HTML in a notebook, a short `repr` (C12).

What writes the text lies above the nouns. It is named here and loaded on first touch, so that a
noun needs none of it to exist.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from types import MappingProxyType

WRITERS: Mapping[str, str] = MappingProxyType(
    {
        "Decision": "tunebook.report.shown:DECISION",
        "Examination": "tunebook.report.shown:EXAMINATION",
        "Finding": "tunebook.report.shown:FINDING",
        "PredictionOutcome": "tunebook.report.shown:PREDICTION",
        "Launch": "tunebook.report.shown:LAUNCH",
        "Proposal": "tunebook.report.shown:PROPOSAL",
    }
)
"""Class name to the functions that write its text and its HTML."""


class Shown:
    """A frozen record that shows itself; its class says by `_in_short` which one it is."""

    __slots__ = ()

    def _in_short(self) -> str:
        raise NotImplementedError

    def __str__(self) -> str:
        return _writer(self)[0](self)

    def _repr_html_(self) -> str:
        return _writer(self)[1](self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._in_short()}>"


def _writer(noun: Shown) -> tuple[Callable[[object], str], Callable[[object], str]]:
    module, _, name = WRITERS[type(noun).__name__].partition(":")
    found: tuple[Callable[[object], str], Callable[[object], str]] = getattr(
        importlib.import_module(module), name
    )
    return found
