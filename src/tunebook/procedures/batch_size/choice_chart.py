"""Time and examples to the target, by batch size (A4)."""

from __future__ import annotations

from tunebook.charts.layers import Plane, finish
from tunebook.charts.number_axes import doubling_x, log_y
from tunebook.charts.picture import Picture, Row
from tunebook.procedures.batch_size.cost_to_target import BatchChoice, Cost


def draw_choice(choice: BatchChoice) -> Picture:
    """Seconds to the target of each size with their intervals; those that may be the least."""
    cost = choice.seconds
    rows: list[Row] = [
        {"batch": b, "seconds": v.estimate, "low": v.low, "high": v.high}
        for b, v in cost.of.items()
    ]
    least = [row for row in rows if row["batch"] in cost.least]
    sizes = list(cost.of)
    ends = [end for v in cost.of.values() for end in (v.low, v.high)]
    on = Plane(
        doubling_x("batch", "batch size", sizes[:: max(1, len(sizes) // 6)]),
        log_y("seconds", "seconds to the target", ends),
    )
    return finish(
        [
            on.layer("line", "line", "middle", "sizes"),
            on.layer("intervals", "rule", "middle", "sizes", y="low:Q", y2="high"),
            on.layer("sizes", "point", "trial"),
            on.layer("least", "point", "best"),
        ],
        {"sizes": rows, "least": least},
        name="batch-size-choice",
        title="Time to the target",
        subtitle=f"diamonds: may be the least, {_listed(cost)}; fewest examples: "
        f"{_listed(choice.examples)}",
        alternative="Seconds to the target by batch size: "
        + "; ".join(f"{b}: {v}" for b, v in cost.of.items())
        + f". The least may be at {_listed(cost)}.",
    )


def _listed(cost: Cost) -> str:
    return ", ".join(map(str, cost.least))
