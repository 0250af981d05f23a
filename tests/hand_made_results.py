"""Results made by hand, one builder a check, for pictures to draw."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema
import numpy as np
import pytest

from tunebook.charts.picture import Picture
from tunebook.checks.boundaries.check import AxisReading, BoundaryResult, SideReading
from tunebook.checks.training_length.check import CurveBand, CurveReading, LengthResult
from tunebook.domain.design import Objective
from tunebook.domain.finding import Interval
from tunebook.domain.space import Axis, Float, Scale

ERROR = Objective("valid/error")
LEARNING_RATE = Float(1e-4, 1.0, Scale.LOG)


def _boundary_result(
    *,
    values: Sequence[Any] = (0.001, 0.01, 0.1),
    objective_values: Sequence[float] = (0.4, 0.2, 0.1),
    infeasible_at: Sequence[Any] = (),
    best_at: Sequence[Any] = (),
    sides: Sequence[SideReading] = (),
    axis: Axis = LEARNING_RATE,
    subject: str = "learning_rate",
    objective: Objective = ERROR,
) -> BoundaryResult:
    everything = [*values, *infeasible_at]
    losses = [*objective_values, *([np.nan] * len(infeasible_at))]
    reading = AxisReading(
        study="",
        hyperparameter=subject.partition("[")[0],
        subject=subject,
        axis=axis,
        trials=tuple(f"1.{i}" for i in range(len(everything))),
        values=tuple(everything),
        units=np.array([axis.to_unit(v) for v in everything]),
        objective_values=np.array(losses, dtype=float),
        infeasible=np.array([i >= len(values) for i in range(len(everything))], dtype=bool),
        best=np.array([v in best_at for v in everything], dtype=bool),
        sides=tuple(sides),
    )
    return BoundaryResult(objective=objective, axes=(reading,), findings=())


def _curve(
    trial: str,
    values: Sequence[float],
    *,
    study: str = "",
    highlighted: bool = False,
    training: Sequence[float] = (),
) -> CurveReading:
    steps = 100 * np.arange(1, len(values) + 1)
    best = int(np.nanargmin(values))
    return CurveReading(
        trial=trial,
        study=study,
        steps=steps,
        values=np.array(values, dtype=float),
        best_step=int(steps[best]),
        best_fraction=float(steps[best] / steps[-1]),
        improving=best == len(values) - 1,
        late_gain=Interval(0.0, 0.0, 0.0),
        saturated_at=None,
        highlighted=highlighted,
        training_steps=steps[: len(training)],
        training_values=np.array(training, dtype=float),
    )


def _length_result(
    curves: Sequence[CurveReading], *, training_metric: str = "", banded: bool = True
) -> LengthResult:
    bands = []
    for study in dict.fromkeys(c.study for c in curves):
        rest = [c.values for c in curves if c.study == study and not c.highlighted]
        if rest and banded:
            q10, q50, q90 = np.quantile(np.array(rest), [0.1, 0.5, 0.9], axis=0)
            steps = 100 * np.arange(1, len(q50) + 1)
            bands.append(CurveBand(study=study, steps=steps, q10=q10, q50=q50, q90=q90))
    return LengthResult(
        objective=ERROR,
        metric="valid/error",
        training_metric=training_metric,
        max_train_steps=max(int(c.steps[-1]) for c in curves),
        curves=tuple(curves),
        bands=tuple(bands),
        compute_bound=None,
        findings=(),
    )


@pytest.fixture
def boundary_result() -> Callable[..., BoundaryResult]:
    return _boundary_result


@pytest.fixture
def curve() -> Callable[..., CurveReading]:
    return _curve


@pytest.fixture
def length_result() -> Callable[..., LengthResult]:
    return _length_result


@pytest.fixture
def side() -> Callable[..., SideReading]:
    def make(name: str = "high", *, alarm: bool = True, proposed: float | None = None):
        return SideReading(side=name, p_value=0.001, alarm=alarm, best_at=0.95, proposed=proposed)

    return make


@pytest.fixture(autouse=True)
def validated(request, monkeypatch):
    """Each picture that a test of charts makes is valid Vega-Lite, and plain data."""
    if "chart" not in request.node.nodeid.partition("::")[0]:
        return
    made = Picture.__init__

    def checked(self: Picture, *args: Any, **named: Any) -> None:
        made(self, *args, **named)
        _validate(json.dumps(self.full(), allow_nan=False))

    monkeypatch.setattr(Picture, "__init__", checked)


@cache
def _validate(text: str) -> None:
    best = jsonschema.exceptions.best_match(_schema().iter_errors(json.loads(text)))
    if best is not None:
        raise best


@cache
def _schema() -> jsonschema.Draft7Validator:
    """Of the Vega-Lite that Altair writes, and with it the one that pictures name."""
    text = files("altair.vegalite.v6.schema").joinpath("vega-lite-schema.json").read_text()
    return jsonschema.Draft7Validator(json.loads(text))
