"""The sources of variance side by side, with their intervals (D2)."""

from __future__ import annotations

import math

from tunebook.charts.layers import Plane, finish, tip
from tunebook.charts.picture import Picture, Row
from tunebook.charts.specification import Spec, channel
from tunebook.charts.ticks import number_label, ticks_between
from tunebook.charts.value_rows import ROW_HEIGHT, side_axis
from tunebook.checks.variance_sources.check import VarianceSourcesResult
from tunebook.checks.variance_sources.components import Source
from tunebook.domain.formats.numbers import number

REACH = 5.0
"""An interval that goes beyond so many times the largest estimate is cut there: one of three
levels would press all others into a corner."""


def draw(result: VarianceSourcesResult) -> tuple[Picture, ...]:
    """A row for each source, where two or more were measured.

    A diamond is at its standard deviation, a line is its interval.

    A source that was not measured is a row in words. An interval that is cut ends in a triangle.
    """
    known = [s.deviation for s in result.sources if s.deviation is not None]
    if len(known) < 2:
        return ()  # one number, which the finding has
    most = max(d.estimate for d in known) or max(d.high for d in known)
    end = 1.06 * min(max(d.high for d in known), REACH * most)
    measured, missing, cut = [], [], []
    for place, source in enumerate(result.sources):
        if source.deviation is None:
            missing.append({"y": place, "x": 0.0, "text": "not measured"})
            continue
        row = _row(source, place, end)
        measured.append(row)
        cut += [{"x": end, "y": place}] if row["high"] > end else []
    return (
        finish(
            _layers(result, end, cut=bool(cut), missing=bool(missing)),
            {"sources": measured, "missing": missing, "cut": cut},
            name="sources",
            title=f"Sources of variation of {result.objective.metric}",
            subtitle=[
                "Standard deviation with its 95 % interval",
                *(["triangle: it goes on"] if cut else []),
            ],
            alternative=_alternative(result),
            height=ROW_HEIGHT * len(result.sources),
        ),
    )


def _row(source: Source, place: int, end: float) -> Row:
    assert source.deviation is not None
    d = source.deviation
    return {
        "source": _name(source),
        "y": place,
        "x": d.estimate,
        "low": d.low,
        "high": d.high,
        "high_x": min(d.high, end),
        "levels": source.levels,
    }


def _name(source: Source) -> str:
    return f"{source.origin} and trial" if source.with_trial else str(source.origin)


def _layers(result: VarianceSourcesResult, end: float, *, cut: bool, missing: bool) -> list[Spec]:
    scale = dict(domain=[0, end], nice=False, zero=True)
    ticks = ticks_between(0, end)
    axis = dict(values=ticks, labelExpr=number_label(ticks), grid=True)
    title = f"standard deviation of {result.objective.metric}"
    x, low = (
        channel(field, type="quantitative", title=title, scale=scale, axis=axis)
        for field in ("x", "low")
    )
    on = Plane(x, side_axis([_name(s) for s in result.sources]))
    tooltip = [
        tip("source"),
        tip("x", "standard deviation", ".3~g"),
        tip("low", format=".3~g"),
        tip("high", format=".3~g"),
        tip("levels", kind="quantitative"),
    ]
    layers = [
        on.layer("intervals", "rule", "interval", "sources", x=low, x2="high_x"),
        on.layer("deviations", "point", "mean", "sources", tooltip=tooltip),
    ]
    if cut:
        layers.append(on.layer("cut", "point", "clipped", look={"angle": 90}))
    if missing:
        layers.append(
            on.layer("missing", "text", "note", look={"align": "left", "dx": 6}, text="text:N")
        )
    return layers


def _alternative(result: VarianceSourcesResult) -> str:
    told = []
    for source in result.sources:
        d = source.deviation
        if d is None:
            told.append(f"{source.origin} not measured")
        else:
            high = number(d.high) if math.isfinite(d.high) else "no known end"
            told.append(f"{_name(source)} {number(d.estimate)} ({number(d.low)} to {high})")
    return f"Standard deviations of {result.objective.metric}: {'; '.join(told)}."
