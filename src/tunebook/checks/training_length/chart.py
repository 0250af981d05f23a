"""Training curves: the best of each study, the rest as quantile bands (C4 C5 C6 C7 C8)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tunebook.charts.layers import Plane, best_step_tips, finish, grows, pointed
from tunebook.charts.number_axes import step_axis
from tunebook.charts.objective_axes import ObjectiveScale, objective_scale
from tunebook.charts.picture import Picture, Row
from tunebook.charts.series import TOGETHER, order, series_color, series_dash
from tunebook.charts.specification import Spec
from tunebook.charts.theme import SIZES
from tunebook.checks.training_length import checkpoints_chart
from tunebook.checks.training_length.chart_rows import (
    band_rows,
    best_dot,
    best_value,
    dotted,
    line_rows,
    linked_rows,
    training_rows,
)
from tunebook.checks.training_length.check import CurveBand, CurveReading, LengthResult
from tunebook.domain.design import Objective
from tunebook.domain.formats.numbers import number, plural

FAR = 10.0
"""The first values of a curve belong to it, however bad: only absurd ones are cut."""

LINKED = 300
"""Curves that light up when their trial is pointed at elsewhere; the rest stay in the band."""


def draw(result: LengthResult) -> tuple[Picture, ...]:
    """A picture for each study, and first, where there are several, the best of each in one.

    In a study's picture the best trial stands out, the others are a band from the 10 % to the
    90 % quantile with its median, and a faint dot marks where each of them was best: dots that
    crowd the right end say that training was too short. The training-set metric of the best
    trial, if there is one, is dashed. Last, the histogram of those dots.
    """
    drawn = {c.study for c in result.curves}
    studies = [s for s in order([c.study for c in result.curves], result.order) if s in drawn]
    several = _best_of_each(result) if len(studies) > 1 else ()
    pictures = (*several, *(_study_curves(result, study) for study in studies))
    return (*pictures, *checkpoints_chart.draw(result))


def _study_curves(result: LengthResult, study: str) -> Picture:
    curves = [c for c in result.curves if c.study == study]
    band = next((b for b in result.bands if b.study == study), None)
    best = next((c for c in curves if c.highlighted), None)
    y = _scale(result, curves, band, best)
    on = Plane(_step_axis(result.max_train_steps, curves), y.y())
    right = _training_scale(result, best)
    data: dict[str, list[Row]] = {
        "band": band_rows(band, y) if band is not None else [],
        "best": line_rows([best], y) if best is not None else [],
        "training": training_rows(best, right or y) if best is not None else [],
        "curves": linked_rows([c for c in curves if not c.highlighted][:LINKED], y),
        "trials": [best_dot(c, y) for c in dotted(curves)],
    }
    subject = f" with {study}" if study else ""
    return finish(
        _study_layers(on, y, result, data),
        data,
        name=f"curves-{study}",
        about=(result.metric, study),
        study=study,
        title=f"Training curves of {result.metric}{subject}",
        subtitle=_subtitle(curves, best, result, bool(data["training"])),
        alternative=_alternative(result, study, curves, best, y),
        right=None
        if right is None
        else on.layer("training", "line", "training", y=right.y(right=True)),
        trial=best.trial if best is not None else "",
    )


def _study_layers(
    on: Plane, y: ObjectiveScale, result: LengthResult, data: dict[str, list[Row]]
) -> list[Spec]:
    layers = []
    if data["band"]:
        layers += [
            on.layer("band", "area", "band", y=y.y("q10_shown"), y2="q90_shown"),
            on.layer("median", "line", "middle", "band", y=y.y("q50_shown")),
        ]
    layers += [
        on.layer("best_steps", "point", "faint", "trials", size=grows(SIZES["faint"], 80)),
        on.layer("pointed", "line", "pointed", "curves", pointed(), detail="trial:N"),
    ]
    if data["training"] and _same_units(result):
        layers.append(on.layer("training", "line", "training"))
    if data["best"]:
        layers.append(on.layer("highlighted", "line", "curve", "best"))
    return [*layers, on.target("trials", *best_step_tips(result.metric))]


def _best_of_each(result: LengthResult) -> tuple[Picture, ...]:
    best = [c for c in result.curves if c.highlighted]
    if not len(best) > 1:
        return ()
    studies = order([c.study for c in best], result.order)
    # With more studies than a picture holds, only this one has several: no look to be shared.
    alike = studies if len(studies) <= TOGETHER else []
    shown = sorted(best, key=lambda c: result.objective.sign * best_value(c))[:TOGETHER]
    shown.sort(key=lambda c: studies.index(c.study))
    names = [c.study for c in shown]
    y = objective_scale(
        [v for c in shown for v in np.asarray(c.values, dtype=float)],
        result.objective,
        reach=FAR,
    )
    on = Plane(_step_axis(result.max_train_steps, shown), y.y())
    looks: dict[str, Any] = {
        "stroke": series_color(names, alike),
        "strokeDash": series_dash(names, alike),
    }
    layers = [
        on.layer("highlighted", "line", "curve", "best", **looks),
        on.layer("best_steps", "point", "faint", "trials", look={"size": 40}),
        on.target("trials", *best_step_tips(result.metric)),
    ]
    told = "; ".join(
        f"{c.study}: trial {c.trial}, {number(best_value(c))} at step {c.best_step}" for c in shown
    )
    of = max(len(best), len(result.order))
    more = f" The best {len(shown)} of {of} studies are drawn." if len(shown) < of else ""
    return (
        finish(
            layers,
            {"best": line_rows(shown, y), "trials": [best_dot(c, y) for c in shown]},
            name="curves-best-of-each",
            about=(result.metric, *names),
            title=f"Training curves of {result.metric}, the best trial of each study",
            subtitle=[
                f"dots: where each is best{more and f'; the best {len(shown)} of {of} studies'}"
            ],
            alternative=f"Training curves, {result.metric} against steps, of the best trial of "
            f"each study. {told}.{more}",
        ),
    )


def _scale(
    result: LengthResult,
    curves: Sequence[CurveReading],
    band: CurveBand | None,
    best: CurveReading | None,
) -> ObjectiveScale:
    """Room for the best curve and the band; a lone first value far off is cut, not followed."""
    # Five of them stand for the best values, which in a large study would outnumber the lines.
    bests = [v for c in dotted(curves) if math.isfinite(v := best_value(c))]
    values = np.quantile(bests, [0, 0.25, 0.5, 0.75, 1]).tolist() if bests else []
    lines = [np.asarray(best.values, dtype=float)] if best is not None else []
    if best is not None and _same_units(result):
        lines.append(np.asarray(best.training_values, dtype=float))
    if band is not None:
        lines += [np.asarray(q, dtype=float) for q in (band.q10, band.q50, band.q90)]
    for line in lines:
        values += [float(v) for v in line if math.isfinite(v)]
    return objective_scale(values, result.objective, reach=FAR)


def _training_scale(result: LengthResult, best: CurveReading | None) -> ObjectiveScale | None:
    """An axis of its own for a training-set metric in other units; None where there is none."""
    if best is None or not len(best.training_steps) or _same_units(result):
        return None
    return objective_scale(
        np.asarray(best.training_values, dtype=float),
        Objective(result.training_metric),
        title=f"{result.training_metric}, dashed",
        reach=FAR,
    )


def _same_units(result: LengthResult) -> bool:
    """True where the training-set metric can stand on the objective's axis: error beside error.

    Judged by the last part of the names, as in `train/error` and `valid/error`.
    """
    return bool(result.training_metric) and (
        result.training_metric.rpartition("/")[2] == result.metric.rpartition("/")[2]
    )


def _step_axis(max_train_steps: int | None, curves: Sequence[CurveReading]) -> Spec:
    ends = [int(c.steps[-1]) for c in curves if len(c.steps)]
    most = max([*ends, max_train_steps or 0, 1])
    return step_axis(most)


def _subtitle(
    curves: Sequence[CurveReading],
    best: CurveReading | None,
    result: LengthResult,
    training: bool,
) -> list[str]:
    lines = [plural(len(curves), "trial")]
    if best is not None:
        lines[0] += f", best {best.trial}"
    if len(curves) > 1:
        lines[0] += "; band: 10 to 90 % of the others; dots: where each was best"
    if training:
        lines.append(f"dashed: {result.training_metric} of {best.trial if best else ''}")
    return lines


def _worst(curve: CurveReading, sign: int) -> float:
    """The curve's worst finite value: the one that lies off the scale if any does."""
    losses = sign * curve.values
    finite = losses[np.isfinite(losses)]
    return float(sign * finite.max()) if len(finite) else math.nan


def _alternative(
    result: LengthResult,
    study: str,
    curves: Sequence[CurveReading],
    best: CurveReading | None,
    y: ObjectiveScale,
) -> str:
    subject = f" of {study}" if study else ""
    sentences = [
        f"Training curves{subject}: {result.metric} against steps, {plural(len(curves), 'trial')}."
    ]
    if best is not None:
        sentences.append(
            f"The best trial, {best.trial}, reaches {number(best_value(best))} at step "
            f"{best.best_step} of {best.steps[-1]}."
        )
    improving = sum(bool(c.improving) for c in curves)
    read = sum(c.good for c in curves)
    who = f"{improving} of the {plural(read, 'best trial')}" if read else ""
    sentences.append(f"{who or plural(improving, 'trial')} still improving at the end.")
    worst = (_worst(c, y.sign) for c in curves)
    beyond = sum(y.clips(w) for w in worst if not math.isnan(w))
    if beyond:
        sentences.append(
            f"{plural(beyond, 'trial')} at times beyond {number(y.bad)}, drawn at the edge."
        )
    return " ".join(sentences)
