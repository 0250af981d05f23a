"""One trial for a terminal or as data: configuration, fate, curves, printed text (C12 D6)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tunebook.charts.picture import finite
from tunebook.domain.design import Objective
from tunebook.domain.formats.numbers import number, plural, seconds_text, value_text
from tunebook.domain.trial import TrialRecord
from tunebook.report.terminal.lines import indented, printable
from tunebook.report.terminal.parts import Group, Text

if TYPE_CHECKING:
    from tunebook.report.terminal.parts import Renderable

Curve = tuple[np.ndarray, np.ndarray]
BARS = "▁▂▃▄▅▆▇█"
MOST_BARS = 32
MOST_LINES = 20
"""Lines of printed text; `tunebook logs` has all that is kept."""


def trial_renderable(
    record: TrialRecord,
    value: float | None,
    curves: Mapping[str, Curve],
    printed: str,
    *,
    objective: Objective,
    points: bool = False,
) -> Renderable:
    """Everything of a trial, one part below the other.

    Args:
        record: of the trial.
        value: of the objective, None unless it is complete.
        curves: by metric.
        printed: what the training code wrote.
        objective: which metric decides.
        points: every point of the curves instead of a sparkline.
    """
    cause = f": {record.cause}" if record.cause else ""
    parts: list[Renderable] = [Text(f"Trial {record.name}, {record.status}{cause}", style="bold")]
    if record.detail:
        parts.append(Text(printable(record.detail)))
    if value is not None:
        parts.append(Text(printable(f"{objective.metric} {number(value)}")))
    attempts = f", {plural(record.attempt, 'attempt')}" if record.attempt > 1 else ""
    parts.append(
        Text(f"seed {record.seed}, {seconds_text(record.seconds)}{attempts}", style="dim")
    )
    parts += _part("Configuration", [f"{n} {value_text(v)}" for n, v in record.config.items()])
    lines = [line for name, curve in curves.items() for line in _curve(name, curve, points)]
    parts += _part("Curves", lines)
    tail = printed.rstrip().splitlines()[-MOST_LINES:]
    parts += _part("Printed", tail)
    return Group(*parts)


def trial_data(
    record: TrialRecord, value: float | None, curves: Mapping[str, Curve], printed: str
) -> dict[str, Any]:
    """The same as plain data; a value that is not finite is None."""
    return {
        "trial": record.name,
        "round": record.round,
        "study": record.study,
        "purpose": str(record.purpose),
        "rerun_of": record.rerun_of,
        "status": str(record.status),
        "cause": str(record.cause) if record.cause else None,
        "detail": record.detail,
        "seed": record.seed,
        "seconds": record.seconds,
        "value": value,
        "config": dict(record.config),
        "curves": {
            name: {"step": [int(s) for s in steps], "value": [finite(v) for v in values]}
            for name, (steps, values) in curves.items()
        },
        "printed": printed,
    }


def sparkline(values: Sequence[float]) -> str:
    """A curve as a row of bars, low to high; `×` where it is not finite.

    Example:
        >>> sparkline([0.9, 0.5, 0.2, 0.1])
        '█▅▂▁'
    """
    known = [v for v in values if math.isfinite(v)]
    if not known:
        return "×" * min(len(values), MOST_BARS)
    step = max(1.0, len(values) / MOST_BARS)
    shown = [values[int(i * step)] for i in range(int(len(values) / step))]
    shown[-1] = values[-1]
    low, span = min(known), max(known) - min(known)

    def bar(value: float) -> str:
        if not math.isfinite(value):
            return "×"
        return BARS[round((value - low) / span * (len(BARS) - 1))] if span > 0 else BARS[0]

    return "".join(map(bar, shown))


def _curve(name: str, curve: Curve, points: bool) -> list[str]:
    steps, values = curve[0].tolist(), curve[1].tolist()
    if points:
        return [name, *(f"  {step}  {number(value)}" for step, value in zip(*curve, strict=True))]
    ends = f"{number(values[0])} to {number(values[-1])}"
    span = f"steps {steps[0]} to {steps[-1]}" if len(steps) > 1 else f"step {steps[0]}"
    return [f"{name}  {sparkline(values)}  {ends}, {plural(len(steps), 'point')}, {span}"]


def _part(head: str, lines: Sequence[str]) -> list[Renderable]:
    if not lines:
        return []
    return [Text(head, style="bold"), indented(*(Text(_unbroken(line)) for line in lines))]


def _unbroken(line: str) -> str:
    """The line without control characters; its leading blanks stay."""
    blanks = len(line) - len(line.lstrip(" "))
    return " " * blanks + printable(line)
