"""Several series in one picture, told apart by colour and by dash."""

from __future__ import annotations

from collections.abc import Sequence

from tunebook.charts.specification import Spec, channel

TOGETHER = 4
"""Series in one picture at most: the eye follows no more overlapping bands than that."""

BAND_OPACITY = 0.18
DASHES = ([1, 0], [7, 3], [2, 2], [8, 3, 2, 3])


def order(names: Sequence[str], among: Sequence[str]) -> list[str]:
    """All series of a round, drawn here or not, in the order that gives each its look.

    A name has the colour and the dash of its place among all, so that it looks the same in every
    picture, whichever of the others are drawn beside it.
    """
    return list(dict.fromkeys([*among, *names]))


def series_color(names: Sequence[str], among: Sequence[str] = ()) -> Spec:
    """A colour of the theme's palette for each name's line."""
    scale = dict(domain=order(names, among))
    return channel("study", type="nominal", scale=scale, legend=_legend(names))


def series_fill(names: Sequence[str], among: Sequence[str] = ()) -> Spec:
    """The same colours for bands; one legend serves both."""
    scale = dict(domain=order(names, among))
    return channel("study", type="nominal", scale=scale, legend=_legend(names))


def series_dash(names: Sequence[str], among: Sequence[str] = ()) -> Spec:
    """A dash for each name."""
    domain = order(names, among)
    dashes = [DASHES[i % len(DASHES)] for i in range(len(domain))]
    return channel(
        "study",
        type="nominal",
        scale=dict(domain=domain, range=dashes),
        legend=_legend(names),
    )


def _legend(names: Sequence[str]) -> Spec:
    columns = [max(map(len, names[i::2]), default=0) for i in (0, 1)]
    return dict(
        title=None,
        values=list(names),
        columns=1 if sum(columns) > 36 else 2,
        symbolType="stroke",
        symbolSize=300,
        labelLimit=300,
    )
