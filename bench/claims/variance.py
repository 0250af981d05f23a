"""Measured error rates of C5: noise that hides differences, and noise that does not.

python bench/claims/variance.py
"""

from __future__ import annotations

import argparse
import platform
from pathlib import Path
from typing import Any

import numpy as np
import scipy
from late_curves import STEPS, falling, power, study, wandering

from tunebook.checks.late_noise import check as variance
from tunebook.checks.late_noise.estimator import late_part, read_noise
from tunebook.domain.finding import NotApplicable, Severity
from tunebook.statistics.estimators import proportion

SIZES = (16, 32, 64, 128, 512)
LEVEL, FALLS = falling(20.0), falling(2.5)
FAMILIES: dict[str, dict[str, Any]] = {
    "white noise": {"shape": LEVEL},
    "noise that wanders (0.5 from one evaluation to the next)": {"shape": LEVEL, "wander": 0.5},
    "a trend at the end": {"shape": FALLS},
    "heavy-tailed noise": {"shape": LEVEL, "heavy": True},
    "irregular steps": {"shape": LEVEL, "irregular": True},
    "a third cut off": {"shape": LEVEL, "cut_off": True},
}
COVERED: dict[str, dict[str, Any]] = {
    "white": {},
    "wandering, 0.5": {"wander": 0.5},
    "wandering, 0.8": {"wander": 0.8},
    "white, trend exp(-2.5 t)": {"shape": FALLS},
    "wandering, 0.5, trend 0.3 t^-0.5": {"wander": 0.5, "shape": power(0.3, 0.5)},
    "Student's t with 5 (assumption fails)": {"heavy": True},
}

PUBLISHED = """
On published searches, read once in full by the same state of the check: the noise of one evaluation, what two readings resolve,
and what the good trials span. Small parts of them: [subsamples.md](subsamples.md).

| search | noise | resolved | span of the best | said |
|---|---|---|---|---|
| TaskSet lstm128 | 0.0088 (0.0082 to 0.0096) | 0.012 | 0.22 | pass |
| TaskSet gru64 | 0.0031 (0.0029 to 0.0034) | 0.0049 | 0.075 | pass |
| ConvNeXt | 0.0021 (0.0018 to 0.0025) in the last 12 % of training, since it falls to the end | 0.0058 | 0.018 | pass |
| DeBERTa | 0.0014 (0.0013 to 0.0016) | 0.0023 | 0.0016 | warning |
| cifar10_3c3d, accuracy | 0.008 (0.007 to 0.0089) | 0.01 | 0.0049, and 0.005 between optimizers | warning |
| fmnist_2c2d, accuracy | 0.00012 (0.000096 to 0.00021); between seeds 0.0019 (0.0015 to 0.0026) | 0.00019 | 0.004 | pass |
| mnist_vae | 0.077 (0.057 to 0.4); between seeds 7.3 (5.7 to 9.9) | 0.13 | 0.087 | note: seeds spread more |
| fmnist_2c2d, loss | best by step 11 of 100, before the late part | | | not applicable |
| nanogpt | 0.0018 (0.0013 to 0.0031); between seeds 0.0011 | 0.0051 | 0.0034 | warning |
| AlgoPerf ogbg | 0.0033 (0.0029 to 0.004); between seeds 0.011 | 0.0072 | 0.0063, and 0.018 between submissions | pass |
| AlgoPerf wmt | 0.14 (0.12 to 0.16); between seeds 0.69 | 0.28 | 0.18 | note: seeds spread more |
"""


def warned(trials: int, repeats: int, ratio: float, case: dict[str, Any]) -> tuple[int, int, int]:
    """Studies with a warning, without an answer, and those whose truth is on this side.

    The noise is set so that what two readings resolve is `ratio` times the range of the good
    trials' own levels.
    """
    rng = np.random.default_rng(trials)
    alarms = silent = 0
    for _ in range(repeats):
        # The levels without noise say what their range is; the same seed makes them again.
        seed = int(rng.integers(2**62))
        still = study(np.random.default_rng(seed), trials, 50, LEVEL, noise=0.0)
        own = np.sort(still.value)[: min(10, max(3, -(-trials // 10)))]
        # What is left of the noise in the best of so many level evaluations; a trend leaves few.
        reading = 0.9 if case["shape"] is FALLS else 0.6 if case.get("wander") else 0.5
        noise = ratio * float(own[-1] - own[0]) / (2.77 * reading)
        result = variance.check(
            study(np.random.default_rng(seed), trials, 50, noise=noise, **case)
        )
        if isinstance(result, NotApplicable):
            silent += 1
            continue
        alarms += result.findings[0].severity is Severity.WARNING
    return alarms, silent, repeats


def covered(trials: int, points: int, repeats: int, case: dict[str, Any]) -> tuple[int, float]:
    """Intervals that hold the noise, and their median ratio of high to low."""
    rng = np.random.default_rng(points)
    t = np.arange(1, points + 1) / points
    steps = (STEPS * t).astype(int) - 1
    shape = case.get("shape", LEVEL)
    held, ratios = 0, []
    for _ in range(repeats):
        parts = []
        for _ in range(trials):
            noise = wandering(rng, points, case.get("wander", 0.0), heavy=case.get("heavy", False))
            part = late_part(steps, rng.random() + shape(t) + 0.02 * noise, STEPS)
            if part is not None:
                parts.append(part)
        size = read_noise(parts).deviation
        held += size.low <= 0.02 <= size.high
        ratios.append(size.high / size.low)
    return held, float(np.median(ratios))


def cell(count: int, repeats: int) -> str:
    """A share with its 95 % interval."""
    share = proportion(count, repeats)
    return f"{share.estimate:.1%} ({share.low:.1%} to {share.high:.1%})"


def warnings_table(repeats: int, ratio: float, title: str) -> list[str]:
    """Warnings by family and number of trials."""
    lines = ["", f"| {title} | " + " | ".join(f"{n} trials" for n in SIZES) + " |"]
    lines.append("|---|" + "---|" * len(SIZES))
    for name, case in FAMILIES.items():
        cells = []
        for trials in SIZES:
            many = max(20, repeats // (1 + trials // 200))
            alarms, silent, made = warned(trials, many, ratio, case)
            cells.append(cell(alarms, made) + (f"; silent {silent / made:.0%}" if silent else ""))
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return lines


def coverage_table(repeats: int) -> list[str]:
    """Coverage by family, good trials and evaluations."""
    kinds = [(m, n) for m in (3, 10) for n in (20, 50, 200)]
    lines = [
        "",
        "| noise | " + " | ".join(f"{m} trials, {n} evaluations" for m, n in kinds) + " |",
    ]
    lines.append("|---|" + "---|" * len(kinds))
    for name, case in COVERED.items():
        cells = []
        for trials, points in kinds:
            held, ratio = covered(trials, points, repeats, case)
            cells.append(f"{cell(held, repeats)}; {ratio:.2g}")
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return lines


def page(repeats: int) -> str:
    """The measurements as a page."""
    lines = [
        "# C5: measured error rates",
        "",
        f"`python bench/claims/variance.py --repeats {repeats}` makes this page (NumPy {np.__version__}, SciPy {scipy.__version__}, Python",
        f"{platform.python_version()}): {repeats} studies a cell, a third of that at 512 trials, 50 evaluations each, read at their best; 95 %",
        "intervals in brackets. The claim is at most 5 % of studies with a warning where two readings resolve half of the range of",
        "the good trials' own levels:",
        *warnings_table(repeats, 0.5, "nothing hidden"),
        "",
        "Warnings where they resolve no less than three times that range, so that which of the good trials is best is luck:",
        *warnings_table(repeats, 3.0, "hidden"),
        "",
        "Share of the 95 % intervals of the noise that hold it, and the median ratio of their ends. With few evaluations the",
        "correlation of the noise can't be seen, and the interval allows for it: its upper end is far up.",
        *coverage_table(repeats),
    ]
    return "\n".join(lines) + "\n" + PUBLISHED


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=400)
    text = page(parser.parse_args().repeats)
    (Path(__file__).parents[2] / "docs/claims/variance.md").write_text(text, "utf-8")
    print(text)
