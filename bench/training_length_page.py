"""The page that bench/training_length.py writes."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from training_length_exhaustive import SEEDS, means, shortest

TRUE = {"digits": "saturated", "teacher": "compute-bound"}
WITHIN = 0.25

BEGIN, END = "<!-- measured: begin -->\n", "<!-- measured: end -->\n"

HEAD = """
`make bench-training-length`: two workloads, {repeats} times each with seeds of its own, held against an exhaustive search over lengths
(four to a doubling), learning rates and seeds. `digits`: scikit-learn's digits, 1,000 for training, a network of one hidden layer: done
with them soon. `teacher`: 60,000 examples that a random network labelled, which goes on improving for as long as anybody waits.
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
    for workload, searched in found.items():
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
    """Forecasts of twice the budget beside what twice the budget brought."""
    text = "\n### Twice the budget, forecast and trained\n\n"
    text += "| workload | forecast, median | its interval holds the truth | trained |\n"
    text += "|---|---|---|---|\n"
    for workload, searched in found.items():
        told = means(searched)
        if 2 * budget not in told:
            continue
        gain = told[budget][0] - told[2 * budget][0]
        own = [r["twice"] for r in rows if r["workload"] == workload and r["twice"]]
        every = sum(r["workload"] == workload for r in rows)
        if not own:
            text += f"| {workload} | told in 0 of {every} | - | {gain:.3f} |\n"
            continue
        holds = sum(low <= gain <= high for _, low, high in own)
        middle, low, high = (float(np.median(v)) for v in zip(*own, strict=True))
        text += (
            f"| {workload} | {middle:.3f} ({low:.3f} to {high:.3f}), told in {len(own)} of {every} "
            f"| {holds} of {len(own)} | {gain:.3f} |\n"
        )
    return text
