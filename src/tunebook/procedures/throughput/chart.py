"""Throughput against batch size (A3)."""

from __future__ import annotations

from collections.abc import Iterator

from tunebook.charts.layers import Plane, finish, tip
from tunebook.charts.number_axes import doubling_x, log_y
from tunebook.charts.picture import Picture, Row
from tunebook.procedures.steps.stages import Done
from tunebook.procedures.throughput.plans import ThroughputArguments
from tunebook.procedures.throughput.results import Fate, ThroughputReading
from tunebook.procedures.throughput.saturation import Throughput
from tunebook.procedures.throughput.wording import throughput_text


def draw(_: ThroughputArguments, __: Done, found: ThroughputReading) -> Iterator[Picture]:
    """The picture, once sizes are timed."""
    if isinstance(found.found, Throughput):
        ends = next((b for b, s in found.sizes.items() if s.fate is Fate.MEMORY), None)
        yield draw_throughput(found.found, ends)


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
    drawn = [
        *(row[end] for row in points for end in ("low", "high")),
        *(r["rate"] for r in perfect),
    ]
    x = doubling_x("batch", "batch size", sizes[:: max(1, len(sizes) // 6)])
    on = Plane(x, log_y("rate", "examples a second", drawn))
    return finish(
        [
            on.layer("knee", "rule", "level", y=None),
            on.layer("ends", "point", "infeasible", tooltip=[tip("told")]),
            on.layer("perfect", "line", "threshold"),
            on.layer("intervals", "rule", "middle", "points", y="low:Q", y2="high"),
            on.layer("line", "line", "middle", "points"),
            on.layer("points", "point", "best"),
        ],
        {"knee": knee, "ends": ends, "perfect": perfect, "points": points},
        name="throughput",
        title="Throughput against batch size",
        subtitle=[
            "dashed: twice the throughput at every doubling",
            _told(found) + (f"; cross: memory ends at {memory_ends:,}" if memory_ends else ""),
        ],
        alternative="Examples a second by batch size: "
        + "; ".join(f"{b}: {r}" for b, r in zip(found.batch_sizes, found.per_second, strict=True))
        + f". {throughput_text(found)}"
        + (f" Memory ends at {memory_ends}." if memory_ends else ""),
    )


def _told(found: Throughput) -> str:
    if not found.sure:
        return "these times do not show where it stops doubling"
    if found.knee is None:
        return "never doubled"
    if found.knee == found.batch_sizes[-1]:
        return "still grows"
    return f"doubles up to {found.knee:,} (line)"
