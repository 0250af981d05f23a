"""Measured rates of D1 and D3: false adoption, coverage, power, and what reruns cost.

python bench/claims/decisions.py
"""

from __future__ import annotations

import argparse
import platform
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Protocol

import numpy as np
import scipy
from against_chance import chance_section
from decision_pairs import pair_rows, power_rows
from rate_page import cell
from scipy import stats

from tunebook.deciding.comparison import Judgement, conclude, read_look
from tunebook.deciding.rerun_evidence import Question, Reading, SideEvidence
from tunebook.deciding.sequential_design import OUTER, SequentialDesign, extended, planned
from tunebook.domain.decision import Estimand, RerunPlan, Verdict
from tunebook.domain.design import Objective

OBJECTIVE = Objective("loss")
MARGIN = 0.5
"""Least improvement, in standard deviations of the seeds' noise."""
CHANCE = 4.0
GRAIN = 3.0
LEVEL = 0.05
Noise = Callable[[np.random.Generator, int], np.ndarray]


def skewed(rng: np.random.Generator, n: int) -> np.ndarray:
    """Lognormal, mean 0, standard deviation 1."""
    drawn = rng.lognormal(0, 0.75, n)
    return (drawn - np.exp(0.75**2 / 2)) / np.sqrt((np.exp(0.75**2) - 1) * np.exp(0.75**2))


def groups(share: float, apart: float) -> Noise:
    """A share of the seeds worse by `apart`; mean 0, standard deviation 1."""
    size = np.sqrt(1 + apart**2 * share * (1 - share))

    def noise(rng: np.random.Generator, n: int) -> np.ndarray:
        return (rng.normal(size=n) + apart * ((rng.random(n) < share) - share)) / size

    return noise


def normal(rng: np.random.Generator, n: int) -> np.ndarray:
    """Standard normal."""
    return rng.normal(size=n)


NOISE: dict[str, tuple[Noise, Noise]] = {
    "normal": (normal, normal),
    "candidate's variance fourfold": (lambda r, n: 2 * normal(r, n), normal),
    "baseline's variance fourfold": (normal, lambda r, n: 2 * normal(r, n)),
    "skewed (lognormal)": (skewed, skewed),
    "heavy tails (Student, 3 degrees)": ((lambda r, n: r.standard_t(3, n) / 3**0.5,) * 2),
    "two groups, 4 of 10 bad": ((groups(0.4, 8.0),) * 2),
    "one seed in ten much worse": ((groups(0.1, 10.0),) * 2),
    "one seed in ten much worse, candidate alone": (groups(0.1, 10.0), normal),
    "skewed, candidate alone": (skewed, normal),
    "skewed the other way, candidate alone": (lambda r, n: -skewed(r, n), normal),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One kind of decision.

    Attributes:
        noise: of candidates and of the baseline.
        gains: of each candidate over the baseline, in standard deviations of normal seeds.
        most: reruns a side that were planned.
        extensions: how often the person goes on when told "more evidence".
        fails: share of reruns that are infeasible and count as chance.
        grain: step of the objective, 0 where it is continuous.
        estimand: what decides; `paired` by seed.
        shared: part of the noise's variance that a seed does to every side.
        earlier: reruns of the baseline that are there before the first look.
    """

    noise: tuple[Noise, Noise]
    gains: tuple[float, ...] = (MARGIN,)
    most: int = 12
    level: float = LEVEL
    extensions: int = 0
    fails: float = 0.0
    grain: float = 0.0
    estimand: Estimand = Estimand.MEAN
    paired: bool = False
    shared: float = 0.0
    earlier: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Verdict, reruns over all arms, each interval and whether it holds its gain."""

    verdict: Verdict
    best: str
    runs: int
    held: tuple[bool, ...]
    gains: tuple[tuple[float, float], ...]
    estimate: float


@cache
def design(most: int, level: float, *, paired: bool = False) -> SequentialDesign:
    return planned(most, level, paired=paired)


def plan_of(made: SequentialDesign, candidates: int, level: float) -> RerunPlan:
    """As a book records it."""
    names = tuple(str(i) for i in range(candidates))
    return RerunPlan(
        number=1, round=1, candidates=names, configs=tuple({"side": n} for n in names),
        looks=made.looks, adopt=made.adopt, drop=made.drop, outer=made.outer, level=level,
        confidence=1 - level * (1 + OUTER), excess=made.excess, extension=made.extension,
        planned_at=0.0,
    )  # fmt: skip


class Seeds:
    """Reruns of each side, drawn as they are asked for."""

    def __init__(self, case: Case, rng: np.random.Generator) -> None:
        self.case, self.rng = case, rng
        self.candidates = len(case.gains)
        self.values = [np.empty(0) for _ in range(len(case.gains) + 1)]
        self.offset = rng.random()
        self.common = np.empty(0)

    def upto(self, side: int, n: int) -> SideEvidence:
        """The first n of a side; the last side is the baseline."""
        last = side == len(self.case.gains)
        missing = n - len(self.values[side])
        if missing > 0:
            made = self.case.noise[last](self.rng, missing)
            if self.case.shared:
                made = (1 - self.case.shared) ** 0.5 * made + self._shared(n)[-missing:]
            made = made - (0.0 if last else self.case.gains[side])
            if self.case.grain:
                made = self.case.grain * np.round(made / self.case.grain + self.offset)
            made = np.where(self.rng.random(missing) < self.case.fails, np.nan, made)
            self.values[side] = np.concatenate([self.values[side], made])
        own = self.values[side][:n]
        complete = np.isfinite(own)
        seeds = (*np.flatnonzero(complete).tolist(), *np.flatnonzero(~complete).tolist())
        return SideEvidence(
            name="baseline" if last else str(side),
            values=tuple(own[complete]),
            infeasible=int((~complete).sum()),
            seeds=seeds,
        )

    def _shared(self, n: int) -> np.ndarray:
        """What each of the first n seeds does to every side."""
        more = self.rng.normal(size=max(0, n - len(self.common)))
        self.common = np.concatenate([self.common, self.case.shared**0.5 * more])
        return self.common[:n]


def decided(case: Case, rng: np.random.Generator) -> Outcome:
    """One decision, by the plan and the looks that a book uses."""
    count = len(case.gains)
    asked = Question(
        objective=OBJECTIVE,
        least_improvement=MARGIN,
        chance=CHANCE if case.fails else None,
        estimand=case.estimand,
        paired=case.paired,
    )
    made = design(case.most, case.level / count, paired=case.paired)
    seeds = Seeds(case, rng)
    for further in range(case.extensions + 1):
        readings = through(plan_of(made, count, case.level), seeds, asked, earlier=case.earlier)
        judged = conclude(list(readings.values()), asked)
        if judged.verdict is not Verdict.MORE_EVIDENCE or further == case.extensions:
            break
        most = made.looks[-1] + min(max(judged.more, 2), 2 * made.looks[-1])
        made = extended(made, most, paired=case.paired)
    return outcome(judged, readings, case)


class Evidence(Protocol):
    """Reruns of each side, as many as are asked for; the last side is the baseline."""

    candidates: int

    def upto(self, side: int, n: int) -> SideEvidence: ...


def through(
    plan: RerunPlan, seeds: Evidence, asked: Question, *, earlier: int = 0
) -> dict[str, Reading]:
    """The looks of a plan, until each candidate's reruns are ended.

    `earlier` is how many more reruns the baseline has than a candidate.
    """
    count = seeds.candidates
    readings: dict[str, Reading] = {}
    going_on = list(range(count))
    for look, n in enumerate(plan.looks):
        base = seeds.upto(count, n + earlier)
        for side in going_on:
            readings[str(side)] = read_look(seeds.upto(side, n), base, asked, plan, look)
        going_on = [s for s in going_on if not readings[str(s)].dropped]
        if not going_on or any(r.adopted for r in readings.values()):
            break
    return readings


def outcome(judged: Judgement, readings: dict[str, Reading], case: Case) -> Outcome:
    true = dict(zip(map(str, range(len(case.gains))), case.gains, strict=True))
    reruns = [r.side.reruns for r in readings.values()]
    return Outcome(
        verdict=judged.verdict,
        best=judged.best,
        runs=sum(reruns) + max(reruns),
        held=tuple(g.low <= true[n] <= g.high for n, g in judged.gain.items()),
        gains=tuple((g.low, g.high) for g in judged.gain.values()),
        estimate=judged.gain[judged.best].estimate,
    )


def many(case: Case, repeats: int, seed: int = 0) -> list[Outcome]:
    rng = np.random.default_rng([seed, case.most, len(case.gains), case.extensions])
    return [decided(case, rng) for _ in range(repeats)]


def naive(case: Case, repeats: int) -> float:
    """How often the best of 32 trials beats the best of 32 of the baseline by the margin."""
    rng = np.random.default_rng(5)
    own, base = case.noise
    won = [own(rng, 32).min() - case.gains[0] < base(rng, 32).min() - MARGIN
           for _ in range(repeats)]  # fmt: skip
    return float(np.mean(won))


def fixed_size(excess: float, level: float) -> int:
    """Reruns a side of Student's test of the same level and 80 % power."""
    n = 2
    while stats.nct.sf(stats.t.isf(level, 2 * n - 2), 2 * n - 2, excess * (n / 2) ** 0.5) < 0.8:
        n += 1
    return n


def false_rows(repeats: int) -> list[str]:
    """Rates of adopting what is not worth it."""
    rows = [
        "| noise | at the least improvement, 12 a side | extended three times | 3 candidates, extended | "
        "no difference, extended | an interval misses | best of 32 against best of 32 |",
        "|---|---|---|---|---|---|---|",
    ]
    cases = {name: {"noise": noise} for name, noise in NOISE.items()}
    cases["normal, a fifth infeasible"] = {"noise": NOISE["normal"], "fails": 0.2}
    cases[f"normal, counted in steps of {GRAIN:g}"] = {"noise": NOISE["normal"], "grain": GRAIN}
    for name, how in cases.items():
        kinds = [
            Case(**how),
            Case(**how, extensions=3),
            Case(**how, gains=(MARGIN,) * 3, extensions=3),
            Case(**how, gains=(0.0,), extensions=3),
        ]
        found = [many(case, repeats) for case in kinds]
        cells = [cell(sum(o.verdict is Verdict.ADOPT for o in f), repeats) for f in found]
        held = [h for f in found for o in f for h in o.held]
        # A rerun that counts as chance, or in steps, has another mean than its gain.
        misses = "-" if "fails" in how or "grain" in how else cell(held.count(False), len(held))
        rows.append(
            f"| {name} | {' | '.join(cells)} | {misses} | {naive(kinds[0], repeats):.0%} |"
        )
    return rows


def cost_rows(repeats: int) -> list[str]:
    """Power at the promised gain, and reruns beside the fixed-size test."""
    rows = [
        "| level | planned a side | promised gain | adopted there | fixed size a side | reruns at no difference "
        "| at the least improvement | at the least improvement plus twice it |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for level in (0.05, 0.01):
        for most in (4, 6, 8, 12, 16, 24, 40):
            excess = design(most, level).excess
            found = [
                many(
                    Case(noise=NOISE["normal"], gains=(MARGIN + g,), most=most, level=level),
                    repeats,
                )
                for g in (excess, -MARGIN, 0.0, 2 * excess)
            ]
            fixed = fixed_size(excess, level)
            shares = [np.mean([o.runs for o in f]) / (2 * fixed) for f in found]
            power = cell(sum(o.verdict is Verdict.ADOPT for o in found[0]), repeats)
            rows.append(
                f"| {level:g} | {most} | {excess:.2f} | {power} | {fixed} | {shares[1]:.0%} | {shares[2]:.0%} | {shares[3]:.0%} |"
            )
    return rows


def estimate_rows(repeats: int) -> list[str]:
    """Coverage and bias over all verdicts, by the true gain."""
    rows = [
        "| true gain | adopt | keep | more evidence | reruns a side | intervals that hold it | median of the gains reported |",
        "|---|---|---|---|---|---|---|",
    ]
    for gain in (-1.0, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0):
        found = many(Case(noise=NOISE["normal"], gains=(gain,), extensions=3), repeats)
        verdicts = [o.verdict for o in found]
        held = [h for o in found for h in o.held]
        rows.append(
            f"| {gain:g} | "
            + " | ".join(f"{verdicts.count(v) / repeats:.1%}" for v in Verdict)
            + f" | {np.mean([o.runs / 2 for o in found]):.1f} | {cell(sum(held), len(held))} "
            f"| {np.median([o.estimate for o in found]):.2f} |"
        )
    return rows


def pair_section(repeats: int) -> list[str]:
    """Two candidates compared by their own reruns, after the looks have dropped some."""
    cases = {name: Case(noise=noise, extensions=3) for name, noise in NOISE.items()}
    normal_ = cases["normal"]
    cases["normal, a fifth infeasible"] = replace(normal_, fails=0.2)
    cases[f"normal, counted in steps of {GRAIN:g}"] = replace(normal_, grain=GRAIN)
    return [
        "## Two candidates compared",
        "",
        f"`--pair-repeats {repeats}`: {repeats} decisions a cell.",
        "The claim: of candidates that are alike, at most 5 % of decisions call one better, whichever look dropped which; all",
        "intervals of a decision hold together in 95 %. Estimator: the difference over the first reruns of both, as many as the one",
        "with fewer has, with Welch's interval (`deciding/candidate_pairs.py`). Kinds of noise as above; 12 reruns a side planned,",
        "extended three times where asked; a gain is better than the least improvement by 1 where it is 1.5. For comparison:",
        "Welch's test at 5 % of all reruns of both, which ignores that reruns ended because of what they showed.",
        "",
        *pair_rows(repeats, cases),
        "",
        "Above 5 % are three candidates whose seeds fall into two groups, 7.0 % (4.7 to 10.0): a few seeds of each are then no mean. The price of",
        "reading only what both have: of differences of 2 it claims 44 to 72 %, where Welch's test of all reruns claims 66 to 80 %.",
        "",
        "Normal noise, by how much better one is:",
        "",
        *power_rows(repeats, normal_),
    ]


def page(repeats: int, pair_repeats: int) -> str:
    """The measurements as a page."""
    return (
        "\n".join(
            [
                "# D1, D3: measured error rates",
                "",
                f"`python bench/claims/decisions.py --repeats {repeats}` makes this page (Python {platform.python_version()}, "
                f"NumPy {np.__version__}, SciPy {scipy.__version__}): {repeats}",
                f"decisions a cell. Gains and the least improvement ({MARGIN:g}) in standard deviations of the seeds' noise; 95 %",
                "intervals in brackets. The claim: where the gain is the least improvement or less, at most 5 % of decisions",
                "adopt, over all looks, candidates and extensions together. A person who extends goes on each time as far as the",
                "verdict says.",
                "",
                *false_rows(repeats),
                "",
                "Above 5 % are candidates whose bad seeds are rare while the baseline has none, one in ten or a long tail: their mean is",
                "not known before such a seed is seen. Three candidates of four times the baseline's variance reach 6.0 %.",
                "",
                "Promised: the gain above the least improvement that is adopted in 80 % of cases. Fixed size: reruns a side of",
                "Student's test of the same level and power; reruns over both sides in parts of that test's.",
                "",
                *cost_rows(repeats),
                "",
                "One candidate, normal noise, 12 reruns a side planned, extended three times where asked:",
                "",
                *estimate_rows(repeats),
                "",
                *pair_section(pair_repeats),
                "",
                *chance_section(),
            ]
        )
        + "\n"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=2000)
    parser.add_argument("--pair-repeats", type=int, default=400)
    given = parser.parse_args()
    text = page(given.repeats, given.pair_repeats)
    (Path(__file__).parents[2] / "docs/claims/decisions.md").write_text(text, "utf-8")
    print(text)
