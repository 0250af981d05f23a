"""The best of each scientific value over its nuisance hyperparameters, with its uncertainty (C9).

Estimand: the mean, over studies and fresh seeds, of what a new study of this size, space and
searcher would select, for each value, at equal budgets. Estimate: the best seen, at the smaller
budget where they differ (the mean over subsets). Uncertainty: subsampling: the spread of the best
of a third of the trials, drawn without replacement, which is larger than that of the best of all,
never smaller, as the plain bootstrap's is (it repeats the same best trial; Dodge et al. 2019,
Tang et al. 2020). Two values are told apart where the interval of their difference, at ALPHA
shared over all pairs (Bonferroni), leaves out zero. The selected best is optimistic by the noise
of one training on both sides; only fresh seeds (`decide`) say what a configuration is worth.

Assumes trials that are exchangeable within a study (not chosen by earlier results). Infeasible
trials count as infinitely bad. Measured rates: docs/claims/isolation.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from tunebook.words.design import Objective
from tunebook.words.finding import (
    Finding,
    Interval,
    NotApplicable,
    PairwiseDifference,
    Severity,
)
from tunebook.words.space import Choice, spell
from tunebook.words.table import TrialTable
from tunebook.words.trial import Value

if TYPE_CHECKING:
    from jaxtyping import Float

ALPHA = 0.05
FEWEST = 6
"""Complete trials of a value below which its best has no interval."""
SUBSETS = 600
SLICES = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class IsolatedValue:
    """One scientific value; `all_values` are the objective of its complete trials."""

    value: Value
    study_names: tuple[str, ...]
    trials: int
    infeasible: int
    best: Interval
    best_trial: str
    all_values: Float[np.ndarray, "complete"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Slice:
    """One slice of a continuous scientific hyperparameter, and the best in it."""

    low: float
    high: float
    trials: int
    best: Interval
    best_trial: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class IsolatedHyperparameter:
    """One scientific hyperparameter, by value or by slice."""

    name: str
    values: tuple[IsolatedValue, ...]
    slices: tuple[Slice, ...]
    pairs: tuple[PairwiseDifference, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class IsolationResult:
    """Every scientific hyperparameter."""

    objective: Objective
    hyperparameters: tuple[IsolatedHyperparameter, ...]
    findings: tuple[Finding, ...]


def check(table: TrialTable, *, seed: int = 0) -> IsolationResult | NotApplicable:
    """Compare the values of each scientific hyperparameter."""
    if not table.scientific:
        return NotApplicable(
            check="C9",
            reason="no hyperparameter was scientific in this round",
            needs="a scientific hyperparameter: what the question is about",
        )
    counted = table.take(table.counted)
    rng = np.random.default_rng(seed)
    found = tuple(_isolate(counted, name, rng) for name in table.scientific)
    if not any(v.trials - v.infeasible >= FEWEST for h in found for v in h.values) and not any(
        h.slices for h in found
    ):
        return NotApplicable(
            check="C9",
            reason="no scientific value has enough complete trials",
            needs=f"{FEWEST} complete trials of each value",
        )
    return IsolationResult(
        objective=table.objective,
        hyperparameters=found,
        findings=tuple(_finding(table, h) for h in found),
    )


def _isolate(table: TrialTable, name: str, rng: np.random.Generator) -> IsolatedHyperparameter:
    column = table.column(name)
    axes = [b.axes[name] for b in table.branches.values() if name in b.axes]
    if any(not isinstance(axis, Choice) for axis in axes):
        return IsolatedHyperparameter(
            name=name, values=(), slices=_slices(table, name, rng), pairs=()
        )
    order = list(dict.fromkeys(v for v in column if v is not None))
    groups = {v: np.array([c == v for c in column], dtype=bool) for v in order}
    budget = min((int(g.sum()) for g in groups.values()), default=0)
    values = tuple(_value(table, v, g, budget, rng) for v, g in groups.items())
    return IsolatedHyperparameter(
        name=name, values=values, slices=(), pairs=_pairs(table, values, groups, budget, rng)
    )


def _value(
    table: TrialTable,
    value: Value,
    own: Float[np.ndarray, "trials"],
    budget: int,
    rng: np.random.Generator,
) -> IsolatedValue:
    losses = table.losses[own]
    best = int(np.nanargmin(losses)) if np.isfinite(losses).any() else -1
    names = [n for n, mine in zip(table.name, own, strict=True) if mine]
    studies = [s for s, mine in zip(table.study, own, strict=True) if mine]
    return IsolatedValue(
        value=value,
        study_names=tuple(dict.fromkeys(studies)),
        trials=len(losses),
        infeasible=int(table.infeasible[own].sum()),
        best=_signed(_best(losses, budget, 1 - ALPHA, rng), table.objective.sign),
        best_trial=names[best] if best >= 0 else "",
        all_values=table.value[own & table.complete],
    )


def _signed(interval: Interval, sign: int) -> Interval:
    low, high = sorted((sign * interval.low, sign * interval.high))
    return Interval(sign * interval.estimate, low, high, interval.confidence)


def _best(
    losses: Float[np.ndarray, "trials"],
    budget: int,
    confidence: float,
    rng: np.random.Generator,
) -> Interval:
    """Best of `budget` trials, and its interval; unbounded where the trials are too few."""
    worst = np.where(np.isfinite(losses), losses, np.inf)
    if not np.isfinite(worst).any():
        return Interval(math.nan, -math.inf, math.inf, confidence)
    best = _mean_best(worst, budget)
    if int(np.isfinite(worst).sum()) < FEWEST:
        return Interval(best, -math.inf, math.inf, confidence)
    reach = float(stats.norm.ppf(0.5 + confidence / 2)) * spread_of_best(worst, rng)
    return Interval(best, best - reach, best + reach, confidence)


def _mean_best(worst: Float[np.ndarray, "trials"], budget: int) -> float:
    """Mean, over all subsets of `budget` trials, of the best: exact, from ranks."""
    n = len(worst)
    if budget >= n:
        return float(worst.min())
    ordered = np.sort(worst)
    places = np.arange(n)
    # The best of a subset is the k-th of all with chance C(n-1-k, b-1) / C(n, b).
    chances = stats.hypergeom.pmf(0, n, budget, places) * budget / (n - places)
    chances = np.where(places <= n - budget, chances, 0.0)
    finite = np.isfinite(ordered)
    return float((chances[finite] * ordered[finite]).sum() / chances[finite].sum())


def spread_of_best(worst: Float[np.ndarray, "trials"], rng: np.random.Generator) -> float:
    """Standard deviation of the best of a third of the trials, over subsets; robust to cliffs.

    At least half of the distance between neighbouring distinct values of the best, since an
    objective counted in examples has no finer grain.
    """
    n = len(worst)
    m = max(2, n // 3)
    picks = np.argsort(rng.random((SUBSETS, n)), axis=1)[:, :m]
    bests = worst[picks].min(axis=1)
    bests = bests[np.isfinite(bests)]
    if len(bests) < 2:
        return math.inf
    q16, q84 = np.quantile(bests, [0.16, 0.84])
    spread = max(float(bests.std(ddof=1)), float(q84 - q16) / 2)
    distinct = np.unique(worst[np.isfinite(worst)])
    grain = float(np.diff(distinct[:4]).mean()) / 2 if len(distinct) > 3 else 0.0
    return max(spread, grain)


def _pairs(
    table: TrialTable,
    values: tuple[IsolatedValue, ...],
    groups: dict[Value, Float[np.ndarray, "trials"]],
    budget: int,
    rng: np.random.Generator,
) -> tuple[PairwiseDifference, ...]:
    sign = table.objective.sign
    count = max(1, len(values) * (len(values) - 1) // 2)
    z = float(stats.norm.ppf(1 - ALPHA / count / 2))
    worst = {v: np.where(table.complete[g], table.losses[g], np.inf) for v, g in groups.items()}
    known = {
        v: (_mean_best(w, budget), spread_of_best(w, rng))
        for v, w in worst.items()
        if int(np.isfinite(w).sum()) >= FEWEST
    }
    pairs = []
    for a, b in combinations(groups, 2):
        if a not in known or b not in known:
            pairs.append(
                PairwiseDifference(
                    a=a, b=b, difference=math.nan, low=-math.inf, high=math.inf, told_apart=False
                )
            )
            continue
        difference = known[a][0] - known[b][0]
        reach = z * math.hypot(known[a][1], known[b][1])
        low, high = sorted((sign * (difference - reach), sign * (difference + reach)))
        pairs.append(
            PairwiseDifference(
                a=a,
                b=b,
                difference=sign * difference,
                low=low,
                high=high,
                told_apart=low > 0 or high < 0,
            )
        )
    return tuple(pairs)


def _slices(table: TrialTable, name: str, rng: np.random.Generator) -> tuple[Slice, ...]:
    """The best in each quarter of the axis, on its scale."""
    found = []
    for study, branch in table.branches.items():
        if name not in branch.axes:
            continue
        own, axis = table.of_study(study), branch.axes[name]
        units = own.units(study)[:, list(branch.axes).index(name)]
        budget = len(own) // SLICES
        for k in range(SLICES):
            inside = (units >= k / SLICES) & ((units < (k + 1) / SLICES) | (k == SLICES - 1))
            losses = own.losses[inside]
            if not np.isfinite(losses).any():
                continue
            best = int(np.nanargmin(losses))
            found.append(
                Slice(
                    low=float(axis.from_unit(k / SLICES)),
                    high=float(axis.from_unit((k + 1) / SLICES)),
                    trials=int(inside.sum()),
                    best=_signed(_best(losses, budget, 1 - ALPHA, rng), table.objective.sign),
                    best_trial=[t for t, i in zip(own.name, inside, strict=True) if i][best],
                )
            )
    return tuple(found)


def _finding(table: TrialTable, found: IsolatedHyperparameter) -> Finding:
    metric, sign = table.objective.metric, table.objective.sign
    told = [p for p in found.pairs if p.told_apart]
    numbers = {"pairs": found.pairs}
    if found.slices:
        best = min(found.slices, key=lambda s: sign * s.best.estimate)
        return Finding(
            check="C9",
            severity=Severity.NOTE,
            subject=found.name,
            numbers={"pairs": (), "best": best.best, "low": best.low, "high": best.high},
            sentence=f"The best {metric} lies where {found.name} is {spell(best.low)} to "
            f"{spell(best.high)}: {_shown(best.best)}; slices overlap where their bars do.",
            trials=(best.best_trial,),
        )
    if any(math.isnan(p.difference) for p in found.pairs):
        thin = [v for v in found.values if v.trials - v.infeasible < FEWEST]
        return Finding(
            check="C9",
            severity=Severity.WARNING,
            subject=found.name,
            numbers=numbers,
            sentence="Not enough evidence to compare "
            + ", ".join(f"{found.name}={spell(v.value)}" for v in thin)
            + f": fewer than {FEWEST} complete trials.",
        )
    trials = tuple(v.best_trial for v in found.values)
    if not told:
        closest = min(found.pairs, key=lambda p: abs(p.difference), default=None)
        apart = (
            f" ({spell(closest.a)} minus {spell(closest.b)}: {closest.difference:.2g} "
            f"[{closest.low:.2g}, {closest.high:.2g}] in {metric})"
            if closest
            else ""
        )
        return Finding(
            check="C9",
            severity=Severity.NOTE,
            subject=found.name,
            numbers=numbers,
            sentence=f"The values of {found.name} can't be told apart at this budget{apart}; "
            "fresh-seed reruns of each best, or more trials, would settle it.",
            trials=trials,
        )
    said = "; ".join(
        f"{spell(p.a if sign * p.difference < 0 else p.b)} is better than "
        f"{spell(p.b if sign * p.difference < 0 else p.a)} by {abs(p.difference):.2g} "
        f"[{min(abs(p.low), abs(p.high)):.2g}, {max(abs(p.low), abs(p.high)):.2g}]"
        for p in told
    )
    return Finding(
        check="C9",
        severity=Severity.NOTE,
        subject=found.name,
        numbers=numbers,
        sentence=f"Tuned at this budget, {said} in {metric}.",
        trials=trials,
    )


def _shown(interval: Interval) -> str:
    return f"{interval.estimate:.4g} [{interval.low:.4g}, {interval.high:.4g}]"
