"""Curves that are probably bugs, and none where all is well (C8)."""

from __future__ import annotations

import numpy as np

from tunebook.charts.layers import Plane, finish, pointed, tip
from tunebook.charts.number_axes import step_axis
from tunebook.charts.objective_axes import objective_scale
from tunebook.charts.picture import Picture, Row
from tunebook.checks.suspect_curves.check import SuspectResult, Suspicion
from tunebook.domain.design import Objective
from tunebook.domain.formats.numbers import digits, number, plural

POINTS = 80
"""Points of a curve that are drawn: a period must not be thinned away, so a long curve is cut."""
CYCLES = 6
"""Of a period, that are drawn: the last ones."""
PICTURES = 4
KINDS = {
    "rising": "gets worse in training",
    "periodic": "repeats itself",
    "identical": "is identical between trials",
    "still": "never changes",
}


def draw(result: SuspectResult) -> tuple[Picture, ...]:
    """A picture for each suspicion, the first few: some of the curves that show it.

    The best of the trials stands out; identical curves lie on one another, which the text says.
    """
    return tuple(_suspicion(s) for s in result.suspicions[:PICTURES])


def _suspicion(suspicion: Suspicion) -> Picture:
    drawn = [(c, i) for c in suspicion.curves for i in _drawn(suspicion, len(c.steps))]
    values = [float(c.values[i]) for c, i in drawn if np.isfinite(c.values[i])]
    y = objective_scale(values, Objective(suspicion.metric), title=suspicion.metric)
    rows: list[Row] = [
        {
            "trial": c.trial,
            "step": int(c.steps[i]),
            "shown": y.shown(float(c.values[i])) if np.isfinite(c.values[i]) else None,
        }
        for c, i in drawn
    ]
    steps = [int(row["step"]) for row in rows]
    begin = min(steps) if suspicion.kind == "periodic" else 0
    on = Plane(step_axis(max([*steps, begin + 1]), first=begin), y.y())
    first = suspicion.curves[0].trial if suspicion.curves else ""
    data: dict[str, list[Row]] = {
        "others": [row for row in rows if row["trial"] != first],
        "first": [row for row in rows if row["trial"] == first],
        "trials": [row for row in rows if row["shown"] is not None],
    }
    layers = [
        on.layer("others", "line", "middle", look={"opacity": 0.5}, detail="trial:N"),
        on.layer("pointed", "line", "pointed", "trials", pointed(), detail="trial:N"),
        on.layer("first", "line", "curve"),
        on.target("trials", tip("trial")),
    ]
    return finish(
        layers,
        data,
        name=f"suspect-{suspicion.kind}-{suspicion.metric}-{suspicion.study}",
        about=(suspicion.metric, suspicion.study),
        study=suspicion.study,
        title=f"{suspicion.metric} {KINDS[suspicion.kind]}",
        subtitle=_subtitle(suspicion),
        alternative=_alternative(suspicion),
    )


def _drawn(suspicion: Suspicion, length: int) -> list[int]:
    """Which points of a curve: all of them, thinned, or the last cycles of a period."""
    if suspicion.kind == "periodic":
        last = min(length, POINTS, max(24, round(CYCLES * suspicion.period)))
        return list(range(length - last, length))
    at = np.linspace(0, length - 1, min(length, POINTS)).round()
    return [int(i) for i in np.unique(at)]


def _subtitle(suspicion: Suspicion) -> list[str]:
    where = f" of {suspicion.study}" if suspicion.study else ""
    lines = [f"{plural(len(suspicion.trials), 'trial')}{where}, {len(suspicion.curves)} drawn"]
    if suspicion.period:
        lines.append(f"every {digits(suspicion.period, 3)} evaluations")
    return lines


def _alternative(suspicion: Suspicion) -> str:
    where = f" of {suspicion.study}" if suspicion.study else ""
    every = f", every {digits(suspicion.period, 3)} evaluations" if suspicion.period else ""
    first = suspicion.curves[0]
    finite = first.values[np.isfinite(first.values)]
    course = (
        f" In trial {first.trial} it goes from {number(float(finite[0]))} to "
        f"{number(float(finite[-1]))}."
        if len(finite)
        else ""
    )
    return (
        f"{suspicion.metric} {KINDS[suspicion.kind]}{every}: "
        f"{plural(len(suspicion.trials), 'trial')}{where}, {len(suspicion.curves)} drawn against "
        f"steps.{course}"
    )
