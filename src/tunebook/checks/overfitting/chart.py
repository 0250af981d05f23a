"""Held-out and training curves of good trials together, best points marked (C4)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tunebook.charts.layers import Plane, best_step_tips, finish, grows, pointed, where
from tunebook.charts.number_axes import step_axis
from tunebook.charts.objective_axes import ObjectiveScale, objective_scale
from tunebook.charts.picture import Picture, Row
from tunebook.charts.specification import Spec
from tunebook.checks.overfitting.check import OverfittingResult
from tunebook.checks.overfitting.generalization_gap import GapCurve, TrainingGap
from tunebook.domain.design import Direction, Objective
from tunebook.domain.formats.numbers import number, plural

POINTS = 60
"""Points of a curve that are drawn."""
FAR = 10.0
DEEP = 10.0
"""Where a training loss falls further below the held-out one than this, it is cut."""


def draw(result: OverfittingResult) -> tuple[Picture, ...]:
    """A picture for each study: its best trial strong, other good trials faint.

    Solid is the held-out metric, dashed the training metric of the best trial; a diamond marks
    where the best trial was best, a dot where each other one was.
    """
    return tuple(_gap(gap) for gap in result.gaps)


def _gap(gap: TrainingGap) -> Picture:
    best, others = gap.curves[0], gap.curves[1:]
    held_out = Objective(gap.metric, Direction.MINIMIZE if gap.sign > 0 else Direction.MAXIMIZE)
    values = [float(v) for c in gap.curves for v in c.values]
    floor = _floor(gap)
    if gap.same_kind:
        values += [max(float(v), floor) for v in best.training_values]
    y = objective_scale(values, held_out, reach=FAR)
    right = None
    if not gap.same_kind:
        # Which way is better in the twin's units is known to its readers; a loss, nearly always.
        title = f"{gap.training_metric}, dashed"
        right = objective_scale(
            best.training_values, Objective(gap.training_metric), title=title, reach=FAR
        )
    on = Plane(step_axis(max([int(c.steps[-1]) for c in gap.curves] + [1])), y.y())
    data: dict[str, list[Row]] = {
        "best": _rows([best], y),
        "others": _rows(others, y),
        "training": [
            {"step": int(s), "value": v, "shown": (right or y).shown(max(v, floor))}
            for s, v in _thinned(best.training_steps, best.training_values)
        ],
        "trials": [_dot(c, y, "other") for c in others] + [_dot(best, y, "best")],
    }
    layers = _layers(on, gap)
    if right is None:
        layers.insert(2, on.layer("training", "line", "training"))
    subject = f" with {gap.study}" if gap.study else ""
    return finish(
        layers,
        data,
        name=f"overfitting-{gap.study}",
        about=(gap.metric, gap.training_metric, gap.study),
        study=gap.study,
        title=f"{gap.metric} and {gap.training_metric} in training{subject}",
        subtitle=[
            f"Best trial {best.trial}, {plural(len(others), 'other good trial')} faint",
            f"solid: {gap.metric}, marked where best",
            f"dashed: {gap.training_metric} of {best.trial}"
            + (f", at the floor below {number(floor)}" if floor > -np.inf else ""),
        ],
        alternative=_alternative(gap),
        trial=best.trial,
        right=None
        if right is None
        else on.layer("training", "line", "training", y=right.y(right=True)),
    )


def _layers(on: Plane, gap: TrainingGap) -> list[Spec]:
    """The held-out curves, from the back to the front, and where each trial was best."""
    return [
        on.layer("others", "line", "middle", look={"opacity": 0.45}, detail="trial:N"),
        on.layer("pointed", "line", "pointed", "others", pointed(), detail="trial:N"),
        on.layer("best", "line", "curve"),
        *(
            on.layer(f"{kind}_best_points", "point", style, "trials", where("kind", kind),
                     size=grows(size, 130))
            for kind, style, size in (("other", "faint", 24), ("best", "best", 80))
        ),
        on.target("trials", *best_step_tips(gap.metric)),
    ]  # fmt: skip


def _alternative(gap: TrainingGap) -> str:
    subject = f" of {gap.study}" if gap.study else ""
    best = gap.curves[0]
    sentences = [
        f"{gap.metric} and {gap.training_metric} against steps, "
        f"{plural(len(gap.curves), 'good trial')}{subject}.",
        f"In the best trial, {best.trial}, {gap.metric} is best, {number(best.best_value)}, at "
        f"step {best.best_step} and ends at {number(float(best.values[-1]))}, while "
        f"{gap.training_metric} ends at {number(float(best.training_values[-1]))}.",
    ]
    many = sum(c.overfits for c in gap.curves)
    verb = "overfits" if many == 1 else "overfit"
    sentences.append(f"{many or 'None'} of these {plural(len(gap.curves), 'trial')} {verb}.")
    return " ".join(sentences)


def _floor(gap: TrainingGap) -> float:
    """Below this a training loss is drawn at the floor: its fall must not flatten the rest."""
    lowest = min(float(c.values.min()) for c in gap.curves)
    training = float(gap.curves[0].training_values.min())
    if not gap.same_kind or gap.sign < 0 or lowest <= 0 or training >= lowest / DEEP:
        return -float("inf")
    return lowest / DEEP


def _rows(curves: Sequence[GapCurve], y: ObjectiveScale) -> list[Row]:
    return [
        {"trial": c.trial, "step": int(s), "value": float(v), "shown": y.shown(float(v))}
        for c in curves
        for s, v in _thinned(c.steps, c.values)
    ]


def _dot(curve: GapCurve, y: ObjectiveScale, kind: str) -> Row:
    return {
        "trial": curve.trial,
        "kind": kind,
        "step": curve.best_step,
        "value": curve.best_value,
        "shown": y.shown(curve.best_value),
    }


def _thinned(steps: np.ndarray, values: np.ndarray) -> list[tuple[int, float]]:
    at = np.unique(np.linspace(0, len(steps) - 1, min(POINTS, len(steps))).round().astype(int))
    return [(int(steps[i]), float(values[i])) for i in at]
