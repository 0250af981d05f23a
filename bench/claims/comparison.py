"""Measured error rates of D1 and D3: adopting when nothing changed, looks and candidates included.

python bench/claims/comparison.py
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from rate_page import cell

from tunebook.analysis.comparison import SideEvidence, judge
from tunebook.book.decisions import LOOKS
from tunebook.words.decision import Verdict
from tunebook.words.design import Objective

OBJECTIVE = Objective("loss")
MARGIN = 0.5
"""Least improvement, in standard deviations of the seeds' noise."""


COARSE = "normal, counted in steps of 3"
GRAIN = 3.0


def noise(rng: np.random.Generator, n: int, kind: str) -> np.ndarray:
    """Seeds' noise with mean 0 and standard deviation 1."""
    if kind in ("normal", COARSE):
        return rng.normal(size=n)
    if kind == "skewed":
        drawn = rng.lognormal(0, 0.75, n)
        return (drawn - np.exp(0.75**2 / 2)) / np.sqrt((np.exp(0.75**2) - 1) * np.exp(0.75**2))
    # Most seeds alike, one in ten much worse.
    worse = rng.random(n) < 0.1
    return (rng.normal(size=n) * 0.5 + 3 * worse - 0.3) / np.sqrt(0.25 + 9 * 0.09)


def decided(
    rng: np.random.Generator, gain: float, candidates: int, looks: int, kind: str
) -> tuple[Verdict, int]:
    """One decision, looking after each batch as `decide` does; reruns a side that it took."""
    most = LOOKS[looks - 1]
    base = noise(rng, most, kind)
    own = [noise(rng, most, kind) - gain for _ in range(candidates)]
    if kind == COARSE:
        offset = rng.random()
        base, *own = (GRAIN * np.round(v / GRAIN + offset) for v in (base, *own))
    verdict, n = Verdict.MORE_EVIDENCE, 0
    for k, n in enumerate(LOOKS[:looks], 1):
        verdict = judge(
            [SideEvidence(name=str(i), values=tuple(v[:n])) for i, v in enumerate(own)],
            SideEvidence(name="baseline", values=tuple(base[:n])),
            objective=OBJECTIVE,
            least_improvement=MARGIN,
            error_rate=0.05 / (k * (k + 1)),
        ).verdict
        if verdict is not Verdict.MORE_EVIDENCE:
            break
    return verdict, n


def naive(rng: np.random.Generator, trials: int) -> bool:
    """Take the best of a sweep over one run of the baseline, where nothing differs at all."""
    return bool(rng.normal(size=trials).min() < rng.normal())


def page(repeats: int) -> str:
    """The measurements as a page."""
    lines = [
        "# D1, D3: measured error rates",
        "",
        f"`python bench/claims/comparison.py` makes this page: {repeats} decisions a cell; gains and the least improvement",
        f"({MARGIN:g}) in standard deviations of the seeds' noise; 95 % interval in brackets. The claim: where the gain is",
        "the least improvement or less, at most 5 % of decisions adopt, all looks and candidates together.",
        "",
        "| gain is exactly the least improvement | 1 look (4 reruns a side) | 3 looks (9) | 6 looks (30) |",
        "|---|---|---|---|",
    ]
    for kind in ("normal", "skewed", "one seed in ten much worse", COARSE):
        for count in (1, 2, 4):
            cells = []
            for looks in (1, 3, 6):
                rng = np.random.default_rng(looks)
                found = [decided(rng, MARGIN, count, looks, kind)[0] for _ in range(repeats)]
                cells.append(cell(found.count(Verdict.ADOPT), repeats))
            lines.append(f"| {count} candidates, {kind} noise | " + " | ".join(cells) + " |")
    lines += [
        "",
        "| true gain (1 candidate, normal noise, up to 30 reruns a side) | adopt | keep | more evidence | reruns a side, mean |",
        "|---|---|---|---|---|",
    ]
    for gain in (-1.0, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0):
        rng = np.random.default_rng(7)
        both = [decided(rng, gain, 1, 6, "normal") for _ in range(repeats)]
        verdicts = [v for v, _ in both]
        cells = [f"{verdicts.count(v) / repeats:.1%}" for v in Verdict]
        lines.append(
            f"| {gain:g} | " + " | ".join(cells) + f" | {np.mean([n for _, n in both]):.1f} |"
        )
    rng = np.random.default_rng(3)
    wrong = sum(naive(rng, 1) for _ in range(repeats)), sum(naive(rng, 32) for _ in range(repeats))
    lines += [
        "",
        "For contrast, where nothing differs at all: one run against one run of the baseline is better in "
        f"{wrong[0] / repeats:.0%} of cases,",
        f"and the best of a sweep of 32 in {wrong[1] / repeats:.0%}.",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=2000)
    text = page(parser.parse_args().repeats)
    (Path(__file__).parents[2] / "docs/claims/comparison.md").write_text(text, "utf-8")
    print(text)
