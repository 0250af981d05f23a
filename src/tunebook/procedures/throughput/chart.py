"""Throughput against batch size (A3)."""

from __future__ import annotations

import altair as alt

from tunebook.charts.layers import finish, layer, tip
from tunebook.charts.number_axes import log_y
from tunebook.charts.picture import Picture, Row
from tunebook.procedures.throughput.saturation import Throughput


def draw_throughput(found: Throughput, memory_ends: int | None) -> Picture:
    """Examples a second with their intervals, perfect doubling, the knee, and where memory ends.

    Args:
        memory_ends: the first size that did not fit, or None.
    """
    first, start = found.batch_sizes[0], found.per_second[0].estimate
    sizes = [*found.batch_sizes, *([memory_ends] if memory_ends else [])]
    points: list[Row] = [
        {"batch": b, "rate": r.estimate, "low": r.low, "high": min(r.high, 10 * r.estimate)}
        for b, r in zip(found.batch_sizes, found.per_second, strict=True)
    ]
    top = 2 * max(r["rate"] for r in points)
    perfect: list[Row] = [
        {"batch": b, "rate": rate} for b in sizes if (rate := start * b / first) <= top
    ]
    knee: list[Row] = [{"batch": found.knee}] if found.knee and found.sure else []
    end: list[Row] = [{"batch": memory_ends, "rate": start, "told": "memory ends"}]
    ends = end if memory_ends else []
    x = alt.X(
        "batch", type="quantitative", title="batch size",
        scale=alt.Scale(type="log", base=2, padding=12),
        axis=alt.Axis(format="d", grid=False, values=sizes[:: max(1, len(sizes) // 6)]),
    )  # fmt: skip
    drawn = [
        *(row[end] for row in points for end in ("low", "high")),
        *(r["rate"] for r in perfect),
    ]
    y = log_y("rate", "examples a second", drawn)
    return finish(
        [
            layer("knee", "knee", "rule", "level", x=x),
            layer("ends", "ends", "point", "infeasible", x=x, y=y, tooltip=[tip("told")]),
            layer("perfect", "perfect", "line", "threshold", x=x, y=y),
            layer("intervals", "points", "rule", "middle", x=x, y="low:Q", y2="high"),
            layer("line", "points", "line", "middle", x=x, y=y),
            layer("points", "points", "point", "best", x=x, y=y),
        ],
        {"knee": knee, "ends": ends, "perfect": perfect, "points": points},
        name="throughput",
        title="Throughput against batch size",
        subtitle=[
            "dashed: twice the throughput at every doubling",
            _told(found) + (f"; cross: memory ends at {memory_ends:,}" if memory_ends else ""),
        ],
        alternative="Examples a second by batch size: "
        + "; ".join(
            f"{b}: {r}" for b, r in zip(found.batch_sizes, found.per_second, strict=True)
        )
        + f". {found.sentence}"
        + (f" Memory ends at {memory_ends}." if memory_ends else ""),
    )  # fmt: skip


def _told(found: Throughput) -> str:
    if not found.sure:
        return "where it stops doubling is not told by these times"
    if found.knee is None:
        return "never doubled"
    if found.knee == found.batch_sizes[-1]:
        return "still grows"
    return f"doubles up to {found.knee:,} (line)"
