"""Measured error rates of C4: curves that level off or fall, and curves that rise at the end.

python bench/claims/overfitting.py
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from curve_shapes import Shape, study
from rate_page import VERSIONS, rows

from tunebook.checks.overfitting import check as overfitting
from tunebook.domain.finding import NotApplicable, Severity
from tunebook.domain.table import TrialTable

FALLS = Shape(pace=3, noise=0.01)
LEVEL = Shape(pace=30)
Case = dict[str, object]

NOTHING: dict[str, Case] = {
    "level, 8 evaluations": {"valid": LEVEL, "points": 8},
    "level, 20 evaluations": {"valid": LEVEL, "points": 20},
    "level, 100 evaluations": {"valid": LEVEL, "points": 100},
    "still falling": {"valid": Shape(pace=3), "points": 20},
    "noise wanders (0.5)": {"valid": Shape(pace=30, wander=0.5), "points": 20},
    "noise wanders (0.8), 50 evaluations": {"valid": Shape(pace=30, wander=0.8), "points": 50},
    "heavy tails (Student, 2 degrees)": {"valid": Shape(pace=30, tails=2), "points": 20},
    "noise five times quieter at the end": {
        "valid": Shape(pace=30, noise=0.1, quieter=0.2), "points": 20,
    },
    "noise three times louder at the end": {"valid": Shape(pace=30, quieter=3), "points": 20},
    "half of the noise is shared by all trials": {
        "valid": Shape(pace=30, shared=0.5), "points": 20,
    },
    "learning rate cut in steps": {"valid": Shape(jump=0.1), "points": 50},
    "counted in hundredths": {"valid": Shape(pace=30, grain=0.01), "points": 20},
    "irregular in step, cut off, holes, missing metrics": {
        "valid": LEVEL, "points": 30, "irregular": True, "cut": 0.3, "holes": 0.05,
        "missing": 0.1, "failing": 0.2,
    },
    "four studies": {"valid": LEVEL, "points": 20, "studies": 4},
    "rises, and training with it": {
        "valid": Shape(pace=30, rise=0.3), "train": Shape(pace=30, rise=0.3), "points": 20,
    },
}  # fmt: skip
OVERFITS: dict[str, Case] = {
    "rises by 0.1, five times the noise, 10 evaluations": {
        "valid": Shape(pace=20, rise=0.1), "points": 10,
    },
    "rises by 0.06, three times the noise, 20 evaluations": {
        "valid": Shape(pace=20, rise=0.06), "points": 20,
    },
    "rises by 0.1, 20 evaluations": {"valid": Shape(pace=20, rise=0.1), "points": 20},
    "rises by 0.1 from 60 % of training on, 20 evaluations": {
        "valid": Shape(pace=20, rise=0.1, turn=0.6), "points": 20,
    },
    "rises by 0.06, 100 evaluations": {"valid": Shape(pace=20, rise=0.06), "points": 100},
    "rises by 0.1, noise wanders (0.5), 50 evaluations": {
        "valid": Shape(pace=20, rise=0.1, wander=0.5), "points": 50,
    },
    "rises by 0.1, 30 evaluations, irregular, cut off, holes": {
        "valid": Shape(pace=20, rise=0.1), "points": 30, "irregular": True, "cut": 0.3,
        "holes": 0.05, "missing": 0.1, "failing": 0.2,
    },
}  # fmt: skip


def made(rng: np.random.Generator, trials: int, case: Case) -> TrialTable:
    """A study of that case, with a training loss that falls unless the case says otherwise."""
    more = dict(case)
    shapes = {"valid/error": more.pop("valid"), "train/loss": more.pop("train", FALLS)}
    points = more.pop("points")
    return study(rng, trials, points, shapes, **more)  # type: ignore[arg-type]


def rates(case: Case, trials: int, repeats: int, seed: int) -> tuple[int, int, int]:
    """Tables with a warning, with a warning or a note, and with nothing said for want of data."""
    rng = np.random.default_rng(seed)
    warned = noted = silent = 0
    for _ in range(repeats):
        result = overfitting.check(made(rng, trials, case))
        if isinstance(result, NotApplicable):
            silent += 1
            continue
        thin = any("Not enough evidence" in f.sentence for f in result.findings)
        severities = {f.severity for f in result.findings}
        silent += thin
        warned += Severity.WARNING in severities
        noted += not thin and severities != {Severity.PASS}
    return warned, noted, silent


def page(repeats: int) -> Iterator[str]:
    """The measurements as a page, row by row, so that a run that is cut off leaves what it has."""
    lines = [
        "# C4: measured error rates",
        "",
        f"`python bench/claims/overfitting.py --repeats {repeats}` makes this page {VERSIONS}.",
        "Studies whose training loss falls throughout; the validation error gains 1, with noise of 0.02 from one",
        "evaluation to the next where nothing else is said. 95 % intervals in brackets.",
        "",
        "The claim: in at most 5 % of tables that have nothing to find anything is said, a warning or a note. Each cell says",
        "how often that was; then, where not 0, how often the check kept silent for want of data. Below: how often a warning",
        "says that most of the best trials overfit. A cell of few tables bounds its rate loosely: its interval says how loosely.",
        "",
    ]
    return rows(lines, NOTHING, ("overfits", OVERFITS), counted, repeats)


def counted(case: Case, trials: int, repeats: int, seed: int, power: bool) -> tuple[int, int]:
    """What a cell counts: warnings where there is something to find, else any word."""
    warned, noted, silent = rates(case, trials, repeats, seed)
    return (warned if power else noted), silent


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=1000)
    for text in page(parser.parse_args().repeats):
        (Path(__file__).parents[2] / "docs/claims/overfitting.md").write_text(text, "utf-8")
    print(text)
