"""Values side by side, a row each: what isolation plots and reruns share (C9 D1)."""

from __future__ import annotations

import json
from collections.abc import Sequence

import altair as alt

ROW_HEIGHT = 46
"""Pixels for one row."""

LONGEST = 26
"""Letters of a name that are written; the rest is in the tooltip."""


def side_axis(names: Sequence[str]) -> alt.Y:
    """Names as rows from the top, on places 0, 1, 2, ...; points may stand between them."""
    shown = [n if len(n) <= LONGEST else f"{n[: LONGEST - 1]}…" for n in names]
    return alt.Y(
        "y",
        type="quantitative",
        title=None,
        scale=alt.Scale(domain=[-0.5, len(names) - 0.5], reverse=True, nice=False, zero=False),
        axis=alt.Axis(
            values=list(range(len(names))),
            labelExpr=f"{json.dumps(shown, ensure_ascii=False)}[datum.value]",
            labelLimit=200,
            labelOverlap=False,
            grid=False,
            ticks=False,
            domain=False,
        ),
    )
