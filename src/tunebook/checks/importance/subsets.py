"""One study seen three ways: all trials, those that completed, and the better half (C10).

All trials: infeasible ones share the worst rank, so a hyperparameter that decides what fails
matters. The better half: what still matters near the optimum, once the region that fails or never
learns is left.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tunebook.checks.importance.model import (
    FEWEST_OF_LEVEL,
    AdditiveFit,
    Encoding,
    Part,
    curve_of,
    levels_of,
    scores_of,
)
from tunebook.checks.importance.sensitivity_indices import (
    Ranks,
    Share,
    at_least,
    at_most_together,
    less,
    share,
    share_of_one,
)
from tunebook.domain.formats.places import places_on
from tunebook.domain.space import Axis, Choice, spell
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Value

if TYPE_CHECKING:
    from jaxtyping import Float

WHOLE, BETTER, PAIRS = 0.015, 0.01, 0.015
"""Levels of the three tests, each over the whole table: together 4 %, as they are not exact."""
LEAST_TOGETHER = 0.01
"""A pair's share below this is not worth tuning them together for."""
LITTLE, LITTLE_NEAR = 0.1, 0.2
"""Total share of a hyperparameter that matters little: a tenth of what varies among all trials;
a fifth among the better half, where luck is a larger part of what varies."""
UNSURE = 0.05
"""Chance, over the hyperparameters of a study, that an upper end lies below the truth."""
MOST = 10_000
"""Trials of a study that are fitted; of more, so many at random."""
FEWEST = 16
PER_COLUMN = 1.75
"""Trials for each column of the smallest model: 16 for four hyperparameters, 30 for eight."""
MOST_PAIRED = 12
"""Hyperparameters whose pairs are looked at, the strongest by themselves: 66 pairs."""
ALIKE = 0.999
"""Correlation of two hyperparameters above which their effects can't be separated."""

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What one fit says; mappings have the hyperparameters, or pairs, that could be fitted.

    Attributes:
        trials: that were fitted.
        places: of these, by hyperparameter.
        fit: the additive part, for its picture.
        encodings: by hyperparameter, in the order of the fit's parts.
        first, total: share by itself, and with its pairs.
        p_value: of "its curve is flat".
        pairs, pair_p_value: share of the products; test beside an increasing function of a sum.
    """

    trials: int
    places: Mapping[str, Float[np.ndarray, "trials"]]
    fit: AdditiveFit
    encodings: Mapping[str, Encoding]
    first: Mapping[str, Share]
    total: Mapping[str, Share]
    p_value: Mapping[str, float]
    pairs: Mapping[Pair, Share]
    pair_p_value: Mapping[Pair, float]


def places_of(axis: Axis, values: list[object]) -> Float[np.ndarray, "trials"]:
    """Places in the unit interval; of a choice, the number of the value."""
    if isinstance(axis, Choice):
        number = {v: i for i, v in enumerate(axis.values)}
        return np.array([number[v] for v in values], dtype=float)  # type: ignore[index]
    return places_on(axis, values)  # type: ignore[arg-type]


def unfit(axes: Mapping[str, Axis], places: Mapping[str, np.ndarray]) -> dict[str, str]:
    """Hyperparameters that no fit can judge, with the reason."""
    why: dict[str, str] = {}
    for name, axis in axes.items():
        held = places[name]
        if len(np.unique(held)) < 2:
            why[name] = "had one value in all trials"
        elif isinstance(axis, Choice) and not levels_of(held).size:
            why[name] = _too_rare(axis, held)
    for a, b in combinations([n for n in axes if n not in why], 2):
        if b not in why and a not in why and _alike(places[a], places[b]):
            why[b] = f"was varied in step with {a}"
    return why


def _too_rare(axis: Choice, held: Float[np.ndarray, "trials"]) -> str:
    """Why a choice can't be judged that has no two values with trials enough."""
    numbers, counts = np.unique(held, return_counts=True)
    most = int(counts.max())
    if most >= FEWEST_OF_LEVEL:
        value = spell(axis.values[int(numbers[int(np.argmax(counts))])])
        return f"was {value} in {most} of {len(held)} trials"
    return "had a value of its own in nearly every trial"


def _alike(a: Float[np.ndarray, "trials"], b: Float[np.ndarray, "trials"]) -> bool:
    a, b = a - a.mean(), b - b.mean()
    return abs(float(a @ b)) > ALIKE * math.sqrt(float(a @ a) * float(b @ b))


def columns_needed(axes: Mapping[str, Axis], places: Mapping[str, np.ndarray]) -> int:
    """Columns of the smallest model that sees a bowl along every hyperparameter."""
    return sum(
        levels_of(places[n]).size if isinstance(a, Choice) else curve_of(places[n], 2).size
        for n, a in axes.items()
    )


def trials_needed(columns: int) -> int:
    """Trials that a model of so many columns, and its constant, takes."""
    return max(FEWEST, math.ceil(PER_COLUMN * (columns + 1)))


def read_view(
    axes: Mapping[str, Axis],
    places: Mapping[str, np.ndarray],
    losses: Float[np.ndarray, "trials"],
    *,
    upper: float,
    tests: bool = True,
) -> View | None:
    """Fit one set of trials; None where they are too few, or all alike.

    Args:
        axes: hyperparameters that can be judged.
        places: of the trials on them.
        losses: lower is better, NaN where infeasible.
        upper: level of the one-sided upper ends of total shares.
        tests: judge interactions, and what each has alone, too.
    """
    axes = {n: a for n, a in axes.items() if len(np.unique(places[n])) > 1}
    n, needed = len(losses), columns_needed(axes, places)
    if not needed or n < trials_needed(needed):
        return None
    scores = scores_of(losses)
    if not scores.any():
        return None
    encodings = _encodings(axes, places, n, needed)
    columns = {name: e.columns(places[name]) for name, e in encodings.items()}
    fit = AdditiveFit(list(columns.values()), scores)
    order = list(encodings)
    parts = dict(zip(order, fit.parts, strict=True))
    strongest = sorted(order, key=lambda h: -float(parts[h].theta @ parts[h].theta))[:MOST_PAIRED]
    degree = _pair_degree(n, len(order))
    paired = combinations([h for h in order if h in strongest], 2)
    products = _products(fit, columns, paired, degree)
    ranks = Ranks.of(scores)

    def of(*own: Part, level: float = 0.975) -> Share:
        return share(own, ranks, fit.freedom, upper=level)

    first, total = _shares(parts, products, of, fit, upper)
    if len(order) == 1 and not encodings[order[0]].levels:
        (name,) = order
        found = share_of_one(total[name], places[name], scores, fit.noise, fit.freedom)
        first = total = {name: found}
    return View(
        trials=n,
        places={h: places[h] for h in order},
        fit=fit,
        encodings=encodings,
        first=first if tests else {},
        total=total,
        p_value={h: fit.block_p_value(i) for i, h in enumerate(order)},
        pairs={pair: of(part) for pair, part in products.items()} if tests else {},
        pair_p_value={
            (a, b): fit.interaction_p_value(_tested(encodings, columns, a, b)) for a, b in products
        }
        if tests
        else {},
    )


def _products(
    fit: AdditiveFit,
    columns: Mapping[str, np.ndarray],
    paired: Iterable[tuple[str, str]],
    degree: int,
) -> dict[tuple[str, str], Part]:
    """What each pair explains beyond its own two; none for pairs that the trials can't show."""
    found = {(a, b): fit.pair_part(products_of(columns[a], columns[b], degree)) for a, b in paired}
    return {pair: part for pair, part in found.items() if part is not None}


def _shares(
    parts: Mapping[str, Part],
    products: Mapping[Pair, Part],
    of: Callable[..., Share],
    fit: AdditiveFit,
    upper: float,
) -> tuple[dict[str, Share], dict[str, Share]]:
    """By hyperparameter, the share by itself and with its pairs.

    What they have by themselves adds up to what the fit explains at most, and no total is smaller
    than the share by itself: parts of a fit to few trials overlap. A total gives up what its own
    share does, so that no total and what is left unexplained exceed all.
    """
    alone = {h: of(part) for h, part in parts.items()}
    explained = min(float(fit.fitted.var()), 1.0)
    first = dict(zip(parts, at_most_together(list(alone.values()), explained), strict=True))
    total = {}
    for h in parts:
        whole = of(parts[h], *(p for pair, p in products.items() if h in pair), level=upper)
        given_up = alone[h].estimate - first[h].estimate
        total[h] = at_least(less(whole, given_up), first[h])
    return first, total


def _encodings(
    axes: Mapping[str, Axis], places: Mapping[str, np.ndarray], n: int, needed: int
) -> dict[str, Encoding]:
    """Polynomials of degree 2; of 4 or 6 where a third of the trials' freedom allows it."""
    numeric = sum(not isinstance(a, Choice) for a in axes.values())
    levels = needed - 2 * numeric
    degree = 2
    for wanted, fewest in ((4, 48), (6, 256)):
        if n >= fewest and levels + wanted * numeric + 1 <= n / 3:
            degree = wanted
    return {
        h: levels_of(places[h]) if isinstance(a, Choice) else curve_of(places[h], degree)
        for h, a in axes.items()
    }


def _pair_degree(n: int, hyperparameters: int) -> int:
    """Squares enter products where each hyperparameter's pairs have 32 trials apiece."""
    return 2 if n >= max(48, 32 * (hyperparameters - 1)) else 1


def products_of(
    a: Float[np.ndarray, "trials j"], b: Float[np.ndarray, "trials k"], *most: int
) -> Float[np.ndarray, "trials jk"]:
    """Products of the first columns of two hyperparameters: as many of both, or of each."""
    a, b = a[:, : most[0]], b[:, : most[-1]]
    return np.asarray((a[:, :, None] * b[:, None, :]).reshape(len(a), -1))


def _tested(
    encodings: Mapping[str, Encoding], columns: Mapping[str, np.ndarray], a: str, b: str
) -> Float[np.ndarray, "trials k"]:
    """The products that the test of an interaction looks at: of slopes, and of common levels."""
    return products_of(columns[a], columns[b], *(2 if encodings[h].levels else 1 for h in (a, b)))


class StudyViews(NamedTuple):
    """One study's trials and the fits to them, before anything is judged."""

    key: str
    axes: Mapping[str, Axis]
    names: tuple[str, ...]
    losses: Float[np.ndarray, "trials"]
    values: Float[np.ndarray, "trials"]
    raw: Mapping[str, Sequence[Value]]
    places: Mapping[str, Float[np.ndarray, "trials"]]
    why: Mapping[str, str]
    ended: int
    configurations: int
    needs: int
    whole: View | None
    complete: View | None
    better: View | None


def configurations(
    places: Sequence[Float[np.ndarray, "trials"]], losses: Float[np.ndarray, "trials"]
) -> tuple[np.ndarray, Float[np.ndarray, "configurations"]]:
    """A trial of each configuration, and the median loss of its seeds; NaN where most failed.

    Seeds of one configuration tell of noise, not of what was varied: they count once.
    """
    if not len(losses):
        return np.arange(0), losses
    _, first, which = np.unique(
        np.column_stack(places), axis=0, return_index=True, return_inverse=True
    )
    if len(first) == len(losses):
        return np.arange(len(losses)), losses
    which = which.reshape(-1)
    worst = np.where(np.isnan(losses), np.inf, losses)
    order = np.lexsort((worst, which))
    counts = np.bincount(which)
    starts = np.cumsum(counts) - counts
    # The upper of two middle ones, so that half of the seeds failing is failing.
    middle = worst[order][starts + counts // 2]
    return first, np.where(np.isinf(middle), np.nan, middle)


def read_study(
    table: TrialTable, key: str, rows: np.ndarray, rng: np.random.Generator
) -> StudyViews:
    ended = len(rows)
    if ended > MOST:
        rows = np.sort(rng.choice(rows, MOST, replace=False))
    axes = table.branches[key].axes
    raw = {h: [table.config[i][h] for i in rows] for h in axes}
    places = {h: places_of(a, raw[h]) for h, a in axes.items()}
    losses, values = table.losses[rows], table.value[rows]
    why = unfit(axes, places) if len(rows) else {}
    fitted = {h: a for h, a in axes.items() if h not in why}
    first, fates = configurations(list(places.values()), losses)
    once = {h: p[first] for h, p in places.items()}
    needs = trials_needed(columns_needed(fitted, once) if len(rows) else 2 * len(axes))
    upper = 1 - UNSURE / max(len(fitted), 1)

    def view(chosen: np.ndarray, *, tests: bool = True) -> View | None:
        own = {h: once[h][chosen] for h in fitted}
        return read_view(fitted, own, fates[chosen], upper=upper, tests=tests)

    everything = np.arange(len(fates))
    complete = np.flatnonzero(np.isfinite(fates))
    best_first = complete[np.argsort(fates[complete], kind="stable")]
    whole = view(everything)
    alike = len(complete) == len(fates)
    return StudyViews(
        key=key,
        axes=axes,
        names=tuple(table.name[i] for i in rows),
        losses=losses,
        values=values,
        raw=raw,
        places=places,
        why=why,
        ended=ended,
        configurations=len(fates),
        needs=needs,
        whole=whole,
        complete=whole if alike or whole is None else view(complete),
        better=view(np.sort(best_first[: math.ceil(len(fates) / 2)]), tests=False)
        if whole is not None
        else None,
    )
