"""Measured rates of decisions by a chance to beat, by pairs of seeds, and with unequal runs.

python bench/claims/estimands.py
"""

from __future__ import annotations

import argparse
import platform
from functools import cache
from pathlib import Path

import numpy as np
import scipy
from decisions import LEVEL, MARGIN, NOISE, Case, Outcome, design, many
from rate_page import cell

from tunebook.domain.decision import Estimand, Verdict

BEATS = Estimand.BEATS
DRAWS = 2_000_000


@cache
def even_gain(name: str) -> float:
    """The gain in the mean at which the candidate beats the baseline by the margin half the time."""
    own, base = NOISE[name]
    rng = np.random.default_rng(3)
    return MARGIN - float(np.median(base(rng, DRAWS) - own(rng, DRAWS)))


@cache
def chance_at(name: str, gain: float) -> float:
    """How often it does at another gain."""
    own, base = NOISE[name]
    rng = np.random.default_rng(4)
    return float((base(rng, DRAWS) - own(rng, DRAWS) > MARGIN - gain).mean())


def adopted(found: list[Outcome]) -> str:
    return cell(sum(o.verdict is Verdict.ADOPT for o in found), len(found))


def missed(ends: list[tuple[float, float]], true: float) -> str:
    return cell(sum(not low <= true <= high for low, high in ends), len(ends))


def beats_rows(repeats: int) -> list[str]:
    """Rates where the chance to beat the baseline decides."""
    rows = [
        "| noise | at one half, 12 a side | extended three times | 3 candidates, extended | an interval misses "
        "| by seed, extended | adopted at the promised gain | chance there | an interval misses there |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    excess = design(12, LEVEL).excess
    for name, noise in NOISE.items():
        even = even_gain(name)
        how = {"noise": noise, "estimand": BEATS}
        found = [
            many(Case(**how, gains=(even,)), repeats),
            many(Case(**how, gains=(even,), extensions=3), repeats),
            many(Case(**how, gains=(even,) * 3, extensions=3), repeats),
        ]
        pairs = many(Case(**how, gains=(even,), extensions=3, paired=True), repeats)
        power = many(Case(**how, gains=(even + excess,)), repeats)
        there = chance_at(name, even + excess)
        ends = [e for f in found for o in f for e in o.gains]
        far = [e for o in power for e in o.gains]
        rows.append(
            f"| {name} | {' | '.join(map(adopted, found))} | {missed(ends, 0.5)} | {adopted(pairs)} "
            f"| {adopted(power)} | {there:.0%} | {missed(far, there)} |"
        )
    return rows


def failing_rows(repeats: int) -> list[str]:
    """A side whose reruns fail more often than the other's: infeasible ones beat none."""
    rows = [
        "| infeasible, both sides | at the least improvement, extended | by mean, counted as chance |",
        "|---|---|---|",
    ]
    for fails in (0.1, 0.2, 0.4):
        how = {"noise": NOISE["normal"], "fails": fails, "extensions": 3}
        rows.append(
            f"| {fails:.0%} | {adopted(many(Case(**how, estimand=BEATS), repeats))} "
            f"| {adopted(many(Case(**how), repeats))} |"
        )
    return rows


def paired_rows(repeats: int) -> list[str]:
    """Means compared seed by seed, by how much seeds share."""
    rows = [
        "| planned a side | shared | by seed: at the least improvement, extended | an interval misses "
        "| adopted at the promise, times (1 - shared)^0.5 | not by seed: at the least improvement | adopted there |",
        "|---|---|---|---|---|---|---|",
    ]
    for most in (6, 12, 24):
        for shared in (0.0, 0.5, 0.9):
            how = {"noise": NOISE["normal"], "most": most, "shared": shared}
            promise = MARGIN + design(most, LEVEL, paired=True).excess * (1 - shared) ** 0.5
            null = many(Case(**how, extensions=3, paired=True), repeats)
            held = [h for o in null for h in o.held]
            rows.append(
                f"| {most} | {shared:.0%} | {adopted(null)} | {cell(held.count(False), len(held))} "
                f"| {adopted(many(Case(**how, gains=(promise,), paired=True), repeats))} "
                f"| {adopted(many(Case(**how, extensions=3), repeats))} "
                f"| {adopted(many(Case(**how, gains=(promise,)), repeats))} |"
            )
    return rows


def unequal_rows(repeats: int) -> list[str]:
    """A baseline with more reruns than the candidate."""
    rows = [
        "| noise | 8 more reruns of the baseline: at the least improvement, extended | 40 more | 40 more, chance to beat |",
        "|---|---|---|---|",
    ]
    for name, noise in NOISE.items():
        mean = [many(Case(noise=noise, extensions=3, earlier=more), repeats) for more in (8, 40)]
        even = Case(
            noise=noise, extensions=3, earlier=40, estimand=BEATS, gains=(even_gain(name),)
        )
        rows.append(
            f"| {name} | {' | '.join(map(adopted, mean))} | {adopted(many(even, repeats))} |"
        )
    return rows


def page(repeats: int) -> str:
    """The measurements as a page."""
    return (
        "\n".join(
            [
                "# D1, D3: other estimands, pairs of seeds, unequal runs",
                "",
                f"`python bench/claims/estimands.py --repeats {repeats}` makes this page (Python {platform.python_version()}, NumPy "
                f"{np.__version__}, SciPy {scipy.__version__}): {repeats}",
                "decisions a cell, set up as in [decisions.md](decisions.md); 95 % intervals in brackets.",
                "",
                "**The chance to beat the baseline.** The claim: where a rerun of the candidate beats one of the baseline by more than the least",
                "improvement in half of all cases, at most 5 % of decisions adopt. Each gain is set so that this chance is exactly one half. The",
                "promised gain is that of the mean (1.21 standard deviations above), which is another chance for every noise.",
                "",
                *beats_rows(repeats),
                "",
                "Infeasible reruns beat none:",
                "",
                *failing_rows(repeats),
                "",
                "**Means, seed by seed.** A part of the noise's variance is what a seed does to both sides:",
                "",
                *paired_rows(repeats),
                "",
                "**Unequal runs.** The baseline has more reruns than the candidate, as where those of earlier decisions count:",
                "",
                *unequal_rows(repeats),
            ]
        )
        + "\n"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=2000)
    text = page(parser.parse_args().repeats)
    (Path(__file__).parents[2] / "docs/claims/estimands.md").write_text(text, "utf-8")
    print(text)
