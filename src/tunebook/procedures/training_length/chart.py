"""What training reaches against its length, and how much of it is enough (E4 E5)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from tunebook.charts.layers import Plane, finish
from tunebook.charts.number_axes import doubling_x
from tunebook.charts.picture import Picture, Row
from tunebook.charts.specification import channel
from tunebook.domain.formats.names import spell
from tunebook.domain.formats.numbers import digits, number, steps_text
from tunebook.procedures.steps.stages import Done
from tunebook.procedures.training_length.length_choice import LengthChoice
from tunebook.procedures.training_length.plans import TrainingLengthArguments
from tunebook.procedures.training_length.results import LengthReading


def draw(args: TrainingLengthArguments, _: Done, found: LengthReading) -> Iterator[Picture]:
    """The picture, once there is a choice of length."""
    if isinstance(found.choice, LengthChoice) and found.objective is not None:
        yield draw_lengths(
            found.choice, {n: v.tolist() for n, v in found.measured.items()},
            metric=found.objective.metric, sign=found.objective.sign,
            least=args.least_improvement,
        )  # fmt: skip


def draw_lengths(
    choice: LengthChoice,
    measured: Mapping[int, Sequence[float]],
    *,
    metric: str,
    sign: int,
    least: float,
) -> Picture:
    """Every new seed by length, their mean, and the level within reach of the best.

    Args:
        choice: what they show; measured: losses of the seeds by length, lower is better.
        metric, sign: of the objective; least: improvement that is worth having.
    """
    rows = _rows(choice, measured, sign=sign, least=least)
    x = doubling_x("steps", "steps of training", _ticks(choice.lengths), ",")
    on = Plane(x, channel("value", type="quantitative", title=metric, scale=dict(zero=False)))
    shown = steps_text(choice.shortest.estimate)
    return finish(
        [
            on.layer("band", "rect", "band", x="from:Q", x2="to", y=None),
            on.layer("level", "rule", "threshold", x=None),
            on.layer("enough", "rule", "level", y=None),
            on.layer("points", "point", "trial"),
            on.layer("fitted", "line", "middle"),
        ],
        rows,
        name="training-length",
        title=f"{metric} by the length of training",
        subtitle=[
            "points: new seeds, tuned at each length; line: their mean",
            f"across: {number(least)} short of the best; upright: reached at {shown} steps",
        ],
        alternative=f"Mean {metric} by steps of training: "
        + "; ".join(
            f"{n}: {digits(sign * v, 4)}"
            for n, v in zip(choice.lengths, choice.fitted, strict=True)
        )
        + f". Within {spell(least)} of the best from {shown} steps on.",
    )


def _rows(
    choice: LengthChoice, measured: Mapping[int, Sequence[float]], *, sign: int, least: float
) -> dict[str, list[Row]]:
    """By layer."""
    shortest, lengths = choice.shortest, choice.lengths
    return {
        "band": [{"from": max(shortest.low, lengths[0]), "to": min(shortest.high, lengths[-1])}],
        "level": [{"value": sign * (min(choice.fitted) + least)}],
        "enough": [{"steps": round(shortest.estimate)}],
        "points": [
            {"steps": n, "value": sign * v}
            for n, own in measured.items()
            for v in own
            if math.isfinite(v)
        ],
        "fitted": [
            {"steps": n, "value": sign * v} for n, v in zip(lengths, choice.fitted, strict=True)
        ],
    }


def _ticks(lengths: Sequence[int]) -> list[int]:
    """Those that lie apart by about two or more, from the longest down."""
    kept: list[int] = []
    for n in reversed(lengths):
        if not kept or kept[-1] / n > 1.9:
            kept.append(n)
    return kept
