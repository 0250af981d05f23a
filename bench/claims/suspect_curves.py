"""Measured error rates of C8: curves as they should be, and curves with a bug planted.

python bench/claims/suspect_curves.py
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from curve_shapes import Shape, study
from rate_page import VERSIONS, rows

from tunebook.checks.suspect_curves import check as suspect_curves
from tunebook.domain.finding import NotApplicable, Severity
from tunebook.domain.table import Curves, TrialTable

TRAIN = Shape(pace=5, noise=0.01)
VALID = Shape(pace=10)
Case = dict[str, object]

NOTHING: dict[str, Case] = {
    "level, 10 evaluations": {"train": Shape(pace=30, noise=0.01), "points": 10},
    "level, 50 evaluations": {"train": Shape(pace=30, noise=0.01), "points": 50},
    "level, 200 evaluations": {"train": Shape(pace=30, noise=0.01), "points": 200},
    "noise wanders (0.5), 50 evaluations": {
        "train": Shape(pace=30, wander=0.5), "valid": Shape(wander=0.5), "points": 50,
    },
    "noise wanders (0.8), 100 evaluations": {
        "train": Shape(pace=30, wander=0.8), "valid": Shape(wander=0.8), "points": 100,
    },
    "heavy tails (Student, 2 degrees), 50 evaluations": {
        "train": Shape(pace=30, tails=2), "valid": Shape(tails=2), "points": 50,
    },
    "noise that all trials share, 50 evaluations": {
        "train": Shape(pace=30, shared=1.0), "valid": Shape(shared=1.0), "points": 50,
    },
    "learning rate cut in steps, 50 evaluations": {
        "train": Shape(jump=0.1, noise=0.005), "valid": Shape(jump=0.1, noise=0.005),
        "points": 50,
    },
    "counted in hundredths, 20 evaluations": {"valid": Shape(grain=0.01), "points": 20},
    "counted in tenths, 20 evaluations": {"valid": Shape(grain=0.1), "points": 20},
    "irregular in step, cut off, holes, missing metrics": {
        "train": Shape(pace=30, noise=0.01), "points": 60, "irregular": True, "cut": 0.3,
        "holes": 0.05, "missing": 0.1, "failing": 0.2,
    },
    "four studies, 50 evaluations": {
        "train": Shape(pace=30, noise=0.01), "points": 50, "studies": 4,
    },
}  # fmt: skip
BUGS: dict[str, Case] = {
    "training loss rises by 0.05, five times the noise, 20 evaluations": {
        "train": Shape(pace=20, rise=0.05, noise=0.01), "points": 20,
    },
    "period of 5, twice the noise, 50 evaluations": {
        "valid": Shape(period=5, swing=0.04), "points": 50,
    },
    "period of 5, as high as the noise, 100 evaluations": {
        "valid": Shape(period=5, swing=0.02), "points": 100,
    },
    "period of 8, twice the noise, which wanders (0.5), 100 evaluations": {
        "valid": Shape(period=8, swing=0.04, wander=0.5), "points": 100,
    },
    "two trials have identical curves, 10 evaluations": {"points": 10, "twins": True},
    "validation never changes, 10 evaluations": {"points": 10, "stuck": True},
}  # fmt: skip


def made(rng: np.random.Generator, trials: int, case: Case) -> TrialTable:
    """A study of that case."""
    more = dict(case)
    shapes = {
        "valid/error": more.pop("valid", VALID),
        "train/loss": more.pop("train", TRAIN),
    }
    twins, stuck = more.pop("twins", False), more.pop("stuck", False)
    found = study(rng, trials, more.pop("points"), shapes, **more)  # type: ignore[arg-type]
    if twins:
        curves = {
            m: Curves.pack([c.of(0 if i == 1 else i) for i in range(trials)])
            for m, c in found.curves.items()
        }
        found = replace(found, curves=curves)
    if stuck:
        own = found.curves["valid/error"]
        still = Curves(own.offsets, own.steps, np.full(len(own.values), 0.9))
        found = replace(found, curves={**found.curves, "valid/error": still})
    return found


def rates(case: Case, trials: int, repeats: int, seed: int) -> tuple[int, int]:
    """Tables with anything said of C8, and those of which it is silent for want of data."""
    rng = np.random.default_rng(seed)
    said = silent = 0
    for _ in range(repeats):
        result = suspect_curves.check(made(rng, trials, case))
        if isinstance(result, NotApplicable):
            silent += 1
            continue
        own = [f for f in result.findings if f.check == "C8"]
        thin = any("Not enough evidence" in f.sentence for f in own)
        silent += thin
        said += not thin and any(f.severity is not Severity.PASS for f in own)
    return said, silent


def page(repeats: int) -> Iterator[str]:
    """The measurements as a page, row by row, so that a run that is cut off leaves what it has."""
    lines = [
        "# C8: measured error rates",
        "",
        f"`python bench/claims/suspect_curves.py --repeats {repeats}` makes this page {VERSIONS}.",
        "The validation error and the training loss gain 1, with noise of 0.02 and 0.01 from one evaluation to the next",
        "where nothing else is said; level: the training loss is flat from a tenth of training on. 95 % intervals in brackets.",
        "",
        "The claim: in at most 5 % of tables that have nothing to find anything is said of rising, periodic, identical or",
        "constant curves together. Each cell says how often that was; then, where not 0, how often the check kept silent for",
        "want of data. Below 32 evaluations no period is looked for. A cell of few tables bounds its rate loosely.",
        "",
    ]
    return rows(lines, NOTHING, ("bug", BUGS), counted, repeats)


def counted(case: Case, trials: int, repeats: int, seed: int, power: bool) -> tuple[int, int]:
    """What a cell counts: any word, wrong where there is nothing to find."""
    del power
    return rates(case, trials, repeats, seed)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=1000)
    for text in page(parser.parse_args().repeats):
        (Path(__file__).parents[2] / "docs/claims/suspect_curves.md").write_text(text, "utf-8")
    print(text)
