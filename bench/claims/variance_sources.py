"""Measured coverage of D2's intervals: trial, study and data-split variance.

python bench/claims/variance_sources.py
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from decisions import groups, normal, skewed
from rate_page import VERSIONS, cell

from tunebook.checks.variance_sources.check import FEWEST_FREEDOM, Origin, check
from tunebook.checks.variance_sources.components import (
    Level,
    between_levels,
    like_the_best,
    noise_within,
)
from tunebook.domain.design import Objective, Role
from tunebook.domain.space import Branch, Float
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Status

PAGE = Path(__file__).parents[2] / "docs/claims/variance_sources.md"
Noise = Callable[[np.random.Generator, int], np.ndarray]
NOISE: Mapping[str, Noise] = {
    "normal": normal,
    "skewed (lognormal)": skewed,
    "heavy tails (Student, 5 degrees)": lambda r, n: r.standard_t(5, n) / (5 / 3) ** 0.5,
    "heavy tails (Student, 3 degrees)": lambda r, n: r.standard_t(3, n) / 3**0.5,
    "two groups, 4 of 10 bad": groups(0.4, 8.0),
    "one seed in ten much worse": groups(0.1, 10.0),
}
EFFECTS = (0.0, 0.5, 2.0)
"""Standard deviation of a level's effect, in those of one training."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """What was repeated: seeds at each level, in so many groups that share the levels.

    Attributes:
        seeds: at each level.
        groups: configurations that each were trained on every level.
        common: share of a level's variance that is the same for all groups.
    """

    seeds: tuple[int, ...]
    groups: int = 1
    common: float = 1.0


DESIGNS: Mapping[str, Design] = {
    "3 levels of 3 seeds": Design(seeds=(3,) * 3),
    "5 levels of 4": Design(seeds=(4,) * 5),
    "10 levels of 3": Design(seeds=(3,) * 10),
    "5 levels of 1, 1, 2, 4, 8": Design(seeds=(1, 1, 2, 4, 8)),
    "3 levels of 2, 2, 8": Design(seeds=(2, 2, 8)),
    "5 splits of 2, for 3 configurations alike": Design(seeds=(2,) * 5, groups=3),
    "the same, half of it a configuration's own": Design(seeds=(2,) * 5, groups=3, common=0.5),
}


def held(design: Design, noise: Noise, effect: float, repeats: int, seed: int) -> tuple[int, int]:
    """In how many of so many tables the interval of the trial, and of the level, holds it."""
    rng = np.random.default_rng(seed)
    trial = level = 0
    for _ in range(repeats):
        levels = drawn(design, noise, effect, rng)
        within = noise_within([x.values for x in levels])
        assert within is not None
        alike = noise_within(like_the_best([x.values for x in levels]))
        own = (
            alike if alike is not None and alike.freedom >= FEWEST_FREEDOM else within
        ).deviation()
        apart = between_levels(levels, within)
        trial += own.low <= 1 <= own.high
        level += apart.low <= effect <= apart.high
    return trial, level


def drawn(design: Design, noise: Noise, effect: float, rng: np.random.Generator) -> list[Level]:
    """One table: effects of levels of the same kind as the noise."""
    many = len(design.seeds)
    shared = noise(rng, many) * design.common**0.5
    levels = []
    for group in range(design.groups):
        own = noise(rng, many) * (1 - design.common) ** 0.5
        levels += [
            Level(group=group, label=j, values=effect * (shared[j] + own[j]) + noise(rng, n))
            for j, n in enumerate(design.seeds)
        ]
    return levels


def coverage_rows(repeats: int) -> Iterator[str]:
    """Coverage of the trial's interval, and of the level's at each effect."""
    yield (
        "| noise and effects | repeats | trial | "
        + " | ".join(f"level, effect {e:g}" for e in EFFECTS)
        + " |"
    )
    yield "|---|---|---|" + "---|" * len(EFFECTS)
    for i, (name, noise) in enumerate(NOISE.items()):
        for j, (what, design) in enumerate(DESIGNS.items()):
            found = [
                held(design, noise, e, repeats, 1000 * i + 10 * j + k)
                for k, e in enumerate(EFFECTS)
            ]
            trial = sum(t for t, _ in found)
            cells = [cell(level, repeats) for _, level in found]
            yield f"| {name} | {what} | {cell(trial, 3 * repeats)} | {' | '.join(cells)} |"


WORSE: Mapping[str, tuple[float, float]] = {
    "worse by 1, varies alike": (1.0, 1.0),
    "worse by 5, varies alike": (5.0, 1.0),
    "worse by 5, varies threefold": (5.0, 3.0),
    "worse by 20, varies tenfold": (20.0, 10.0),
    "worse by 100, varies fiftyfold": (100.0, 50.0),
    "worse by 20, a hundredth": (20.0, 0.01),
}
"""One configuration beside the others: how much worse, and how many times their noise."""


def worse_rows(repeats: int) -> Iterator[str]:
    """Coverage of the spread of the best where one configuration of several is unlike it."""
    yield (
        "| noise | one configuration is | configurations, reruns each | holds it | all pooled "
        "hold it | left out |"
    )
    yield "|---|---|---|---|---|---|"
    for i, (name, noise) in enumerate(NOISE.items()):
        for j, (what, (by, times)) in enumerate(WORSE.items()):
            for count, reruns in ((2, 4), (2, 10), (4, 4)):
                rng = np.random.default_rng(10_000 + 100 * i + 10 * j + count + reruns)
                inside = pooled = out = 0
                for _ in range(repeats):
                    cells = [noise(rng, reruns) for _ in range(count - 1)]
                    cells.append(by + times * noise(rng, reruns))
                    kept = like_the_best(cells)
                    alike, every = noise_within(kept), noise_within(cells)
                    assert alike is not None and every is not None
                    inside += alike.deviation().low <= 1 <= alike.deviation().high
                    pooled += every.deviation().low <= 1 <= every.deviation().high
                    out += len(kept) < len(cells)
                yield (
                    f"| {name} | {what} | {count}, {reruns} | {cell(inside, repeats)} | "
                    f"{100 * pooled / repeats:.0f}% | {100 * out / repeats:.0f}% |"
                )


POINTS = 16
AXES = 2


def search(rng: np.random.Generator, repeats: int, reruns: int) -> TrialTable:
    """Repeats of a random search over a bowl, the best of each trained again."""
    config: list[dict[str, float]] = []
    value: list[float] = []
    rerun_of: list[str] = []
    for repeat in range(repeats):
        points = rng.random((POINTS, AXES))
        seen = worth(points) + rng.normal(size=POINTS)
        best = int(np.argmin(seen))
        for k, at in enumerate([*points, *[points[best]] * reruns]):
            config.append({f"x{a}": float(at[a]) for a in range(AXES)} | {"search_seed": repeat})
            again = k >= POINTS
            value.append(float(worth(at[None])[0] + rng.normal()) if again else float(seen[k]))
            rerun_of.append("best" if again else "")
    n = len(value)
    return TrialTable(
        objective=Objective("loss"),
        name=tuple(f"1.{i}" for i in range(n)), study=("",) * n, config=tuple(config),
        seed=tuple(range(n)), status=(Status.COMPLETE,) * n, cause=(None,) * n,
        seconds=np.ones(n), value=np.array(value),
        branches={"": Branch(axes={"x0": Float(0.0, 1.0)})},
        rerun_of=tuple(rerun_of),
        roles={f"x{a}": Role.NUISANCE for a in range(AXES)},
    )  # fmt: skip


def worth(points: np.ndarray) -> np.ndarray:
    """A bowl whose slopes are some standard deviations of the seeds' noise high."""
    return 12 * ((points - 0.4) ** 2).sum(axis=-1)


def true_study(rng: np.random.Generator, many: int = 100_000) -> tuple[float, float]:
    """Standard deviations over searches: of what is chosen, and of the best that is seen."""
    points = rng.random((many, POINTS, AXES))
    seen = worth(points) + rng.normal(size=(many, POINTS))
    best = seen.argmin(axis=1)
    chosen = worth(points[np.arange(many), best])
    return float(chosen.std()), float(seen.min(axis=1).std())


def search_rows(repeats: int) -> Iterator[str]:
    """Whole searches, read by the check."""
    truth, of_bests = true_study(np.random.default_rng(1))
    yield "| repeats of the search, reruns of what each chose | told | holds it | trial holds 1 |"
    yield "|---|---|---|---|"
    for many, reruns in ((3, 3), (5, 2), (5, 4), (10, 3), (5, 0), (10, 0)):
        rng = np.random.default_rng(100 * many + reruns)
        inside = trial = 0
        words = ""
        for _ in range(repeats):
            read = check(search(rng, many, reruns))
            by = {s.origin: s for s in read.sources}  # type: ignore[union-attr]
            study, own = by[Origin.STUDY], by[Origin.TRIAL]
            words = "study and trial together" if study.with_trial else "study"
            right = of_bests if study.with_trial else truth
            assert study.deviation is not None
            inside += study.deviation.low <= right <= study.deviation.high
            trial += own.deviation is not None and own.deviation.low <= 1 <= own.deviation.high
        shown = cell(trial, repeats) if reruns else "not measured"
        yield f"| {many}, {reruns} | {words} | {cell(inside, repeats)} | {shown} |"
    yield ""
    yield (
        f"True here: {truth:.2f} for what a search chooses, {of_bests:.2f} for the best that it saw: "
        "less than one training scatters"
    )
    yield "(1), so that subtracting a trial's variance from that of the bests would leave nothing."


def page(repeats: int) -> str:
    """The measurements as a page."""
    return (
        "\n".join(
            [
                "# D2: coverage of the intervals of trial, study and data-split variance",
                "",
                f"`python bench/claims/variance_sources.py --repeats {repeats}` makes this page {VERSIONS}: {repeats} tables a",
                "cell (three times as many for the trial's). A level is a repeat of the study or a split of the data; its effect is of the same",
                "kind as the noise, and its standard deviation is given in those of one training. Asked for: 95 %; 95 % intervals of what",
                "was measured in brackets. Where the effect is zero the interval's lower end is zero in 97.5 %.",
                "",
                *coverage_rows(repeats),
                "",
                *READ,
                "",
                *UNLIKE_HEAD,
                "",
                *worse_rows(repeats),
                "",
                *UNLIKE_READ,
                "",
                f"Whole searches: {POINTS} random points over a bowl of {AXES} axes with normal noise of standard deviation 1.",
                "",
                *search_rows(repeats),
            ]
        )
        + "\n"
    )


UNLIKE_HEAD: tuple[str, ...] = (
    "## One configuration unlike the others",
    "",
    "The trial's spread is that of the best configuration and those like it. One is left out where all its values are worse than all of",
    "the best one's, and its spread differs: in variance (F test, 1 % over all), and threefold once each one's farthest value is dropped.",
    'In units of the others\' noise; "all pooled" is the same interval over every configuration.',
)
UNLIKE_READ: tuple[str, ...] = (
    "(This section is of 500 tables a cell, the trial's column above of 1,500; the levels' columns are of 2,000.) A configuration that is",
    "worse by twenty and varies tenfold is left out in 43 to 76 % of tables with normal noise, where all pooled hold the others' spread in",
    "2 % or less; one that is stuck, with next to no noise, in all. What diverges but has one seed among the good ones stays in: then, as",
    "before, the finding names the range of the configurations' own spreads. A configuration whose noise is alike is left out in 1 % or",
    "less (normal noise). The price is paid where one seed in ten is much worse: two configurations of four or ten reruns that are alike",
    "but for their level hold in 43 to 73 %, all pooled in 51 to 80 %.",
)
READ: tuple[str, ...] = (
    "With normal noise every interval holds in 94 % or more; where configurations share their splits the level's is wider than it need",
    "be, since it is read as that of one configuration. Seeds in two groups are held too. With skewed or heavy-tailed noise the trial's",
    "interval holds in 73 to 84 % (90 % with five degrees), and a large effect's in 72 to 97 %: few seeds do not show the tail on which",
    "a standard deviation hangs. Before heavy tails were allowed for, chi-square alone held the trial's in 54 to 85 % with the same two kinds",
    "of noise (4,000 tables of 5 to 100 seeds); kurtosis as it is seen, and Bonett's (2006) about trimmed means, came within some points of",
    "what is used here. One seed in ten much worse is the worst case (54 to 89 %, a large effect 59 to 96 %): no interval knows of a",
    "seed that was not drawn.",
)
"""What the table says, written after reading it."""


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=2000)
    text = page(parser.parse_args().repeats)
    PAGE.write_text(text, "utf-8")
    print(text)
