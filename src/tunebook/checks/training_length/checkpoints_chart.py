"""At which share of training the best checkpoint falls, over trials: a histogram (E3 E4)."""

from __future__ import annotations

import math
from typing import Any

from tunebook.charts.layers import Plane, finish, tip, where
from tunebook.charts.picture import Picture, Row
from tunebook.charts.specification import Spec, channel
from tunebook.charts.ticks import whole_ticks
from tunebook.checks.training_length.check import BestCheckpoints, LengthResult
from tunebook.domain.formats.numbers import percent, percent_range, plural

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
            about=(result.metric,),
            title=f"Where in training {result.metric} is best",
            subtitle=_subtitle(found),
            alternative=_alternative(found),
        ),
    )


def _layers(most: int) -> list[Spec]:
    x = channel(
        "from",
        type="quantitative",
        title="share of training at which the best checkpoint falls",
        scale=dict(domain=[0, 1], nice=False),
        axis=dict(values=[0, 0.1, 0.25, 0.5, 0.75, 1], format="~%", grid=False),
    )
    y = channel(
        "count",
        type="quantitative",
        title="trials",
        scale=dict(domain=[0, most * TALLEST], nice=False),
        axis=dict(values=whole_ticks(0, most), format="~r"),
    )
    on = Plane(x, y)
    ends: dict[str, Any] = {"x2": "to", "y2": "floor"}
    layers = [on.layer("ends", "rect", "proposed", **ends)]
    for name, title in (("all", "trials"), ("best", "of the best trials")):
        tooltip = [tip("share", "of training"), tip("count", title, kind="quantitative")]
        layers.append(on.layer(name, "bar", f"{name}-bar", tooltip=tooltip, **ends))
    for side, dx in (("left", 4), ("right", -4)):
        look = {"align": side, "baseline": "top", "dx": dx, "dy": 3}
        at_side = where("side", side)
        layers.append(
            on.layer(f"note-{side}", "text", "note", "notes", at_side, look=look, text="note:N")
        )
    return layers


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
        f"{plural(found.trials, 'trial')}; solid: the {plural(found.good_trials, 'best trial')}"
    ]
    if found.left_out:
        lines.append(f"{plural(found.left_out, 'trial')} evaluated too rarely left out")
    return lines


def _alternative(found: BestCheckpoints) -> str:
    share = found.counts / max(found.trials, 1)
    tenth = math.floor(0.1 * len(share) + 0.5)
    quarter = math.floor(0.25 * len(share) + 0.5)
    told = (
        "Histogram of the share of training at which the best checkpoint falls, "
        f"{plural(found.trials, 'trial')}: {percent(share[:tenth].sum())} in the first tenth, "
        f"{percent(share[-quarter:].sum())} in the last quarter."
    )
    if found.good_trials:
        told += (
            f" Of the {plural(found.good_trials, 'best trial')}: {percent(found.early)} in the "
            f"first tenth, {percent(found.late)} in the last quarter."
        )
    return told
