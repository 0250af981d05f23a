"""Books of 30 rounds: the share of false launches among launches, and what keeping it costs.

python bench/claims/books.py
"""

from __future__ import annotations

import argparse
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import scipy
from decisions import MARGIN, NOISE, OBJECTIVE, Case, Seeds, design, fixed_size, plan_of, through
from rate_page import cell
from scipy import stats

from tunebook.deciding.comparison import conclude
from tunebook.deciding.launch_account import RATE, granted
from tunebook.deciding.rerun_evidence import Question
from tunebook.domain.decision import Verdict

ROUNDS = 30
REAL = 0.2
EXCESS = 1.0
"""Of a real change above the least improvement, in standard deviations of a seed."""
TRIALS = 32
LEVEL = 0.05
QUESTION = Question(objective=OBJECTIVE, least_improvement=MARGIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One book: launches that were real and false, real changes in all, reruns."""

    right: int
    wrong: int
    real: int
    runs: int

    @property
    def false_share(self) -> float:
        """Of the launches."""
        return self.wrong / max(1, self.right + self.wrong)


@cache
def most_for(level: float) -> int:
    """Reruns a side whose plan promises EXCESS at that level."""
    most = 6
    while design(most, level).excess > EXCESS:
        most += 1
    return most


def accounted(rng: np.random.Generator, *, reuse: bool = False, crash: float = 0.0) -> Kept:
    """A book by its account; with `reuse` reruns of a baseline serve until it is replaced.

    Of the rounds a share `crash` can't be judged at first, as every rerun of the baseline crashes.
    Such a round takes no part in the account. It is planned anew, at a level of its own, after the
    next round that was judged; it then counts once.
    """
    adopted: list[bool] = []
    right = wrong = real = runs = 0
    base = np.empty(0)
    waiting: list[bool] = []
    for is_real in _questions(rng, crash, waiting):
        level = float(f"{granted(adopted):.2g}")
        case = Case(
            noise=NOISE["normal"],
            gains=(MARGIN + EXCESS * is_real,),
            most=most_for(level),
            level=level,
        )
        seeds = Seeds(case, rng)
        if reuse:
            seeds.values[1] = base
        readings = through(
            plan_of(design(case.most, level), 1, level),
            seeds,
            QUESTION,
        )
        launched = conclude(list(readings.values()), QUESTION).verdict is Verdict.ADOPT
        new = len(seeds.values[1]) - len(base) if reuse else len(seeds.values[1])
        runs += len(seeds.values[0]) + new
        base = np.empty(0) if launched or not reuse else seeds.values[1]
        adopted.append(launched)
        real += is_real
        right += launched and is_real
        wrong += launched and not is_real
    return Kept(right=right, wrong=wrong, real=real, runs=runs)


def _questions(rng: np.random.Generator, crash: float, waiting: list[bool]) -> Iterator[bool]:
    """Whether the change of each round that is judged is real, in the order of the plans."""
    for _ in range(ROUNDS):
        is_real = bool(rng.random() < REAL)
        if crash and rng.random() < crash:
            waiting.append(is_real)
            continue
        yield is_real
        yield from (waiting.pop() for _ in waiting[:1])


def unadjusted(rng: np.random.Generator) -> Kept:
    """Student's test at 5 % in every round, of a fixed size with the same power."""
    n = fixed_size(EXCESS, LEVEL)
    is_real = rng.random(ROUNDS) < REAL
    own = rng.normal(size=(ROUNDS, n)) - (MARGIN + EXCESS * is_real)[:, None]
    base = rng.normal(size=(ROUNDS, n)) - MARGIN
    won = stats.ttest_ind(base, own, axis=1, alternative="greater").pvalue < LEVEL
    return _kept(won, is_real, 2 * n * ROUNDS)


def winners(rng: np.random.Generator) -> Kept:
    """The best of a sweep's trials is launched if it beats the best of the baseline's."""
    is_real = rng.random(ROUNDS) < REAL
    own = rng.normal(size=(ROUNDS, TRIALS)) - (MARGIN + EXCESS * is_real)[:, None]
    base = rng.normal(size=(ROUNDS, TRIALS)) - MARGIN
    return _kept(own.min(axis=1) < base.min(axis=1), is_real, 0)


def _kept(won: np.ndarray, real: np.ndarray, runs: int) -> Kept:
    return Kept(
        right=int((won & real).sum()),
        wrong=int((won & ~real).sum()),
        real=int(real.sum()),
        runs=runs,
    )


def row(name: str, books: list[Kept]) -> str:
    shares = np.array([b.false_share for b in books])
    reach = 1.96 * shares.std(ddof=1) / len(books) ** 0.5
    launched = cell(sum(b.right for b in books), sum(b.real for b in books))
    runs = np.mean([b.runs for b in books]) / ROUNDS
    return (
        f"| {name} | {shares.mean():.1%} ({shares.mean() - reach:.1%} to {shares.mean() + reach:.1%}) | "
        f"{launched} | {np.mean([b.right + b.wrong for b in books]):.1f} | {runs:.1f} |"
    )


def crashing(repeats: int) -> list[Kept]:
    """Books in which a fifth of the rounds is judged later; random numbers of their own."""
    rng = np.random.default_rng(12)
    return [accounted(rng, crash=0.2) for _ in range(repeats)]


def page(repeats: int) -> str:
    """The measurements as a page."""
    rng = np.random.default_rng(11)
    rows = [
        row("the book's account", [accounted(rng, reuse=False) for _ in range(repeats)]),
        row("the account, baseline reused", [accounted(rng, reuse=True) for _ in range(repeats)]),
        row("the account, a fifth of the baselines crash at first", crashing(repeats)),
        row("5 % in every round, fixed size", [unadjusted(rng) for _ in range(repeats)]),
        row("launch what won the sweep", [winners(rng) for _ in range(repeats)]),
    ]
    head = (
        f"`python bench/claims/books.py --repeats {repeats}` makes this page (Python {platform.python_version()}, "
        f"NumPy {np.__version__}, SciPy {scipy.__version__}): {repeats}"
    )
    return (
        "\n".join(
            [
                "# Launches of a book: measured share of false ones",
                "",
                head,
                f"books of {ROUNDS} rounds each. {REAL:.0%} of the changes are real: {EXCESS:g} standard deviation of a seed above the least",
                "improvement; the others gain exactly the least improvement. Each round plans as many reruns as promise that",
                "difference in 80 % of cases at the level that the account grants. The claim: the mean of false / max(1, launches) is at",
                f"most {RATE:.0%}. 95 % intervals in brackets.",
                "",
                "| launches by | false among launches | real changes launched | launches a book | reruns a round |",
                "|---|---|---|---|---|",
                *rows,
            ]
        )
        + "\n"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=2000)
    text = page(parser.parse_args().repeats)
    (Path(__file__).parents[2] / "docs/claims/books.md").write_text(text, "utf-8")
    print(text)
