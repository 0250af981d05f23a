"""Measured error rates of C6 and C7: curves that have levelled off, and curves that have not.

python bench/claims/training_length.py
"""

from __future__ import annotations

import argparse
import platform
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import scipy
from late_curves import STEPS, Shape, cosine, falling, of_their_own, power, study, wandering

from tunebook.checks.training_length import check as training_length
from tunebook.checks.training_length.more_steps import gain_of_more
from tunebook.domain.finding import NotApplicable, Severity
from tunebook.domain.table import TrialTable
from tunebook.statistics.estimators import proportion

LEVEL, NEARLY, HALF, STEADY = falling(40.0), falling(5.0), falling(2.5), falling(1.0)
CASES: dict[str, dict[str, Any]] = {
    "level, noise 0.02": {"shape": LEVEL},
    "level, noise that wanders (0.5 from one evaluation to the next)": {
        "shape": LEVEL,
        "wander": 0.5,
    },
    "level, noise that wanders (0.8)": {"shape": LEVEL, "wander": 0.8},
    "nearly level at the end (0.012 in the last fifth, 0.007 left to gain)": {"shape": NEARLY},
    "falling, half of it in the first quarter": {"shape": HALF},
    "falling steadily": {"shape": STEADY},
}
POINTS = (10, 20, 50, 200)
SIZES = (16, 32, 64, 128, 512)
LEVELLED: dict[str, dict[str, Any]] = {
    "level": {"shape": LEVEL},
    "level, noise that wanders (0.5)": {"shape": LEVEL, "wander": 0.5},
    "level, heavy-tailed noise": {"shape": LEVEL, "heavy": True},
    "level, irregular steps": {"shape": LEVEL, "irregular": True},
    "level, a third cut off": {"shape": LEVEL, "cut_off": True},
    "level, all trials equally good": {"shape": LEVEL, "spread": 0.0},
}
FALLING: dict[str, dict[str, Any]] = {
    "falling steadily": {"shape": STEADY},
    "falling steadily, irregular steps": {"shape": STEADY, "irregular": True},
    "falling steadily, a third cut off": {"shape": STEADY, "cut_off": True},
}
DECAYING = {
    "nothing left": falling(40.0),
    "exp(-5 t)": falling(5.0),
    "0.1 / t": power(0.1, 1.0),
    "0.3 t^-0.5": power(0.3, 0.5),
}
"""Falls with the summed rate; `height` of what the rate's noise adds is 0.1."""
Lengths = Callable[[np.random.Generator, int], TrialTable]
NO_GROWTH: dict[str, Lengths] = {
    "tied decay, longer trials no better": lambda r, n: of_their_own(r, n, 0.0),
    "tied decay, no better beyond 60 epochs": lambda r, n: of_their_own(r, n, 0.2, until=60),
    "untied, longer trials no better": lambda r, n: of_their_own(r, n, 0.0, tied=False),
}
GROWTH: dict[str, Lengths] = {
    "tied decay, 0.2 a doubling": lambda r, n: of_their_own(r, n, 0.2),
    "tied decay, 0.5 a doubling": lambda r, n: of_their_own(r, n, 0.5),
}
SHAPES: dict[str, Shape] = {
    "level": LEVEL,
    "exp(-t)": STEADY,
    "exp(-2.5 t)": HALF,
    "exp(-5 t)": NEARLY,
    "0.3 t^-0.5": power(0.3, 0.5),
    "0.1 / t": power(0.1, 1.0),
    "0.3 (t + 0.1)^-0.7 (no shape of the two families)": lambda t: 0.3 * (t + 0.1) ** -0.7,
}

PUBLISHED = """
On published searches, read once in full by the same state of the check. Small parts of them: [subsamples.md](subsamples.md).

| search | longer (C6) | shorter (C7) |
|---|---|---|
| ConvNeXt, 288 complete, 287 best at their last epoch | from 66 epochs up the good trials gain 0.087 (0.011 to 0.16) in accuracy per doubling: a warning. Shorter trials end ahead of longer ones at the same step in 69 % of pairs: their decay is tied | 0 of 29 done early |
| DeBERTa, chance known | better over the whole range of epochs, 0.0035 (0.0029 to 0.0041) per doubling; from 3 to 4 epochs 0.001 (-0.0017 to 0.0037), which can't be told: a note | 28 of 87 |
| TaskSet lstm128 | 43 of 92 still improve, too near half of them to tell: not enough evidence | 38 of 92 |
| TaskSet gru64 | 76 of 100 still improve: a warning (half as long again: 0.0063, 0.0053 to 0.0074) | 18 of 100 |
| DeepOBS quadratic | 11 of 11 still improve, but little: a note | 0 of 11 |
| DeepOBS VAE | 9 of 10 still improve: a warning (0.17, 0.14 to 0.2) | 1 of 10 |
| DeepOBS Fashion-MNIST, accuracy | 4 of 15: a pass | 6 of 15 |
| DeepOBS CIFAR-10, accuracy | 1 of 11: a pass | 9 of 11 by step 58 of 100: a note |
| nanogpt | 63 of 63 still improve: a warning (0.15, 0.12 to 0.18) | 0 of 63 |
| AlgoPerf, both workloads | lengths differ and no hyperparameter sets them (runs stop at their target): it can't be told | 2 and 0 of 33 |
"""


def said(tables: Iterable[TrialTable]) -> tuple[int, int, int, int]:
    """Tables with a warning of C6, a note or warning of C7, no answer, and growth in any way."""
    longer = shorter = silent = grows = 0
    for made in tables:
        result = training_length.check(made)
        if isinstance(result, NotApplicable):
            silent += 1
            continue
        found = {f.check: f for f in result.findings}
        longer += found["C6"].severity is Severity.WARNING
        grows += found["C6"].severity in (Severity.WARNING, Severity.NOTE)
        shorter += "C7" in found and bool(found["C7"].trials)
        silent += "Not enough evidence" in found["C6"].sentence
    return longer, shorter, silent, grows


def cell(count: int, repeats: int) -> str:
    """A share with its 95 % interval."""
    share = proportion(count, repeats)
    return f"{share.estimate:.1%} ({share.low:.1%} to {share.high:.1%})"


def by_points(repeats: int) -> list[str]:
    """C6 and C7 against the number of evaluations, 32 trials."""
    lines = _head("curves, 32 trials", [f"{n} evaluations" for n in POINTS])
    for name, case in CASES.items():
        cells = []
        for points in POINTS:
            rng = np.random.default_rng(points)
            longer, shorter, silent, _ = said(
                study(rng, 32, points, **case) for _ in range(repeats)
            )
            shares = f"{cell(longer, repeats)}; {shorter / repeats:.0%}"
            cells.append(shares + (f"; silent {silent / repeats:.0%}" if silent else ""))
        lines.append(_row(name, cells))
    return lines


def by_trials(repeats: int, cases: dict[str, dict[str, Any]], title: str) -> list[str]:
    """C6 against the number of trials, 50 evaluations."""
    lines = _head(title, [f"{n} trials" for n in SIZES])
    for name, case in cases.items():
        cells = []
        for trials in SIZES:
            rng = np.random.default_rng(trials)
            many = max(50, repeats // (1 + trials // 200))
            longer, _, silent, _ = said(study(rng, trials, 50, **case) for _ in range(many))
            cells.append(cell(longer, many) + (f"; silent {silent / many:.0%}" if silent else ""))
        lines.append(_row(name, cells))
    return lines


def by_lengths(repeats: int, cases: dict[str, Lengths], title: str) -> list[str]:
    """C6 where each trial has its own length: the warning; growth noted or warned; no answer."""
    lines = _head(title, [f"{n} trials" for n in SIZES])
    for name, make in cases.items():
        cells = []
        for trials in SIZES:
            rng = np.random.default_rng(trials)
            many = max(50, repeats // (1 + trials // 200))
            longer, _, silent, grows = said(make(rng, trials) for _ in range(many))
            more = f"; {(grows - silent) / many:.0%}"
            cells.append(
                cell(longer, many) + more + (f"; silent {silent / many:.0%}" if silent else "")
            )
        lines.append(_row(name, cells))
    return lines


def by_schedule(repeats: int) -> list[str]:
    """C6 and C7 under a cosine that the configurations name, and that they do not name."""
    lines = _head("fall with the summed rate, gain of twice the length", [
        f"{n} evaluations, {'schedule = cosine' if s else 'no hyperparameter'}" for n in (20, 50) for s in ("cosine", "")
    ])  # fmt: skip
    for name, shape in DECAYING.items():
        gain = float(shape(np.array(0.5)) - shape(np.array(1.0)))
        cells = []
        for points in (20, 50):
            for schedule in ("cosine", ""):
                rng = np.random.default_rng(points)
                counts = np.zeros(3, int)
                for _ in range(repeats):
                    made = study(rng, 32, points, cosine(shape, 0.1), schedule=schedule)
                    found = {f.check: f for f in training_length.check(made).findings}
                    counts += [
                        found["C6"].severity is Severity.PASS,
                        found["C7"].severity is Severity.PASS,
                        found["C6"].severity is Severity.WARNING,
                    ]
                longer = f"; longer {cell(int(counts[2]), repeats)}" if counts[2] else ""
                cells.append(
                    f"{cell(int(counts[0]), repeats)}; C7 {counts[1] / repeats:.0%}{longer}"
                )
        lines.append(_row(f"{name}, {gain:.2g}", cells))
    return lines


def coverage(repeats: int) -> list[str]:
    """How often the interval of the gain of half as long again holds the truth, and its width."""
    lines = _head("mean curve of three trials, noise 0.02", [
        f"{n} evaluations{', wandering (0.5)' if w else ''}" for n in (10, 20, 50, 200) for w in (0.0, 0.5)
    ])  # fmt: skip
    for name, shape in SHAPES.items():
        truth = float(shape(np.array(1.0)) - shape(np.array(1.5)))
        cells = []
        for points in (10, 20, 50, 200):
            for wander in (0.0, 0.5):
                rng = np.random.default_rng(points)
                t = np.arange(1, points + 1) / points
                held, widths = 0, []
                for _ in range(repeats):
                    noise = 0.02 / np.sqrt(3) * wandering(rng, points, wander)
                    gain = gain_of_more(STEPS * t - 1, shape(t) + noise, STEPS, 1.5)
                    held += gain.low <= truth <= gain.high
                    widths.append(gain.high - gain.low)
                cells.append(f"{cell(held, repeats)}; {np.median(widths):.2g}")
        lines.append(_row(f"{name}, gain {truth:.3g}", cells))
    return lines


def _head(first: str, columns: list[str]) -> list[str]:
    return ["", f"| {first} | " + " | ".join(columns) + " |", "|---|" + "---|" * len(columns)]


def _row(name: str, cells: list[str]) -> str:
    return f"| {name} | " + " | ".join(cells) + " |"


def page(repeats: int) -> str:
    """The measurements as a page."""
    lines = [
        "# C6, C7: measured error rates",
        "",
        f"`python bench/claims/training_length.py --repeats {repeats}` makes this page (NumPy {np.__version__}, SciPy",
        f"{scipy.__version__}, Python {platform.python_version()}): {repeats} studies a cell, a third of that at 512 trials; 95 % intervals in",
        "brackets. Where nothing is to be found, the claim is at most 5 % of studies in which C6 asks for longer training.",
        "A few good trials must agree by a margin (3 of 3, 4 of 4, 6 of 7); *silent*: not enough evidence.",
        "",
        '"Train longer" (C6), and after the semicolon "train shorter" (C7), against the number of evaluations:',
        *by_points(repeats),
        "",
        '"Train longer" where curves are level, 50 evaluations:',
        *by_trials(repeats, LEVELLED, "level curves"),
        "",
        "and where they fall:",
        *by_trials(repeats, FALLING, "falling curves"),
        "",
        "Trials with lengths of their own, 20 to 100 epochs: the warning that longer ones are still better at the upper end; then",
        "the share in which the check says at least that longer trials are better over the whole range, and the share in which it",
        "says that it can't tell (silent), with the interval of the gain. No growth at the upper end:",
        *by_lengths(repeats, NO_GROWTH, "level at the upper end"),
        "",
        "and growth:",
        *by_lengths(repeats, GROWTH, "growing"),
        "",
        "Passes under a rate that falls to 0 as a cosine over the training (noise 0.02 an evaluation, 32 trials): share of studies",
        "with a pass of C6, then of C7, then with a warning of C6 to train longer. With schedule = cosine among the hyperparameters",
        "no end of a curve passes or warns. Without it, a pass states that the rate must not decay: where twice the length gains more",
        "than the noise, each such pass would be wrong without that condition:",
        *by_schedule(repeats),
        "",
        "The gain of half as long again, extrapolated: share of 95 % intervals that hold it, and their width. The limit is that of",
        "gain and shape together, so the interval is a simultaneous one, wider than one for the gain with a shape that is known:",
        *coverage(repeats),
        "",
        "With 20 evaluations and fewer the correlation of noise can't be seen, and intervals are too short where it wanders.",
    ]
    return "\n".join(lines) + "\n" + PUBLISHED


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=400)
    text = page(parser.parse_args().repeats)
    (Path(__file__).parents[2] / "docs/claims/training_length.md").write_text(text, "utf-8")
    print(text)
