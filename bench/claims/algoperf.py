"""Eleven published training algorithms: their sources of variance, and their ranking.

python bench/claims/algoperf.py SHARED_DATA
"""

from __future__ import annotations

import argparse
import csv
import gzip
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from crossed_tables import Crossed, crossed
from decisions import groups, skewed
from rate_page import cell

from tunebook.checks.variance_sources.components import Level, spread_of_levels
from tunebook.domain.finding import Interval
from tunebook.domain.table import TrialTable
from tunebook.statistics.ranking import Ranking, ranked, told_better

PAGE = Path(__file__).parents[2] / "docs/claims/algoperf.md"
METRICS = {"ogbg": "mean_average_precision", "wmt": "bleu"}
STUDIES = POINTS = 5
DRAWS = 10_000
BOOTSTRAPPED = 400
"""Simulated benchmarks of which the bootstrap is asked: it is slow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One algorithm on one workload, all arrays studies by points.

    Attributes:
        seconds: to the target; infinite where it was not reached.
        at_common: the target metric at `common_s`, the end of its shortest run, of each run.
        common_s: seconds.
        seeds: how many distinct ones.
    """

    name: str
    seconds: np.ndarray
    at_common: np.ndarray
    common_s: float
    seeds: int


def read(folder: Path, workload: str) -> tuple[dict[str, Submission], float]:
    """Every submission, and the longest that any run of the workload took, s."""
    metric = METRICS[workload]
    path = folder / f"algoperf/{workload}-trials.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    table = TrialTable.from_csv(
        path,
        folder / f"algoperf/{workload}-curves.csv.gz",
        objective=f"maximize:validation/{metric}",
        hyperparameters=("submission", "point"),
    )
    place = {name: i for i, name in enumerate(table.name)}
    found = {}
    for name in sorted({r["submission"] for r in rows}):
        own = [r for r in rows if r["submission"] == name]
        common = min(float(r["submission_seconds"]) for r in own)
        seconds = np.full((STUDIES, POINTS), np.inf)
        value = np.full((STUDIES, POINTS), np.nan)
        for r in own:
            at = int(r["study"]), int(r["point"]) - 1
            seconds[at] = float(r["seconds_to_target"] or np.inf)
            value[at] = _until(table, place[r["trial"]], f"validation/{metric}", common)
        seeds = len({r["seed"] for r in own})
        found[name] = Submission(
            name=name, seconds=seconds, at_common=value, common_s=common, seeds=seeds
        )
    return found, max(float(r["submission_seconds"]) for r in rows)


def _until(table: TrialTable, i: int, metric: str, seconds: float) -> float:
    """The metric at the last evaluation of a run within so many seconds."""
    steps, values = table.curves[metric].of(i)
    at, clock = table.curves["seconds"].of(i)
    times = np.interp(steps, at, clock)
    return float(values[times <= seconds + 1e-6][-1])


def best_times(found: Mapping[str, Submission]) -> dict[str, np.ndarray]:
    """Of each study the time of its fastest point, in logarithms: what the benchmark scores."""
    return {n: np.log(s.seconds.min(axis=1)) for n, s in found.items()}


def variance_rows(found: Mapping[str, Submission], longest: float) -> Iterator[str]:
    """Trial, point and study apart: of the metric at a common time, and of the time."""
    yield (
        "| submission | common time | at it: point | study | trial | reached | "
        "log time to target: point | study | trial | best of five: study and trial | "
        "chosen point elsewhere |"
    )
    yield "|---|---|---|---|---|---|---|---|---|---|---|"
    for name, one in found.items():
        level = crossed(one.at_common)
        reached = int(np.isfinite(one.seconds).sum())
        times = "not reached | not reached | not reached"
        if reached:
            times = _three(crossed(np.log(np.minimum(one.seconds, longest))))
        yield (
            f"| {name}{' (one seed a study)' if one.seeds == STUDIES else ''} | "
            f"{one.common_s:,.0f} s | {_three(level)} | "
            f"{reached} of 25 | {times} | "
            + (
                f"{_spread(one, longest)} | {_elsewhere(one, longest):+.0%} |"
                if reached
                else "- | - |"
            )
        )


def _three(found: Crossed) -> str:
    """Values are studies by points."""
    shown = (found.columns, found.rows, found.noise.deviation())
    return " | ".join(_interval(d) for d in shown)


def _interval(d: Interval) -> str:
    return f"{d.estimate:.2g} ({d.low:.2g} to {d.high:.2g})"


def _spread(one: Submission, longest: float) -> str:
    best = np.log(np.minimum(one.seconds.min(axis=1), longest))
    levels = [Level(group=0, label=k, values=best[k : k + 1]) for k in range(STUDIES)]
    return _interval(spread_of_levels(levels))


def _elsewhere(one: Submission, longest: float) -> float:
    """How much longer the point that a study chose takes in the others than in that study."""
    cut = np.log(np.minimum(one.seconds, longest))
    gaps = []
    for study in range(STUDIES):
        point = int(one.seconds[study].argmin())
        others = np.delete(cut[:, point], study)
        gaps.append(others.mean() - cut[study, point])
    return float(np.expm1(np.mean(gaps)))


def bootstrap_ranks(scores: Mapping[str, np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """95 % ranges of the rank by median, studies drawn again: values by 2."""
    names = list(scores)
    drawn = np.stack(
        [np.median(rng.choice(scores[n], (DRAWS, len(scores[n]))), axis=1) for n in names]
    )
    ranks = 1 + (drawn[:, None] > drawn[None]).sum(axis=1)
    return np.percentile(ranks, [2.5, 97.5], axis=1, method="inverted_cdf").T


def ranking_rows(found: Mapping[str, Submission], longest: float) -> Iterator[str]:
    """The eleven by mean log time, and what five studies tell of their ranks."""
    scores = best_times(found)
    made: Ranking = ranked(scores, worst=float(np.log(longest)))
    boot = dict(zip(scores, bootstrap_ranks(scores, np.random.default_rng(0)), strict=True))
    yield (
        "| rank | submission | mean time | studies that reached it | median time | rank by median "
        "| its rank, all at once | bootstrap of the rank by median |"
    )
    yield "|---|---|---|---|---|---|---|---|"
    medians = {n: float(np.median(s)) for n, s in scores.items()}
    for v in made.values:
        middle = medians[v.name]
        shown = f"{np.exp(middle):,.0f} s" if np.isfinite(middle) else "not reached"
        low, high = boot[v.name]
        yield (
            f"| {v.rank} | {v.name} | {np.exp(v.mean):,.0f} s | {v.reached} of {v.repeats} | {shown} "
            f"| {1 + sum(m < middle for m in medians.values())} | {v.best} to {v.worst} "
            f"| {low:.0f} to {high:.0f} |"
        )
    yield ""
    yield f"Told apart: {len(made.differing)} of {len(found) * (len(found) - 1) // 2} pairs. Not told apart among themselves:"
    yield "; ".join(", ".join(group) for group in made.groups) + "."


NOISE: Mapping[str, Callable[[np.random.Generator, tuple[int, int]], np.ndarray]] = {
    "normal": lambda r, s: r.normal(size=s),
    "skewed (lognormal)": lambda r, s: skewed(r, s),  # type: ignore[arg-type]
    "heavy tails (Student, 3 degrees)": lambda r, s: r.standard_t(3, s) / 3**0.5,
    "unequal: standard deviations 0.3 to 3": lambda r, s: (
        np.geomspace(0.3, 3, s[0])[:, None] * r.normal(size=s)
    ),
    "one in ten much worse": lambda r, s: groups(0.1, 10.0)(r, s),  # type: ignore[arg-type]
    "seen in steps of a standard deviation": lambda r, s: np.round(r.normal(size=s)),
}


def calibration_rows(repeats: int) -> Iterator[str]:
    """Simulated benchmarks of eleven values and five repeats: is anything told wrongly?"""
    yield "| noise | any pair told apart, all the same | told the wrong way or a rank outside its range, half a deviation between neighbours | pairs told apart there | any bootstrap range that misses there |"
    yield "|---|---|---|---|---|"
    for k, (name, noise) in enumerate(NOISE.items()):
        rng = np.random.default_rng(k)
        same = wrong = 0
        told, missed = [], []
        for _ in range(repeats):
            scores = noise(rng, (11, 5))
            same += bool(told_better(list(scores)).any())
            apart = scores + 0.5 * np.arange(11)[:, None]
            better = told_better(list(apart))
            wrong += bool(np.tril(better, -1).any())
            told.append(better.sum() / 55)
            if len(missed) < BOOTSTRAPPED:
                ranges = _quick_bootstrap(apart, rng)
                true = 1 + np.arange(11)
                missed.append(bool(((true < ranges[:, 0]) | (true > ranges[:, 1])).any()))
        yield f"| {name} | {cell(same, repeats)} | {cell(wrong, repeats)} | {np.mean(told):.0%} | {cell(sum(missed), len(missed))} |"


def _quick_bootstrap(scores: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    picked = rng.integers(5, size=(500, 11, 5))
    drawn = np.median(scores[np.arange(11)[:, None], picked], axis=2)
    ranks = 1 + (drawn[:, :, None] > drawn[:, None, :]).sum(axis=2)
    return np.percentile(ranks, [2.5, 97.5], axis=0, method="inverted_cdf").T


READ: tuple[str, ...] = (
    "The study's own share was not seen: none of the 43 intervals leaves out zero, at studies with one seed for all five points (the",
    "baseline) as at those with one a run, for which it is zero by design. What a repeat of such a study changes is the luck of its",
    "trials; five studies can't exclude a share of about the trial's size. The point does more than the seed in all 22 estimates, and",
    "beyond both intervals in 9; times cut at the budget hold less of either. A point that a study chose takes up to 25 % longer in the",
    "other four: the best of five is flattered.",
    "",
    "A rank is of the mean logarithm of the fastest point's time in each study (`statistics/ranking.py`: Welch's tests, Holm over all 55",
    "pairs, ranges after Mogstad et al. 2024), so that with 95 % all eleven ranges hold at once. On ogbg the first two are sure of their",
    "places and 38 pairs are told apart; on wmt 20 are, the first is first or second, and one study in which its best point failed leaves",
    "cyclic_lr anywhere. A test by ranks alone could tell nothing: of five against five its smallest p is 0.008, and 55 pairs ask for 0.0009.",
    "What is said leans on logarithms of times that are about normal; the table at the end says what happens where they are not.",
    "",
)
"""What the tables say, written after reading them."""


def page(folder: Path, repeats: int) -> str:
    """Everything as a page."""
    lines = [
        "# D2, D3 on published runs: eleven training algorithms, five points, five studies",
        "",
        f"`python bench/claims/algoperf.py SHARED_DATA --repeats {repeats}` makes this page from the logs of AlgoPerf v0.5 (Dahl et al.",
        "2023 and the submitters, Apache 2.0): each algorithm was tuned over five points of its own, and each point trained in five",
        "studies. All is compared on time: some do many gradient steps in one.",
        "",
        *READ,
    ]
    for workload in METRICS:
        found, longest = read(folder, workload)
        lines += [
            f"## {workload}",
            "",
            f"Standard deviations with 95 % intervals. A run ends soon after its target, so the metric ({METRICS[workload]}) is read at the",
            "end of each submission's shortest run. Times are natural logarithms (0.1 is about 10 %); a target that was not reached counts",
            f"with the longest run of the workload, {longest:,.0f} s.",
            "",
            *variance_rows(found, longest),
            "",
            *ranking_rows(found, longest),
            "",
        ]
    lines += [
        "## What five studies can show",
        "",
        f"Simulated benchmarks of eleven values with five repeats each, {repeats} a cell; 95 % intervals in brackets.",
        "",
        *calibration_rows(repeats),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--repeats", type=int, default=2000)
    asked = parser.parse_args()
    text = page(asked.folder, asked.repeats)
    PAGE.write_text(text, "utf-8")
    print(text)
