"""Several series in one picture, told apart by colour and by dash."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

TOGETHER = 4
"""Series in one picture at most: the eye follows no more overlapping bands than that."""

BAND_OPACITY = 0.18
DASHES = ([1, 0], [7, 3], [2, 2], [8, 3, 2, 3])


def series_color(names: Sequence[str]) -> alt.Stroke:
    """A colour of the theme's palette for each name's line."""
    return alt.Stroke("study", type="nominal", scale=_domain(names), legend=_legend(names))


def series_fill(names: Sequence[str]) -> alt.Fill:
    """The same colours for bands; one legend serves both."""
    return alt.Fill("study", type="nominal", scale=_domain(names), legend=_legend(names))


def series_dash(names: Sequence[str]) -> alt.StrokeDash:
    """A dash for each name."""
    return alt.StrokeDash(
        "study",
        type="nominal",
        scale=alt.Scale(domain=list(names), range=list(DASHES[: max(len(names), 1)])),
        legend=_legend(names),
    )


def _domain(names: Sequence[str]) -> alt.Scale:
    return alt.Scale(domain=list(names))


def _legend(names: Sequence[str]) -> alt.Legend:
    longest = max((len(n) for n in names), default=0)
    return alt.Legend(
        title=None,
        columns=1 if longest > 22 else 2,
        symbolType="stroke",
        symbolSize=300,
        labelLimit=300,
    )
