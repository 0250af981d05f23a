"""Values side by side, a row each: what isolation plots and reruns share (C9 D1)."""

from __future__ import annotations

import json
from collections.abc import Sequence

from tunebook.charts.specification import Spec, channel

ROW_HEIGHT = 46
"""Pixels for one row."""

LINE = 12
"""Pixels of a line of a name."""
LONGEST = 26
"""Letters of a name that are written; the rest is in the tooltip."""


def side_axis(names: Sequence[str]) -> Spec:
    """Names as rows from the top, on places 0, 1, 2, ...; points may stand between them.

    Pairs of names (`a × b`) stand in two lines where one is too long.
    """
    pairs = all(" × " in n for n in names) and max(map(len, names)) > LONGEST
    shown = [_two_lines(n) if pairs else _clipped(n) for n in names]
    return channel(
        "y",
        type="quantitative",
        title=None,
        scale=dict(domain=[-0.5, len(names) - 0.5], reverse=True, nice=False, zero=False),
        axis=dict(
            values=list(range(len(names))),
            labelExpr=f"{json.dumps(shown, ensure_ascii=False)}[datum.value]",
            labelLimit=200,
            labelOverlap=False,
            labelOffset=-LINE / 2 if pairs else 0,
            grid=False,
            ticks=False,
            domain=False,
        ),
    )


def _two_lines(name: str) -> list[str]:
    first, _, second = name.partition(" × ")
    return [_clipped(first), _clipped(f"× {second}")]


def _clipped(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
