"""Measured error rates of C2: density said falsely or missed, the distance's bound, the band.

python bench/claims/sampling.py
"""

from __future__ import annotations

import argparse
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import scipy
from surfaces import table

from tunebook.checks.sampling import check as sampling
from tunebook.domain.finding import NotApplicable, Severity
from tunebook.search.quasirandom import halton_units
from tunebook.statistics.estimators import proportion
from tunebook.statistics.tuning_band import at_ranks, band_ranks, budgets_of

SIZES = (16, 32, 64, 128, 512)
BAND_SIZES = (16, 32, 64, 128, 512)
FAR, NEAR = 0.25, 0.05
"""Share of the way from the median response to the best, by which the best sampled mean response
falls short, above which "densely" is said falsely, and below which more trials are not needed."""


@dataclass(frozen=True, kw_only=True)
class Space:
    """A bowl, its optimum on each axis, and the seeds' noise."""

    optimum: Sequence[float]
    strength: Sequence[float] | None = None
    noise: float = 0.05
    skew: bool = False

    def responses(self, units: np.ndarray) -> np.ndarray:
        """Mean losses above the least that the space holds."""
        best = np.clip(np.array(self.optimum), 0, 1)
        return np.asarray(self._bowl(units) - self._bowl(best[None]))

    def _bowl(self, units: np.ndarray) -> np.ndarray:
        strength = np.array(self.strength or [1.0] * len(self.optimum))
        return np.asarray((strength * (units - np.array(self.optimum)) ** 2).sum(axis=1))


BELOW = 10.0
SPACES = {
    "1 axis, no noise": Space(optimum=[0.5], noise=0.0),
    "2 axes, no noise": Space(optimum=[0.5] * 2, noise=0.0),
    "4 axes, no noise": Space(optimum=[0.5] * 4, noise=0.0),
    "8 axes, no noise": Space(optimum=[0.5] * 8, noise=0.0),
    "2 axes": Space(optimum=[0.5] * 2),
    "4 axes": Space(optimum=[0.5] * 4),
    "8 axes": Space(optimum=[0.5] * 8),
    "2 axes, noise as large as the bowl": Space(optimum=[0.5] * 2, noise=0.2),
    "5 axes, 2 matter": Space(optimum=[0.5] * 5, strength=[1, 1, 0, 0, 0], noise=0.02),
    "3 axes, best in a corner": Space(optimum=[0.0] * 3),
    "4 axes, best beyond a corner": Space(optimum=[-0.3] * 4, noise=0.02),
    "3 axes, skewed noise": Space(optimum=[0.5] * 3, skew=True),
}


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What was said of one study, and what is so."""

    dense: bool
    little: bool
    told: bool
    held: bool
    falsely_dense: bool
    falsely_open: bool


def read(space: Space, rng: np.random.Generator, trials: int) -> Reading:
    """Check a study of Halton points on a space that is known."""
    made = table(
        rng,
        trials,
        list(space.optimum),
        strength=list(space.strength) if space.strength else None,
        noise=space.noise,
        skew=space.skew,
    )
    # Below zero, so that no bound comes from a loss that can't be negative.
    result = sampling.check(replace(made, value=made.value - BELOW))
    assert not isinstance(result, NotApplicable)
    (study,), (finding,) = result.studies, result.findings
    short = float(space.responses(made.units("")).min()) / _middle(space)
    dense = finding.sentence.startswith("Sampled densely")
    asks = finding.severity is not Severity.PASS
    least = space._bowl(np.clip(np.array(space.optimum), 0, 1)[None])[0]
    true = max(0.0, study.best + BELOW - float(least))
    return Reading(
        dense=dense,
        little=finding.severity is Severity.PASS and not dense,
        told=study.distance is not None,
        held=study.distance is None or study.distance.low <= true <= study.distance.high,
        falsely_dense=dense and short > FAR,
        falsely_open=asks and short < NEAR,
    )


def _middle(space: Space) -> float:
    units = np.random.default_rng(0).random((20000, len(space.optimum)))
    return float(np.median(space.responses(units)))


def covered(axes: int, trials: int, rng: np.random.Generator, *, halton: bool) -> bool:
    """Whether the band holds the tuning curve of a bowl at all budgets at once."""
    units = (
        halton_units(axes, int(rng.integers(2**62)), range(trials))
        if halton
        else rng.random((trials, axes))
    )
    ordered = np.sort(((units - 0.5) ** 2).sum(axis=1))
    truth = _curve(axes, trials)
    low, _, high = (at_ranks(ordered, ranks) for ranks in band_ranks(trials))
    return not bool((low > truth).any() or (high < truth).any())


def _curve(axes: int, trials: int) -> np.ndarray:
    """Median best of n of a bowl, from a large sample of it."""
    if axes not in _BOWLS:
        units = np.random.default_rng(1).random((1_000_000, axes))
        _BOWLS[axes] = np.sort(((units - 0.5) ** 2).sum(axis=1))
    reached = -np.expm1(-np.log(2) / budgets_of(trials))
    return np.asarray(np.quantile(_BOWLS[axes], reached))


_BOWLS: dict[int, np.ndarray] = {}


def gain_lines(repeats: int) -> list[str]:
    """The gain of doubling the trials, on losses that are a power of a uniform."""
    sizes = (8, 16, 32, 64, 128)
    held: list[str] = []
    mean: list[str] = []
    for power in (0.25, 0.5, 1.0, 2.0):
        cells, ratios = [], []
        for n in sizes:
            rng = np.random.default_rng(3)
            within, said, came = [], 0.0, 0.0
            for _ in range(repeats):
                first, second = np.sort(rng.random((2, n)) ** power, axis=1)
                gain, true = sampling._expected_gain(first), max(0.0, first[0] - second[0])
                within.append(gain.low <= true <= gain.high)
                said, came = said + gain.estimate, came + true
            cells.append(_cell(within))
            ratios.append(f"{said / came:.2f}")
        held.append(f"| u^{power:g} | " + " | ".join(cells) + " |")
        mean.append(f"| u^{power:g} | " + " | ".join(ratios) + " |")
    head = " | ".join(f"{n} trials" for n in sizes) + " |"
    bar = "|---|" + "---|" * len(sizes)
    return [
        "",
        f"| the interval of the gain of doubling the trials holds it, losses {repeats} times | {head}",
        bar,
        *held,
        "",
        f"| mean of the estimated gain, over the mean gain | {head}",
        bar,
        *mean,
    ]


def page(repeats: int) -> str:
    """The measurements as a page."""
    readings = {
        (name, n): [read(space, rng, n) for rng in np.random.default_rng(1).spawn(repeats)]
        for name, space in SPACES.items()
        for n in SIZES
    }
    columns: tuple[tuple[str, Callable[[Reading], bool]], ...] = (
        (f'"densely" though no sampled mean is within {FAR:.0%}', lambda r: r.falsely_dense),
        (f"more trials are asked for though one is within {NEAR:.0%}", lambda r: r.falsely_open),
        ('"densely enough" is said', lambda r: r.dense),
        ('"more trials would bring little" is said', lambda r: r.little),
        ("the distance can be told", lambda r: r.told),
        ("its interval holds it, where it is told", lambda r: r.held),
    )
    lines = [
        "# C2: measured error rates",
        "",
        "`python bench/claims/sampling.py` makes this page: scrambled Halton points on bowls, seed noise 0.05 where",
        f"nothing else is said, {repeats} studies a cell, 95 % interval in brackets. What is so is known of each space: a study",
        "is dense where the best mean response that it sampled is within a share of the way from the median response",
        "to the best there is. The distance is that of the best observed loss from the least mean; noise makes its",
        "bound wider than need be, and the cases without noise show whether it is exact.",
        f"Python {platform.python_version()}, NumPy {np.__version__}, SciPy {scipy.__version__}.",
    ]
    for title, of in columns:
        lines += ["", f"| {title} | " + " | ".join(f"{n} trials" for n in SIZES) + " |"]
        lines += ["|---|" + "---|" * len(SIZES)]
        for name in SPACES:
            cells = [_cell([of(r) for r in readings[name, n] if r.told or title[:3] != "its"])
                     for n in SIZES]  # fmt: skip
            lines.append(f"| {name} | " + " | ".join(cells) + " |")
    title = "the band holds the tuning curve at all budgets"
    lines += ["", f"| {title} | " + " | ".join(f"{n} trials" for n in BAND_SIZES) + " |"]
    lines += ["|---|" + "---|" * len(BAND_SIZES)]
    for axes in (1, 2, 4, 8):
        for halton in (False, True):
            cells = [
                _cell([covered(axes, n, rng, halton=halton)
                       for rng in np.random.default_rng(2).spawn(repeats)])
                for n in BAND_SIZES
            ]  # fmt: skip
            drawn = "Halton" if halton else "random"
            lines.append(f"| {axes} axes, {drawn} | " + " | ".join(cells) + " |")
    lines += gain_lines(20 * repeats)
    lines += [
        "",
        "More trials are asked for where density is not shown, which is no claim that it is missing: few trials can't show",
        "it. The band claims 95 % over the whole law of losses; a tuning curve reads the better half of it, so that it",
        "covers more than that, and more yet for Halton points, which lie more evenly: it errs on the safe side.",
    ]
    return "\n".join(lines) + "\n"


def _cell(answers: list[bool]) -> str:
    if not answers:
        return "not told"
    share = proportion(sum(answers), len(answers))
    return f"{share.estimate:.1%} ({share.low:.1%} to {share.high:.1%})"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=200)
    text = page(parser.parse_args().repeats)
    (Path(__file__).parents[2] / "docs/claims/sampling.md").write_text(text, "utf-8")
    print(text)
