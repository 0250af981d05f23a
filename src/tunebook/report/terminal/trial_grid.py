"""The trials of a round as a table of a terminal (C12 D6)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tunebook.domain.formats.numbers import column_texts
from tunebook.report.terminal.lines import printable
from tunebook.report.terminal.parts import Columns, Group, Text
from tunebook.report.terminal.trial_list import TrialList, known

if TYPE_CHECKING:
    from tunebook.report.terminal.parts import Renderable

_BREAK = re.compile(r"(?<=\w\w[/_.-])(?=\w\w)")
UNSHOWN = ("study", "seed", "cause", "detail")
"""Columns that a terminal leaves out; CSV and JSON have them."""


def trials_renderable(found: TrialList) -> Renderable:
    """A table for a terminal: the trial, its fate and value, its hyperparameters, its time.

    Where the terminal is too narrow for it, names of its columns break after a `/` or `_`.
    """
    more = f"; {found.left} more" if found.left else ""
    return Group(_grid(found), Text(f"{found.counts}{more}", style="dim"))


def _grid(found: TrialList) -> Columns:
    causes = found.columns["cause"]
    heads, shown, right = [], [], []
    for name, values in _in_order(found).items():
        texts = column_texts([known(v) for v in values])
        if name == "status":
            texts = [f"{s}: {c}" if c else s for s, c in zip(texts, causes, strict=True)]
        heads.append(printable(name))
        shown.append([printable(text) for text in texts])
        right.append(all(isinstance(v, int | float) or v is None for v in values))
    return Columns(heads, shown, right, [_BREAK.sub("\n", head) for head in heads])


def _in_order(found: TrialList) -> dict[str, Sequence[Any]]:
    first = ("trial", "status", found.objective)
    names = [*first, *(n for n in found.columns if n not in (*first, *UNSHOWN, "seconds"))]
    return {name: found.columns[name] for name in (*names, "seconds")}
