"""At which share of training the best checkpoint falls, over trials: a histogram (E3 E4)."""

from __future__ import annotations

import math

import altair as alt

from tunebook.charts.layers import counted, finish, layer, tip, where
from tunebook.charts.picture import Picture, Row
from tunebook.charts.ticks import whole_ticks
from tunebook.checks.training_length.check import BestCheckpoints, LengthResult
from tunebook.domain.formats.numbers import percent, percent_range

TALLEST = 1.12
"""Room above the highest bar, for the notes that name the shaded ends."""
ENDS = ((0.0, 0.1, "far too long?"), (0.75, 1.0, "too short?"))
"""The playbook's two shares of training, and what best checkpoints there suggest."""


def draw(result: LengthResult) -> tuple[Picture, ...]:
    """Bars of all trials, the best in front; the ends that the playbook names are shaded."""
    found = result.checkpoints
    if found is None:
        return ()
    top = int(found.counts.max()) * TALLEST
    return (
        finish(
            _layers(int(found.counts.max())),
            {
                "ends": [{"from": a, "to": b, "count": top, "floor": 0} for a, b, _ in ENDS],
                "all": _bars(found.counts.tolist()),
                "best": _bars(found.good_counts.tolist()),
                "notes": [
                    {"from": ENDS[0][1], "count": top, "note": ENDS[0][2], "side": "left"},
                    {"from": ENDS[1][1], "count": top, "note": ENDS[1][2], "side": "right"},
                ],
            },
            name="curves-best-checkpoints",
            title=f"Where in training {result.metric} is best",
            subtitle=_subtitle(found),
            alternative=_alternative(found),
        ),
    )


def _layers(most: int) -> list[alt.Chart]:
    top = most * TALLEST
    x = alt.X(
        "from",
        type="quantitative",
        title="share of training at which the best checkpoint falls",
        scale=alt.Scale(domain=[0, 1], nice=False),
        axis=alt.Axis(values=[0, 0.1, 0.25, 0.5, 0.75, 1], format="~%", grid=False),
    )
    y = alt.Y(
        "count",
        type="quantitative",
        title="trials",
        scale=alt.Scale(domain=[0, top], nice=False),
        axis=alt.Axis(values=whole_ticks(0, most), format="~r"),
    )
    return [
        layer("ends", "ends", "rect", "proposed", x=x, x2="to", y=y, y2="floor"),
        *(
            layer(
                name,
                name,
                "bar",
                style,
                x=x,
                x2="to",
                y=y,
                y2="floor",
                tooltip=[
                    tip("share", "of training"),
                    tip("count", title, kind="quantitative"),
                ],
            )
            for name, style, title in (
                ("all", "all-bar", "trials"),
                ("best", "best-bar", "of the best trials"),
            )
        ),
        layer(
            "note-left",
            "notes",
            "text",
            "note",
            where("side", "left"),
            look={"align": "left", "baseline": "top", "dx": 4, "dy": 3},
            x=x,
            y=y,
            text="note:N",
        ),
        layer(
            "note-right",
            "notes",
            "text",
            "note",
            where("side", "right"),
            look={"align": "right", "baseline": "top", "dx": -4, "dy": 3},
            x=x,
            y=y,
            text="note:N",
        ),
    ]


def _bars(counts: list[int]) -> list[Row]:
    bins = len(counts)
    gap = 0.08 / bins
    return [
        {
            "from": round(k / bins + gap, 5),
            "to": round((k + 1) / bins - gap, 5),
            "count": count,
            "floor": 0,
            "share": percent_range(k / bins, (k + 1) / bins),
        }
        for k, count in enumerate(counts)
        if count
    ]


def _subtitle(found: BestCheckpoints) -> list[str]:
    lines = [
        f"{counted(found.trials, 'trial')}; solid: the {counted(found.good_trials, 'best trial')}"
    ]
    if found.left_out:
        lines.append(f"{counted(found.left_out, 'trial')} evaluated too rarely left out")
    return lines


def _alternative(found: BestCheckpoints) -> str:
    share = found.counts / max(found.trials, 1)
    tenth = math.floor(0.1 * len(share) + 0.5)
    quarter = math.floor(0.25 * len(share) + 0.5)
    told = (
        "Histogram of the share of training at which the best checkpoint falls, "
        f"{counted(found.trials, 'trial')}: {percent(share[:tenth].sum())} in the first tenth, "
        f"{percent(share[-quarter:].sum())} in the last quarter."
    )
    if found.good_trials:
        told += (
            f" Of the {counted(found.good_trials, 'best trial')}: {percent(found.early)} in the "
            f"first tenth, {percent(found.late)} in the last quarter."
        )
    return told
