"""The page that bench/training_length.py writes."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from training_length_exhaustive import SEEDS, means, shortest
from tunebook.procedures.training_length.scaling_law import LengthLaw, length_law

TRUE = {"digits": "saturated", "teacher": "compute-bound"}
WITHIN = 0.25

BEGIN, END = "<!-- measured: begin -->\n", "<!-- measured: end -->\n"

HEAD = """
`make bench-training-length`: two workloads, {repeats} times each with seeds of its own, held against an exhaustive search over lengths
(four to a doubling), learning rates and seeds. `digits`: scikit-learn's digits, 1,000 for training, a network of one hidden layer: done
with them soon. `teacher`: 60,000 examples that a random network labelled, which goes on improving for as long as anybody waits.
`text`, for forecasts alone: the next character of Python's standard library from the eight before.
Momentum, a cosine over each trial's own length; objective: the best held-out loss; budget {budget:,} steps; an improvement of {least:g} is
worth having. Real training, compiled by JAX {jax}, Python {python}, tunebook {tunebook}.

| workload | verdict right | proposed length, median (10 to 90 %) | shortest by exhaustive search (95 %) | proposed within 25 % of it | its interval holds it | trials | trained, in budgets |
|---|---|---|---|---|---|---|---|
"""

EXHAUSTIVE = """
### The exhaustive search

The mean best held-out loss of {seeds} seeds at each length's best learning rate of the grid.

| steps | {heads} |
|---|{lines}|
"""


def write_page(
    page: Path,
    rows: Sequence[Mapping[str, Any]],
    found: Mapping[str, dict[int, list[list[float]]]],
    *,
    budget: int,
    least: float,
) -> None:
    """Tables of the repeats and of the exhaustive search."""
    text = HEAD.format(
        repeats=max(r["repeat"] for r in rows) + 1, budget=budget, least=least,
        jax=version("jax"), python=platform.python_version(), tunebook=version("tunebook"),
    )  # fmt: skip
    for workload in TRUE:
        searched = found[workload]
        own = [r for r in rows if r["workload"] == workload]
        within = {n: v for n, v in searched.items() if n <= budget}
        text += _row(workload, own, within, budget, least)
    text += _beyond(rows, found, budget)
    told = {w: means(searched) for w, searched in found.items()}
    text += EXHAUSTIVE.format(
        seeds=" and ".join(f"{n} ({w})" for w, n in SEEDS.items()),
        heads=" | ".join(f"{w}: loss | at rate" for w in told),
        lines="|".join("---|---" for _ in told),
    )
    for length in sorted(set().union(*told.values())):
        cells = [
            f"{told[w][length][0]:.4f} | {told[w][length][1]:.3g}"
            if length in told[w]
            else "- | -"
            for w in told
        ]
        text += f"| {length:,} | {' | '.join(cells)} |\n"
    before, rest = page.read_text().split(BEGIN)
    page.write_text(f"{before}{BEGIN}{text}\n{END}{rest.split(END)[1]}")


def _row(
    workload: str,
    rows: Sequence[Mapping[str, Any]],
    searched: dict[int, list[list[float]]],
    budget: int,
    least: float,
) -> str:
    right = sum(r["verdict"] == TRUE[workload] for r in rows)
    proposed = np.array([r["max_train_steps"] for r in rows], dtype=float)
    true, low, high = _shortest(searched, least)
    # Where the whole budget pays, the whole budget is what should be proposed.
    aim = budget if TRUE[workload] == "compute-bound" else true
    near = int((np.abs(proposed / aim - 1) <= WITHIN).sum())
    holds = sum(r["shortest_low"] <= true <= r["shortest_high"] for r in rows)
    middle, tenth, nine = np.quantile(proposed, [0.5, 0.1, 0.9])
    n = len(rows)
    return (
        f"| {workload} | {right} of {n} ({TRUE[workload]}) | {middle:,.0f} ({tenth:,.0f} to "
        f"{nine:,.0f}) | {true:,.0f} ({low:,.0f} to {high:,.0f}) | {near} of {n} | {holds} of {n} "
        f"| {np.median([r['trials'] for r in rows]):.0f} "
        f"| {np.median([r['budgets'] for r in rows]):.0f} |\n"
    )


def _shortest(searched: dict[int, list[list[float]]], least: float) -> tuple[float, float, float]:
    """By the exhaustive search, with the interval that a bootstrap of its seeds gives."""
    arrays = {n: np.asarray(v) for n, v in searched.items()}
    rng = np.random.default_rng(0)
    seeds = next(iter(arrays.values())).shape[1]
    drawn = []
    for _ in range(500):
        chosen = rng.integers(0, seeds, seeds)
        drawn.append(shortest(means({n: v[:, chosen] for n, v in arrays.items()}), least))
    low, high = np.quantile(drawn, [0.025, 0.975])
    return shortest(means(searched), least), float(low), float(high)


def _beyond(
    rows: Sequence[Mapping[str, Any]],
    found: Mapping[str, dict[int, list[list[float]]]],
    budget: int,
) -> str:
    """Forecasts of twice a length beside what twice the length brought."""
    text = "\n### Twice as long, forecast and trained\n\n"
    gain = means(found["teacher"])[budget][0] - means(found["teacher"])[2 * budget][0]
    own = [r["twice"] for r in rows if r["workload"] == "teacher"]
    told = [t for t in own if t]
    holds = sum(low <= gain <= high for _, low, high in told)
    middle = f"{np.median([t[0] for t in told]):.3f}" if told else "-"
    text += (
        f"By the procedure, on `teacher`: a forecast in {len(told)} of {len(own)} repeats, {middle} in "
        f"the median; twice the budget brings {gain:.3f}, which {holds} of {len(told)} intervals "
        "hold. From the exhaustive search, each length as if it were the budget, the last five "
        "lengths (or four) up to it with 8 seeds each:\n\n"
        "| workload | from | forecast of twice that | trained |\n|---|---|---|---|\n"
    )
    for workload in ("teacher", "text"):
        doubled = sorted(n for n in found[workload] if _power_of_two(2 * budget / n))
        best = {n: _at_best(found[workload][n])[:8] for n in doubled}
        for at in range(3, len(doubled) - 1):
            upto = doubled[: at + 1]
            law = length_law(np.stack([best[n] for n in upto], axis=1), upto)
            true = float((best[upto[-1]] - best[doubled[at + 1]]).mean())
            said = str(law.forecast[2.0]) if isinstance(law, LengthLaw) else f"none: {law.reason}"
            text += f"| {workload} | {upto[-1]:,} | {said} | {true:.4g} |\n"
    return text


def _at_best(rows: list[list[float]]) -> np.ndarray:
    """The seeds at a length's best rate."""
    each = np.asarray(rows)
    return each[int(np.nanargmin(each.mean(axis=1)))]


def _power_of_two(ratio: float) -> bool:
    return abs(np.log2(ratio) - round(float(np.log2(ratio)))) < 1e-6
