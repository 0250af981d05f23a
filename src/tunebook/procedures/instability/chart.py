"""Rates just above the best, the first steps, warm-ups, and gradient norms (H1 H2 H3 H4)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from tunebook.charts.layers import Plane, finish, tip, where
from tunebook.charts.number_axes import log_axis
from tunebook.charts.picture import Picture, Row
from tunebook.charts.specification import Spec, channel
from tunebook.domain.formats.names import spell
from tunebook.domain.formats.numbers import number, plural
from tunebook.procedures.instability.gradient_norms import NormReading
from tunebook.procedures.instability.plans import InstabilityArguments
from tunebook.procedures.instability.results import InstabilityReading
from tunebook.procedures.instability.stable_rates import RateReading, Stability
from tunebook.procedures.instability.training_stability import Fate, RunReading
from tunebook.procedures.steps.stages import Done

MOST_POINTS = 400
"""Of one curve that are drawn."""
BARS = 24
KINDS = {False: "trains", True: "fails"}


def draw(args: InstabilityArguments, _: Done, found: InstabilityReading) -> Iterator[Picture]:
    """A picture of each rate, of the first steps, two of the norms, one of all warm-ups."""
    if found.judged:
        yield from map(draw_rate, found.above)
    if found.look is not None:
        yield draw_rate(found.look, first_steps=True)
    if found.norms is not None:
        yield from draw_norms(found.norms)
    lengths = [(w.times, n, r) for w in found.warmups for n, r in w.lengths]
    if lengths:
        yield draw_warmups(lengths, metric=args.loss)


def draw_rate(reading: RateReading, *, first_steps: bool = False) -> Picture:
    """The training loss of every seed at one rate; seeds that fail are dashed, with a cross."""
    top = _top(reading.runs)
    rows = [
        {"trial": run.trial, "step": int(s), "loss": round(float(min(v, top)), 6), "kind": kind}
        for run in reading.runs
        for kind in [KINDS[run.fate.fails]]
        for s, v in _thinned(run)
    ]
    ends = [_end(run, top) for run in reading.runs if run.fate.fails]
    y = channel(
        "loss",
        type="quantitative",
        title="training loss",
        scale=dict(domain=[0, top], nice=False, clamp=True),
    )
    on = Plane(_steps(), y)
    seed_line: dict[str, Any] = {"look": {"opacity": 0.6, "clip": True}, "detail": "trial:N"}
    title = "First steps, at" if first_steps else "Learning rate"
    return finish(
        [
            *(
                on.layer(kind, "line", style, "runs", where("kind", kind), **seed_line)
                for kind, style in (("trains", "middle"), ("fails", "threshold"))
            ),
            on.layer("ends", "point", "infeasible", tooltip=[tip("trial"), tip("why")]),
        ],
        {"runs": rows, "ends": ends},
        name=f"stability-{'first-steps' if first_steps else 'rate'}-{number(reading.rate)}",
        title=f"{title} {number(reading.rate)}",
        subtitle=[reading.setting.partition(',')[0], reading.told],
        alternative=f"Training loss of {plural(len(reading.runs), 'seed')} at a learning rate of "
        f"{number(reading.rate)}, {reading.setting}: {reading.told}. Seeds that fail are dashed "
        "and have a cross.",
    )  # fmt: skip


def draw_norms(norms: NormReading) -> tuple[Picture, Picture]:
    """Gradient norms over the steps, and as a histogram, with the threshold in both."""
    threshold = norms.threshold.estimate
    every = np.concatenate([r.norms for r in norms.runs])
    low = float(max(every[every > 0].min(initial=threshold), threshold / 1e4))
    high = float(max(every.max(), 1.2 * threshold))
    told = (
        f"90th percentile {number(threshold)}, median {number(norms.median)}, largest "
        f"{number(norms.largest)}, of {norms.count} norms in {plural(len(norms.runs), 'run')}"
    )
    return (
        _over_steps(norms, threshold, low, high, told),
        _histogram(every, threshold, low, high, told),
    )


def draw_warmups(tries: Sequence[tuple[float, int, RateReading]], *, metric: str) -> Picture:
    """Which warm-ups train at which peak rate.

    Args:
        tries: peak rate in unstable rates, steps of warm-up, and what its seeds show.
        metric: of the loss.
    """
    rows: list[Row] = [
        {
            "steps": steps,
            "peak": f"{spell(times)} times",
            "failed": reading.failed,
            "kind": "best" if reading.says is Stability.STABLE else "infeasible",
            "told": reading.told,
        }
        for times, steps, reading in tries
    ]
    peaks = list(dict.fromkeys(r["peak"] for r in rows))
    x = channel(
        "steps",
        type="quantitative",
        title="steps of warm-up",
        scale=dict(type="log", padding=16),
        axis=dict(format="~s", grid=False, values=sorted({r["steps"] for r in rows})),
    )
    y = channel("peak", type="nominal", title="peak, in unstable rates", sort=peaks)
    on, tooltip = Plane(x, y), [tip("told", metric)]
    return finish(
        [
            *(
                on.layer(name, "point", kind, "tries", where("kind", kind), tooltip=tooltip)
                for kind, name in (("infeasible", "fails"), ("best", "trains"))
            ),
            on.layer("counts", "text", "note", "tries", look={"dy": -12}, text="failed:Q"),
        ],
        {"tries": rows},
        name="stability-warm-ups",
        title="Warm-ups that were tried",
        subtitle="diamond: no seed fails; cross: some do, with how many",
        alternative="Steps of warm-up against the peak learning rate: "
        + "; ".join(f"{r['peak']}, {r['steps']} steps: {r['told']}" for r in rows)
        + ".",
        height=24 * max(3, 2 * len(peaks)),
    )


def _over_steps(
    norms: NormReading, threshold: float, low: float, high: float, told: str
) -> Picture:
    rows = [
        {"step": int(s), "norm": round(float(max(v, low)), 8), "trial": run.trial}
        for run in norms.runs
        for s, v in _points(run.steps, run.norms)
    ]
    on = Plane(_steps(), _norm_axis("norm", low, high))
    return finish(
        [
            on.layer("norms", "point", "faint"),
            on.layer("threshold", "rule", "threshold", x=None),
        ],
        {"norms": rows, "threshold": [{"norm": round(threshold, 8)}]},
        name="stability-norms-over-steps",
        title="Gradient norms over training",
        subtitle="before clipping; dashed: the 90th percentile",
        alternative=f"Gradient norms against the step: {told}.",
    )  # fmt: skip


def _histogram(every: np.ndarray, threshold: float, low: float, high: float, told: str) -> Picture:
    edges = np.geomspace(low, high, BARS + 1)
    counts, _ = np.histogram(np.clip(every, low, high), edges)
    rows: list[Row] = [
        {"from": round(float(a), 8), "to": round(float(b), 8), "count": int(n), "floor": 0}
        for a, b, n in zip(edges[:-1], edges[1:], counts, strict=True)
        if n
    ]
    y = channel("count", type="quantitative", title="updates", axis=dict(format="~r"))
    on, norm = Plane(_norm_axis("from", low, high), y), _norm_axis("norm", low, high)
    return finish(
        [
            on.layer("bars", "bar", "all-bar", x2="to", y2="floor"),
            on.layer("threshold", "rule", "threshold", x=norm, y=None),
        ],
        {"bars": rows, "threshold": [{"norm": round(threshold, 8)}]},
        name="stability-norms",
        title="Gradient norms, how often",
        subtitle=f"dashed: the 90th percentile, {number(threshold)}",
        alternative=f"Histogram of gradient norms: {told}.",
    )  # fmt: skip


def _steps() -> Spec:
    return channel("step", type="quantitative", title="step", axis=dict(format="~s", grid=False))


def _norm_axis(field: str, low: float, high: float) -> Spec:
    return channel(
        field,
        type="quantitative",
        title="gradient norm",
        scale=dict(type="log", domain=[low, high], nice=False),
        axis=log_axis(low, high, grid=False),
    )


def _top(runs: Sequence[RunReading]) -> float:
    """Twice the usual loss of the first twentieth: what rises above it leaves the picture."""
    sound = [r.losses[: max(3, len(r.losses) // 20)] for r in runs if np.isfinite(r.losses).all()]
    first = [float(np.median(part)) for part in sound if len(part)]
    first = first or [float(r.losses[0]) for r in runs if len(r.losses)]
    top = 2 * float(np.median(first)) if first else 1.0
    return top if math.isfinite(top) and top > 0 else 1.0


def _thinned(run: RunReading) -> Iterator[tuple[int, float]]:
    sound = np.isfinite(run.losses)
    return _points(run.steps[sound], run.losses[sound])


def _points(steps: np.ndarray, values: np.ndarray) -> Iterator[tuple[int, float]]:
    """At most MOST_POINTS of a curve, evenly: a picture shows no more."""
    every = max(1, math.ceil(len(steps) / MOST_POINTS))
    return zip(steps[::every].tolist(), values[::every].tolist(), strict=True)


def _end(run: RunReading, top: float) -> Row:
    """Where a failing seed is marked: where it rises or ends."""
    sound = np.flatnonzero(np.isfinite(run.losses))
    at = run.at if run.at is not None else int(run.steps[-1]) if len(run.steps) else 0
    loss = top if run.fate is Fate.DIVERGES or not len(sound) else None
    if loss is None:
        near = sound[np.argmin(np.abs(run.steps[sound] - at))]
        loss = min(float(run.losses[near]), top)
    return {"trial": run.trial, "step": at, "loss": round(loss, 6), "why": run.why}
