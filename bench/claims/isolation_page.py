"""The page of C9's measured error rates, power and coverage.

`bench/claims/isolation.py` writes it.
"""

from __future__ import annotations

import platform
from functools import cache
from pathlib import Path

import numpy as np
import scipy
from isolation_bands import section
from isolation_families import ASSUMED, FAMILIES, NAMES, study, truth
from isolation_splits import SEARCHES, search, told_apart
from scipy import stats

from tunebook.statistics.estimators import proportion
from tunebook.statistics.scientific_values import Group
from tunebook.statistics.value_pairs import best_of, compared_pairs

SIZES = (16, 32, 64, 128, 512)
BASE = "bowl, 2 axes"
DIFFERENT = (
    (BASE, "bowl, 2 axes, twice as wide"),
    (BASE, "bowl, 5 axes"),
    (BASE, "bowl, 2 axes, 40 % fail anywhere"),
    (BASE, "bowl, 2 axes, 40 % fail beyond 0.6"),
    (BASE, "bowl, 2 axes, noise 0.1"),
    ("cusp, 2 axes", "cusp, 2 axes, twice as wide"),
    ("cusp, 2 axes", "cusp, 5 axes"),
    ("cusp, 2 axes", "cusp, 2 axes, noise 0.1"),
)
POWER = ("bowl, 1 axis", BASE, "bowl, 4 axes", "bowl, 5 axes", "bowl, 2 axes, noise 0.3",
         "cusp, 2 axes", "valley, 2 axes", "bowl, 2 axes, skewed noise")  # fmt: skip
PAIRED = 10
"""Partners of each study in comparisons: all are used, and the limits allow for it."""


def times(repeats: int, trials: int) -> int:
    """Studies of a cell: a quarter from 128 trials on, which take longer."""
    return repeats if trials <= 64 else max(repeats // 4, 2)


@cache
def studies(name: str, trials: int, repeats: int) -> tuple[Group, ...]:
    """So many studies of a family, the same in every table of the page."""
    rng = np.random.default_rng([trials, list(FAMILIES).index(name), 1])  # 0 chose the constants
    return tuple(study(name, rng, trials) for _ in range(repeats))


def false_alarms(a: str, b: str, trials: int, repeats: int) -> tuple[float, float]:
    """Share of pairs told apart once b is shifted to the mean of a, and its upper 95 % limit.

    Each study meets PAIRED others; the limit is that of a jackknife over studies.
    """
    first, second = (studies(n, trials, repeats) for n in (a, b))
    shift = truth(a, trials) - truth(b, trials) if a != b else 0.0
    met = np.zeros((repeats, PAIRED))
    for i, g in enumerate(first):
        for k in range(PAIRED):
            (pair,) = compared_pairs((g, second[(i + 1 + k) % repeats]), 1)
            met[i, k] = not pair.low <= shift <= pair.high
    rate = float(met.mean())
    # A study's own share, as one that meets and as one that is met.
    own = met.mean(axis=1)
    back = np.array([met[(j - 1 - np.arange(PAIRED)) % repeats, np.arange(PAIRED)].mean()
                     for j in range(repeats)])  # fmt: skip
    error = float(np.std(own + back, ddof=1)) / np.sqrt(repeats)
    alone = stats.beta.isf(0.05, rate * repeats + 1, repeats * (1 - rate)) if rate < 1 else 1.0
    return rate, min(rate + 1.645 * error if error else alone, alone)


def covered(name: str, trials: int, repeats: int) -> tuple[int, int]:
    """Intervals of a best that hold the truth, and intervals made."""
    intervals = [best_of(g, 1) for g in studies(name, trials, repeats) if g.known]
    true = truth(name, trials)
    return sum(i.low <= true <= i.high for i in intervals), len(intervals)


def known_form(name: str, group: Group) -> float:
    """Least of the fitted response, by a regression that knows the form of the family."""
    table = group.table
    feasible = table.complete
    units = np.array([[c[x] for x in NAMES[: FAMILIES[name].axes]] for c in table.config])
    x, y = units[feasible], table.losses[feasible]
    d = x.shape[1]
    if name.startswith("bowl"):
        u = 2 * x - 1
        beta = np.linalg.lstsq(np.hstack([np.ones((len(u), 1)), u, u * u]), y, rcond=None)[0]
        grid = np.linspace(-1, 1, 81)
        ends = [(beta[1 + j] * grid + beta[1 + d + j] * grid**2).min() for j in range(d)]
        return float(beta[0] + sum(ends))
    places, best = np.linspace(0.2, 0.8, 25), (np.inf, 0.0)
    at = np.full(d, 0.5)
    for j in [*range(d), *range(d)]:
        fits = []
        for place in places:
            at[j] = place
            away = x - at
            shape = (
                np.abs(away).sum(1)
                if name.startswith("cusp")
                else -np.exp(-(away**2).sum(1) / (2 * 0.15**2))
            )
            columns = np.stack([np.ones(len(x)), shape], 1)
            beta = np.linalg.lstsq(columns, y, rcond=None)[0]
            low = beta[0] - (beta[1] if name.startswith("valley") else 0)
            fits.append((float(((y - columns @ beta) ** 2).sum()), float(low)))
        best = min(fits)
        at[j] = places[fits.index(best)]
    return best[1]


def power(name: str, trials: int, repeats: int) -> tuple[float, float, float, float]:
    """At the shift that the known form finds in 90 %: that shift, C9, minima, known form."""
    groups = studies(name, trials, repeats)
    rows = [(i, (i + 1 + k) % repeats) for i in range(repeats) for k in range(PAIRED)]
    a, b = np.array(rows).T
    fits = np.array([known_form(name, g) for g in groups])
    lows = np.array([np.nanmin(g.table.losses) for g in groups])
    ends = np.array([(p.low, p.high) for i, j in rows
                     for p in compared_pairs((groups[i], groups[j]), 1)])  # fmt: skip
    regression, minima = fits[a] - fits[b], lows[a] - lows[b]
    limits = [np.quantile(np.abs(d), 0.95) for d in (regression, minima)]
    shifts = np.linspace(0, 3 * limits[0], 301)
    found = [float((np.abs(regression + s) > limits[0]).mean()) for s in shifts]
    at = int(np.argmax(np.array(found) >= 0.9))
    shift = shifts[at]
    ours = float(((ends[:, 0] + shift > 0) | (ends[:, 1] + shift < 0)).mean())
    return shift, ours, float((np.abs(minima + shift) > limits[1]).mean()), found[at]


def page(repeats: int, splits: list[str], sizes: tuple[int, ...] = SIZES) -> str:
    """The measurements as a page."""
    head = " | ".join(f"{n}" for n in sizes)
    rule = "|---" * (len(sizes) + 1) + "|"
    lines = [
        "# C9: measured error rates",
        "",
        f"`python bench/claims/isolation.py --repeats {repeats}` makes this page: {repeats} studies of each family and size,",
        f"{times(repeats, 512)} from 128 trials on, scrambled Halton points, seed noise 0.05 where nothing else is said; each study is",
        f"compared with {PAIRED} others. NumPy {np.__version__}, SciPy {scipy.__version__}, Python {platform.python_version()}. The columns are trials a value. What",
        "a family selects in truth is known from 1e5 studies.",
        "",
        "Told apart although nothing differs, and in brackets the upper 95 % limit of that share:",
        "",
        f"| both values | {head} |",
        rule,
    ]
    lines += [
        _row(name, [_share(*false_alarms(name, name, n, times(repeats, n))) for n in sizes])
        for name in FAMILIES
    ]
    lines += [
        "",
        "The same where the values differ in kind and are shifted so that what they select is the same in the mean:",
        "",
        f"| one and the other | {head} |",
        rule,
    ]
    for a, b in DIFFERENT:
        cells = [_share(*false_alarms(a, b, n, times(repeats, n))) for n in sizes]
        lines.append(_row(f"{a}; {b}", cells))
    lines += [
        "",
        "Coverage of the 95 % interval of a best, its 95 % interval in brackets. The first "
        f"{len(ASSUMED)} families are those in which what the fit assumes holds:",
        "",
        f"| value | {head} |",
        rule,
    ]
    together = np.zeros((len(sizes), 2), dtype=int)
    for name in (*ASSUMED, *(n for n in FAMILIES if n not in ASSUMED)):
        found = [covered(name, n, times(repeats, n)) for n in sizes]
        lines.append(_row(name, [_coverage(*f) if f[1] >= 50 else "too few" for f in found]))
        if name in ASSUMED:
            together += np.array(found)
    lines.append(_row(f"the first {len(ASSUMED)} together", [_coverage(*f) for f in together]))
    lines += [
        "",
        "How often a fit is accepted (else the best seen are compared):",
        "",
        f"| value | {head} |",
        rule,
    ]
    for name in FAMILIES:
        cells = [
            f"{np.mean([g.fitted.known for g in studies(name, n, times(repeats, n))]):.0%}"
            for n in sizes
        ]
        lines.append(_row(name, cells))
    lines += [
        "",
        "Power at the shift that a regression of the family's own form finds in 90 %, that regression and the test of",
        "minima both at 5 % by simulation:",
        "",
        "| family | trials a value | shift | C9 | test of minima | regression |",
        "|---|---|---|---|---|---|",
    ]
    for name in POWER:
        for n in (32, 64):
            shift, ours, minima, regression = power(name, n, repeats)
            lines.append(
                f"| {name} | {n} | {shift:.3f} | {ours:.0%} | {minima:.0%} | {regression:.0%} |"
            )
    lines += section(max(repeats // 4, 1))
    if splits:
        lines += [
            "",
            "Real searches cut in two by lot (`bench/claims/isolation_splits.py`): nothing differs, and one half has the best.",
            "",
            "| search | trials | told apart | C9 spoke | splits |",
            "|---|---|---|---|---|",
            *splits,
        ]
    return "\n".join(lines) + "\n"


def _row(name: str, cells: list[str]) -> str:
    return f"| {name} | " + " | ".join(cells) + " |"


def _share(rate: float, upper: float) -> str:
    return f"{rate:.1%} ({upper:.1%})"


def _coverage(count: int, made: int) -> str:
    share = proportion(count, made)
    return f"{share.estimate:.1%} ({share.low:.1%} to {share.high:.1%})"


def splits_of(folder: Path, repeats: int) -> list[str]:
    rows = []
    for name in SEARCHES:
        whole = search(folder, name)
        for trials in (None, 128, 64):
            told, spoke = told_apart(whole, trials, repeats, 1)
            share = proportion(told, repeats)
            rows.append(
                f"| {name} | {trials or len(whole)} | {share.estimate:.1%} ({share.low:.1%} to "
                f"{share.high:.1%}) | {spoke / repeats:.0%} | {repeats} |"
            )
    return rows
