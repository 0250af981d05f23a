"""Fresh-seed gains on one line, against the baseline and the least improvement (D3)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tunebook.deciding.superiority import EVEN
from tunebook.domain.decision import Estimand, Side
from tunebook.domain.finding import Interval
from tunebook.domain.formats.numbers import (
    ABSENT,
    gain_text,
    minus,
    number,
    percent,
    percent_range,
)
from tunebook.report.verdict import Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A side's interval, placed: percent of the drawing's width, its name where it has room."""

    side: Side
    low: float
    estimate: float
    high: float
    text: str
    name_at: float
    name_anchor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A line of reference: where the gain is nothing, or just worth it.

    `row` and `anchor` place its text, of two rows, so that no other line crosses it.
    """

    at: float
    text: str
    kind: str
    row: int
    anchor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The drawing: marks and ticks, and the same in words for those who do not see it."""

    marks: tuple[Mark, ...]
    ticks: tuple[Tick, ...]
    rows: tuple[SideRow, ...]
    alt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SideRow:
    """One side in the table: estimates with the same number of decimals in every row."""

    side: Side
    mean: str
    mean_range: str
    gain: str
    gain_range: str


def evidence(found: Answer) -> Evidence | None:
    """Place every side's gain; None where no side has one."""
    gains = [(s, s.gain) for s in found.sides if s.gain is not None]
    known = [g for _, g in gains if math.isfinite(g.estimate)]
    if not known:
        return None
    beats = found.estimand is Estimand.BEATS
    least = 0.0 if beats else found.least_improvement
    # An interval that is open on one side is cut at the edge: it must not set the scale.
    closed = [x for g in known if math.isfinite(g.high - g.low) for x in (g.low, g.high)]
    ends = closed + [g.estimate for g in known]
    zero = EVEN if beats else 0.0
    low, high = min([*ends, zero]), max([*ends, least, zero])
    margin = 0.06 * ((high - low) or 1.0)
    low, high = low - margin, high + margin

    def place(x: float) -> float:
        x = min(max(x, low), high)
        return round(100 * (x - low) / (high - low), 2)

    first = all(s.name != "baseline" for s in found.sides)
    zero_text = "half of the time" if beats else "chance" if first else "baseline"
    worth = (place(least), f"least worth it, {number(least)}") if least > 0 else None
    return Evidence(
        marks=tuple(
            mark_of(
                s, place(g.low), place(g.estimate), place(g.high), gain_text(g, found.estimand)
            )
            for s, g in gains
            if math.isfinite(g.estimate)
        ),
        ticks=reference_lines(place(zero), zero_text, worth),
        rows=_rows(found.sides, beats=beats),
        alt=("Chance to beat the " if beats else "Gain over the ")
        + ("chance level" if first else "baseline")
        + ": "
        + "; ".join(f"{s.name} {gain_text(g, found.estimand)}" for s, g in gains)
        + (f". Least worth adopting: {number(least)}." if least > 0 else "."),
    )


def reference_lines(at: float, text: str, worth: tuple[float, str] | None) -> tuple[Tick, ...]:
    """The lines of reference, their texts to that side where no other line is."""
    if worth is None:
        anchor = "start" if at < 40 else "end" if at > 60 else "middle"
        return (Tick(at=at, text=text, kind="zero", row=0, anchor=anchor),)
    to_the_right = worth[0] <= 45
    anchor = "start" if to_the_right or at <= 25 else "end"
    return (
        Tick(at=at, text=text, kind="zero", row=0 if to_the_right else 1, anchor=anchor),
        Tick(
            at=worth[0],
            text=worth[1],
            kind="least",
            row=1 if to_the_right else 0,
            anchor="start" if to_the_right else "end",
        ),
    )


LETTER = 2.6
"""Percent of the drawing's width on a narrow screen that a letter of a name takes."""


def mark_of(side: Side, low: float, estimate: float, high: float, text: str) -> Mark:
    """An interval with its name from its low end on, or up to its high end, as there is room."""
    long = LETTER * len(side.name)
    at, anchor = (low, "start") if low + long <= 100 else (high, "end")
    if anchor == "end" and high < long:
        at, anchor = 0.0, "start"
    return Mark(
        side=side, low=low, estimate=estimate, high=high, text=text, name_at=at, name_anchor=anchor
    )


def _rows(sides: tuple[Side, ...], *, beats: bool) -> tuple[SideRow, ...]:
    means = _aligned([s.mean for s in sides])
    gains = (_shares if beats else _aligned)([s.gain for s in sides])
    plus = [not beats and s.gain is not None and s.gain.estimate > 0 for s in sides]
    return tuple(
        SideRow(
            side=side,
            mean=means[i][0],
            mean_range=means[i][1],
            gain=f"+{gains[i][0]}" if plus[i] else gains[i][0],
            gain_range=gains[i][1],
        )
        for i, side in enumerate(sides)
    )


def _shares(gains: Sequence[Interval | None]) -> list[tuple[str, str]]:
    """(estimate, range) texts of chances to beat the baseline."""
    return [
        (percent(g.estimate), percent_range(g.low, g.high))
        if g and math.isfinite(g.estimate)
        else (ABSENT, "")
        for g in gains
    ]


def _aligned(intervals: Sequence[Interval | None]) -> list[tuple[str, str]]:
    """(estimate, range) texts, all with as many decimals as the finest bound needs."""
    known = [i for i in intervals if i is not None]
    widths = [(i.high - i.low) / 2 for i in known if math.isfinite(i.high - i.low)]
    finest = min((w for w in widths if w > 0), default=0.0)
    # Two digits of the half-width: more would be noise.
    decimals = min(max(1 - math.floor(math.log10(finest)), 0), 8) if finest else 4

    def text(x: float) -> str:
        return minus(f"{x:.{decimals}f}") if math.isfinite(x) else number(x)

    return [
        (text(i.estimate), f"{text(i.low)} to {text(i.high)}") if i is not None else (ABSENT, "")
        for i in intervals
    ]
