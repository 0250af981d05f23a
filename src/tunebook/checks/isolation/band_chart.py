"""The best that can be had along a continuous scientific hyperparameter, with its band (C9)."""

from __future__ import annotations

import math

from tunebook.charts.hyperparameter_axes import HyperparameterScale, hyperparameter_scale
from tunebook.charts.layers import Plane, finish, tip
from tunebook.charts.objective_axes import ObjectiveScale, objective_scale
from tunebook.charts.picture import Picture, Row
from tunebook.checks.isolation.band import BestBand
from tunebook.domain.design import Objective
from tunebook.domain.formats.numbers import number, plural


def picture_of(name: str, band: BestBand, objective: Objective) -> Picture:
    """A curve with its band, and the best trials as faint dots."""
    ends = [float(e) for es in (band.best, band.low, band.high) for e in es if math.isfinite(e)]
    y = objective_scale([*band.objective_values, *ends], objective, keep=ends)
    x = hyperparameter_scale(band.axis)
    rows = _along(band, x, y)
    on = Plane(x.x(name), y.y())
    layers = [
        on.layer("band", "area", "band", "along", y=y.y("low_shown"), y2="high_shown"),
        on.layer("trials", "point", "faint", look={"opacity": 0.55}),
        on.layer("best", "line", "curve", "along"),
        on.target(
            "trials",
            tip("trial", "trial"),
            tip("value", name, ".4~g"),
            tip("objective", objective.metric, ".4~g"),
        ),
    ]
    return finish(
        layers,
        {"along": rows, "trials": _dots(band, x, y)},
        name=f"isolation-band-{name}" + (f"-{band.study}" if band.study else ""),
        about=(name, band.study),
        study=band.study,
        title=f"Best {objective.metric} along {name}"
        + (f" with {band.study}" if band.study else ""),
        subtitle=f"What {plural(band.trials, 'trial')} at one place would select, 95 % band",
        alternative=_alternative(name, band, objective, rows),
    )


def _along(band: BestBand, x: HyperparameterScale, y: ObjectiveScale) -> list[Row]:
    return [
        {
            "x": x.place(float(place)),
            "place": float(place),
            "best": float(best),
            "low": float(low),
            "high": float(high),
            "shown": y.shown(float(best)),
            "low_shown": y.shown(float(low)),
            "high_shown": y.shown(float(high)),
        }
        for place, best, low, high in zip(band.places, band.best, band.low, band.high, strict=True)
        if math.isfinite(best) and math.isfinite(low) and math.isfinite(high)
    ]


def _dots(band: BestBand, x: HyperparameterScale, y: ObjectiveScale) -> list[Row]:
    return [
        {
            "trial": trial,
            "x": x.place(value),
            "value": value,
            "shown": y.shown(seen),
            "objective": seen,
        }
        for trial, value, seen in zip(band.names, band.values, band.objective_values, strict=True)
    ]


def _alternative(name: str, band: BestBand, objective: Objective, rows: list[Row]) -> str:
    head = f"Best {objective.metric} along {name}"
    if not rows:
        return f"{head}: too few complete trials at every place."
    shown = [rows[0], rows[len(rows) // 2], rows[-1]]
    told = "; ".join(
        f"{number(r['best'])} ({number(r['low'])} to {number(r['high'])}) at {number(r['place'])}"
        for r in shown
    )
    way = "from a fitted response" if band.fitted else "from the nearest trials"
    return f"{head}, {way}: {told}."
