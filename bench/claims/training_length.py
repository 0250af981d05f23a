"""Measured error rates of C6 and C7: curves that have levelled off, and curves that have not.

python bench/claims/training_length.py
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from surfaces import table

from tunebook.analysis import training_length
from tunebook.analysis.estimators import proportion
from tunebook.words.finding import NotApplicable, Severity
from tunebook.words.table import Curves, TrialTable

STEPS = 1000


def curves(
    rng: np.random.Generator, points: int, pace: float, noise: float, wander: float = 0.0
) -> TrialTable:
    """A study of 32 trials whose curves fall as exp(-pace t), t from 0 to 1, plus noise."""
    base = table(rng, 32, [0.5, 0.5])
    steps = np.linspace(STEPS / points, STEPS, points).astype(int) - 1
    t = (steps + 1) / STEPS
    rows = []
    for value in base.value:
        shaken = rng.normal(size=points)
        for i in range(1, points):
            shaken[i] = wander * shaken[i - 1] + np.sqrt(1 - wander**2) * shaken[i]
        rows.append((steps, value + np.exp(-pace * t) + noise * shaken))
    best = np.array([v.min() for _, v in rows])
    return replace(base, curves={"loss": Curves.pack(rows)}, value=best, max_train_steps=STEPS)


CASES = {
    "level, noise 0.02": {"pace": 40.0, "noise": 0.02},
    "level, noise that wanders (0.5 from one evaluation to the next)": {
        "pace": 40.0, "noise": 0.02, "wander": 0.5,
    },
    "level, noise that wanders (0.8)": {"pace": 40.0, "noise": 0.02, "wander": 0.8},
    "nearly level at the end (0.012 in the last fifth, 0.007 left to gain)": {"pace": 5.0, "noise": 0.02},
    "falling, half of it in the first quarter": {"pace": 2.5, "noise": 0.02},
    "falling steadily": {"pace": 1.0, "noise": 0.02},
}  # fmt: skip
POINTS = (10, 20, 50, 200)


def rates(case: dict, points: int, repeats: int) -> tuple[int, int]:
    """Tables with a warning "train longer" (C6), and with a note "train shorter" (C7)."""
    rng = np.random.default_rng(points)
    longer = shorter = 0
    for _ in range(repeats):
        result = training_length.check(curves(rng, points, **case))
        if not isinstance(result, NotApplicable):
            said = {f.check: f.severity for f in result.findings}
            longer += said.get("C6") is Severity.WARNING
            shorter += said.get("C7") is Severity.NOTE
    return longer, shorter


def page(repeats: int) -> str:
    """The measurements as a page."""
    lines = [
        "# C6, C7: measured error rates",
        "",
        f"`python bench/claims/training_length.py` makes this page: {repeats} studies of 32 trials a cell; each cell says in how",
        'many "train longer" (C6) was said, then "train shorter" (C7), with the 95 % interval of the first.',
        "",
        "| curves | " + " | ".join(f"{n} evaluations" for n in POINTS) + " |",
        "|---|" + "---|" * len(POINTS),
    ]
    for name, case in CASES.items():
        cells = []
        for points in POINTS:
            longer, shorter = rates(case, points, repeats)
            share = proportion(longer, repeats)
            cells.append(
                f"{share.estimate:.0%} ({share.low:.0%} to {share.high:.0%}), {shorter / repeats:.0%}"
            )
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=200)
    text = page(parser.parse_args().repeats)
    (Path(__file__).parents[2] / "docs/claims/training_length.md").write_text(text, "utf-8")
    print(text)
