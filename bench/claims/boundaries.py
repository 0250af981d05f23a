"""Measured error rates of C1: false alarms on spaces that are wide enough, power on cut-off ones.

python bench/claims/boundaries.py
"""

from __future__ import annotations

import argparse
import platform
from collections.abc import Callable
from pathlib import Path

import numpy as np
import scipy
from rate_page import cell
from surfaces import table

from tunebook.checks.boundaries import check as boundaries
from tunebook.domain.finding import NotApplicable, Severity
from tunebook.domain.table import TrialTable
from tunebook.statistics.estimators import proportion

IN_5 = [0.15, 0.5, 0.3, 0.85, 0.6]
OUT_5 = [1.25, 0.5, 0.5, 0.5, 0.5]
Make = Callable[[np.random.Generator, int], TrialTable]

SIZES = (16, 32, 64, 128, 512)

NOTHING: dict[str, Make] = {
    "no axis matters, 2 axes": lambda r, n: table(r, n, [0.5] * 2, strength=[0, 0]),
    "no axis matters, 8 axes": lambda r, n: table(r, n, [0.5] * 8, strength=[0] * 8),
    "1 axis, best at 0.15": lambda r, n: table(r, n, [0.15], noise_share=0.1),
    "bowl, 2 axes, best at 0.15": lambda r, n: table(r, n, [0.15, 0.5], noise_share=0.1),
    "bowl, 5 axes, best at 0.15 and 0.85": lambda r, n: table(r, n, IN_5, noise_share=0.1),
    "the same, noise as large as the response": lambda r, n: table(r, n, IN_5, noise_share=1.0),
    "8 axes, 6 of them irrelevant": lambda r, n: table(
        r, n, [0.15, 0.8] + [0.5] * 6, strength=[1, 0.5] + [0] * 6, noise_share=0.1
    ),
    "off-diagonal 0.6 of two, 5 axes": lambda r, n: table(
        r, n, IN_5, interaction=1.2, noise_share=0.1
    ),
    "off-diagonal 0.6 of all pairs, 5 axes": lambda r, n: table(
        r, n, IN_5, shape="joint", noise_share=0.1
    ),
    "cusp, 2 axes": lambda r, n: table(r, n, [0.15, 0.5], shape="cusp", noise_share=0.1),
    "cusp, 5 axes": lambda r, n: table(r, n, IN_5, shape="cusp", noise_share=0.1),
    "cone, 5 axes": lambda r, n: table(r, n, IN_5, shape="cone", noise_share=0.1),
    "flat bottom, 3 axes": lambda r, n: table(r, n, IN_5[:3], shape="flat", noise_share=0.1),
    "well in a plain, 3 axes": lambda r, n: table(r, n, IN_5[:3], shape="well", noise_share=0.1),
    "two axes that stand for each other": lambda r, n: table(
        r, n, [0.5] * 2, strength=[0, 0], ridge=True
    ),
    "first fails above 0.6, best at 0.5": lambda r, n: table(r, n, [0.5, 0.5], fails_above=0.6),
    "heavy tails, 3 axes": lambda r, n: table(r, n, IN_5[:3], skew=True, noise_share=0.3),
    "the same, bests at 0.15 and 0.85": lambda r, n: table(
        r, n, [0.15, 0.85, 0.5], skew=True, noise_share=0.3
    ),
}
CUT_OFF: dict[str, Make] = {
    "bowl, 1 axis": lambda r, n: table(r, n, [1.25], noise_share=0.1),
    "bowl, 2 axes": lambda r, n: table(r, n, [1.25, 0.5], noise_share=0.1),
    "bowl, 5 axes": lambda r, n: table(r, n, OUT_5, noise_share=0.1),
    "bowl, 8 axes": lambda r, n: table(r, n, OUT_5 + [0.5] * 3, noise_share=0.1),
    "bowl, 5 axes, noise 0.3": lambda r, n: table(r, n, OUT_5, noise_share=0.3),
    "off-diagonal 0.6 of two, 5 axes": lambda r, n: table(
        r, n, OUT_5, interaction=1.2, noise_share=0.1
    ),
    "off-diagonal 0.6 of all pairs, 5 axes": lambda r, n: table(
        r, n, OUT_5, shape="joint", noise_share=0.1
    ),
    "cusp, 5 axes": lambda r, n: table(r, n, OUT_5, shape="cusp", noise_share=0.1),
    "cone, 5 axes": lambda r, n: table(r, n, OUT_5, shape="cone", noise_share=0.1),
}


INSIDE: dict[str, Make] = {
    "bowl, 1 axis, best at 0.5": lambda r, n: table(r, n, [0.5], noise_share=0.1),
    "bowl, 2 axes, best at 0.5": lambda r, n: table(r, n, [0.5, 0.5], noise_share=0.1),
    "bowl, 5 axes, best at 0.5": lambda r, n: table(r, n, [0.5] * 5, noise_share=0.1),
    "bowl, 5 axes, best at 0.5, noise 0.3": lambda r, n: table(r, n, [0.5] * 5, noise_share=0.3),
    "no axis matters, 2 axes": NOTHING["no axis matters, 2 axes"],
}
PASSED_AT = (16, 32, 64)


def alarms(make: Make, trials: int, repeats: int, seed: int) -> tuple[int, int]:
    """Tables with any alarm, and tables with one on the high side of the first axis."""
    rng = np.random.default_rng(seed)
    anywhere = there = 0
    for _ in range(repeats):
        result = boundaries.check(make(rng, trials))
        if isinstance(result, NotApplicable):
            continue
        sides = [(a.hyperparameter, s.side) for a in result.axes for s in a.sides if s.alarm]
        anywhere += bool(sides)
        there += ("x0", "high") in sides
    return anywhere, there


def passes(make: Make, trials: int, repeats: int, seed: int) -> tuple[int, int]:
    """Tables that pass the first axis, and hyperparameters that pass, of all tables."""
    rng = np.random.default_rng(seed)
    first = every = 0
    for _ in range(repeats):
        result = boundaries.check(make(rng, trials))
        if isinstance(result, NotApplicable):
            continue
        passed = {f.subject for f in result.findings if f.severity is Severity.PASS}
        first += "x0" in passed
        every += len(passed)
    return first, every


def page(repeats: int, most: int) -> str:
    """The measurements as a page."""
    lines = [
        "# C1: measured error rates",
        "",
        f"`python bench/claims/boundaries.py --repeats {repeats} --most {most}` makes this page, on Python {platform.python_version()},",
        f"NumPy {np.__version__} and SciPy {scipy.__version__}: studies of scrambled Halton points, {repeats} tables a cell (at 512 trials",
        f"{repeats // 2}), and where so few leave an upper limit above 6 % on false alarms, up to {most}; 95 % interval in brackets.",
        "Where nothing else is said, seed noise is a tenth of the standard deviation of the response, and one, two or all",
        "of the bests lie at 0.15 or 0.85 of their range: as near to an edge as the null allows. The claim is at most 5 %",
        "of tables with any alarm where the best lies inside.",
        "",
        "| best inside: any alarm | " + " | ".join(f"{n} trials" for n in SIZES) + " |",
        "|---|" + "---|" * len(SIZES),
    ]
    for name, make in NOTHING.items():
        lines.append(f"| {name} | " + " | ".join(_cells(make, repeats, 0, most)) + " |")
    lines += [
        "",
        "Power: alarms on the right side, with the best a quarter of the range outside of it.",
        "",
        "| cut off: found | " + " | ".join(f"{n} trials" for n in SIZES) + " |",
        "|---|" + "---|" * len(SIZES),
    ]
    for name, make in CUT_OFF.items():
        lines.append(f"| {name} | " + " | ".join(_cells(make, repeats, 1, 0)) + " |")
    return "\n".join([*lines, *pass_lines(repeats // 4)]) + "\n"


def pass_lines(repeats: int) -> list[str]:
    """How often an axis passes, cut off or not."""
    lines = [
        "",
        "A pass although the range is cut off: the first axis passes. Where an alarm is not possible, or an edge looks",
        f"better without being told, there is a note instead. {repeats} tables a cell.",
        "",
        "| cut off: passed | " + " | ".join(f"{n} trials" for n in PASSED_AT) + " |",
        "|---|" + "---|" * len(PASSED_AT),
    ]
    for name, make in CUT_OFF.items():
        lines.append(f"| {name} | " + " | ".join(_passed(make, repeats)) + " |")
    lines += [
        "",
        "A pass where the best lies inside: how often the first axis, which matters, passes.",
        "",
        "| best inside: passed | " + " | ".join(f"{n} trials" for n in PASSED_AT) + " |",
        "|---|" + "---|" * len(PASSED_AT),
    ]
    for name, make in INSIDE.items():
        lines.append(f"| {name} | " + " | ".join(_passed(make, repeats)) + " |")
    return lines


def _passed(make: Make, repeats: int) -> list[str]:
    cells = [cell(passes(make, n, repeats, 20)[0], repeats) for n in PASSED_AT]
    print(" | ".join(cells), flush=True)
    return cells


def _cells(make: Make, repeats: int, which: int, most: int) -> list[str]:
    cells = []
    for n in SIZES:
        of = repeats // 2 if n == 512 else repeats
        count, seed = alarms(make, n, of, 1 + which)[which], 10
        while proportion(count, of, confidence=0.9).high > 0.06 and of < most:
            count, of, seed = count + alarms(make, n, repeats, seed)[which], of + repeats, seed + 1
        cells.append(f"{cell(count, of)}{f' of {of}' if of > repeats else ''}")
    print(" | ".join(cells), flush=True)
    return cells


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=300)
    parser.add_argument("--most", type=int, default=1200)
    asked = parser.parse_args()
    text = page(asked.repeats, asked.most)
    (Path(__file__).parents[2] / "docs/claims/boundaries.md").write_text(text, "utf-8")
    print(text)
