"""The best of each scientific value over its nuisance hyperparameters, with its uncertainty (C9).

Estimand: the mean, over studies and fresh seeds, of what a new study of this size, space and
searcher would select, for each value, at equal budgets. Estimate: the best seen, at the smaller
budget where they differ (the mean over subsets). Its uncertainty: `resampling.spread_of_best`.
A configuration that was run with several seeds counts once, with their mean; where a value has one
configuration alone, nothing was selected, and its mean over seeds has a Student interval.

Claim: two values are told apart where the interval of their difference leaves out zero. Null:
their estimands are the same. ALPHA is shared over all pairs of a hyperparameter (Bonferroni).
Assumes configurations that are exchangeable within a value (not chosen by earlier results).
Infeasible trials count as infinitely bad. The best is optimistic by the noise of one training, on
all sides alike; only fresh seeds (`decide`) say what a configuration is worth. Measured error
rates, power and coverage: docs/claims/isolation.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from tunebook.analysis.resampling import mean_best, spread_of_best, trials_to_resolve
from tunebook.words.design import Objective
from tunebook.words.finding import (
    Finding,
    Interval,
    NotApplicable,
    Number,
    PairwiseDifference,
    Severity,
)
from tunebook.words.space import Axis, Choice, Integer, spell
from tunebook.words.table import TrialTable
from tunebook.words.trial import Value

if TYPE_CHECKING:
    from jaxtyping import Bool, Float

ALPHA = 0.05
FEWEST = 5
"""Complete configurations of a value below which its best has no interval."""
FEWEST_SEEDS = 3
"""Complete trials of a lone configuration below which its mean has no interval."""
SLICES = 4
LONE = 1.4
"""The interval of a lone best is wider by this: the best is skewed, and its spread is small just
where the best is unlucky (docs/claims/isolation.md has the coverage that it gives). In differences
of two the skew cancels."""
MOST_PAIRS = 3
"""Pairs that a sentence names."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class IsolatedValue:
    """One scientific value.

    Attributes:
        value: of the scientific hyperparameter.
        study_names: studies that its trials belong to.
        trials, infeasible: counts, over all of them.
        best: what a study like this one selects, 95 %, in the objective's units.
        best_trial: the best complete trial, or empty.
        all_values: the objective of its complete trials.
    """

    value: Value
    study_names: tuple[str, ...]
    trials: int
    infeasible: int
    best: Interval
    best_trial: str
    all_values: Float[np.ndarray, "complete"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Slice:
    """One slice of a continuous scientific hyperparameter, from `low` to `high`; its best."""

    low: float
    high: float
    trials: int
    best: Interval
    best_trial: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class IsolatedHyperparameter:
    """One scientific hyperparameter, by value or by slice; pairs of slices go by their ranges."""

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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Group:
    """The trials of one value or slice; `worst` has one loss a configuration."""

    label: Value
    table: TrialTable
    worst: Float[np.ndarray, "configurations"]
    estimate: float
    spread: float
    freedom: float

    @property
    def known(self) -> bool:
        return math.isfinite(self.spread)

    @property
    def best_trial(self) -> str:
        losses = self.table.losses
        return self.table.name[int(np.nanargmin(losses))] if self.table.complete.any() else ""


def check(table: TrialTable, *, seed: int = 0) -> IsolationResult | NotApplicable:  # noqa: ARG001
    """Compare the values of each scientific hyperparameter; nothing is drawn at random.

    Args:
        table: the trials of one round.
        seed: as every check takes it.
    """
    if not table.scientific:
        return NotApplicable(
            check="C9",
            reason="no hyperparameter was scientific in this round",
            needs="a scientific hyperparameter: what the question is about",
        )
    counted = table.take(table.counted)
    found, findings = [], []
    for name in table.scientific:
        groups, sliced = _groups(counted, name)
        pairs = _pairs(groups, table.objective.sign)
        found.append(_isolated(name, groups, sliced, pairs, table.objective.sign))
        if any(g.known for g in groups):
            findings.append(_finding(table, name, groups, sliced, pairs))
    if not findings:
        return NotApplicable(
            check="C9",
            reason="no scientific value has enough complete trials",
            needs=f"{FEWEST} complete configurations of each value",
        )
    return IsolationResult(
        objective=table.objective, hyperparameters=tuple(found), findings=tuple(findings)
    )


def _groups(table: TrialTable, name: str) -> tuple[list[_Group], list[tuple[float, float]]]:
    """The trials by value, or by slice of the axis; for slices also their ranges."""
    column = table.column(name)
    there = [v for v in column if v is not None]
    axes = [b.axes[name] for b in table.branches.values() if name in b.axes]
    if all(isinstance(axis, Choice) for axis in axes) or _few_integers(axes, there):
        listed = [v for a in axes if isinstance(a, Choice) for v in a.values if v in there]
        order = list(dict.fromkeys(listed or there))
        if any(isinstance(axis, Integer) for axis in axes):
            order = sorted(order, key=float)
        rows = [np.array([c == v for c in column], dtype=bool) for v in order]
        return _with_budget(table, order, rows), []
    rows, ranges = [], []
    for axis in dict.fromkeys(axes):
        own = [s for s, b in table.branches.items() if b.axes.get(name) == axis]
        units = np.array(
            [
                axis.to_unit(v) if v is not None and s in own else np.nan  # type: ignore[arg-type]
                for v, s in zip(column, table.study, strict=True)
            ]
        )
        place = np.minimum(np.floor(units * SLICES), SLICES - 1)
        for k in range(SLICES):
            inside = place == k
            if inside.any():
                rows.append(inside)
                ranges.append(_range_of(axis, k, [v for v, i in zip(column, inside) if i]))  # noqa: B905
    labels = [f"{spell(a)} to {spell(b)}" for a, b in ranges]
    return _with_budget(table, labels, rows), ranges


def _few_integers(axes: Sequence[Axis], there: Sequence[Value]) -> bool:
    """True where every integer that was tried has trials enough to stand for itself."""
    return all(isinstance(axis, Integer) for axis in axes) and all(
        there.count(v) >= 2 * FEWEST for v in set(there)
    )


def _range_of(axis: Axis, k: int, inside: Sequence[Value | None]) -> tuple[float, float]:
    if isinstance(axis, Integer):
        numbers = [float(v) for v in inside if v is not None]
        return min(numbers), max(numbers)
    return float(axis.from_unit(k / SLICES)), float(axis.from_unit((k + 1) / SLICES))


def _with_budget(
    table: TrialTable, labels: Sequence[Value], rows: Sequence[Bool[np.ndarray, "trials"]]
) -> list[_Group]:
    """Groups with their bests at equal budgets: the smallest one among them."""
    parts = [table.take(r) for r in rows]
    worst = [_by_configuration(p) for p in parts]
    enough = [len(w) for w in worst if int(np.isfinite(w).sum()) >= FEWEST]
    budget = min(enough, default=0)
    return [
        _group(label, part, own, budget)
        for label, part, own in zip(labels, parts, worst, strict=True)
    ]


def _by_configuration(table: TrialTable) -> Float[np.ndarray, "configurations"]:
    """One loss a configuration: the mean over its seeds, infinite where one is infeasible."""
    together: dict[tuple[tuple[str, Value], ...], list[float]] = {}
    losses = np.where(table.complete, table.losses, np.inf)
    for config, loss in zip(table.config, losses, strict=True):
        together.setdefault(tuple(sorted(config.items())), []).append(float(loss))
    return np.array([np.mean(own) for own in together.values()])


def _group(
    label: Value, table: TrialTable, worst: Float[np.ndarray, "configurations"], budget: int
) -> _Group:
    finite = worst[np.isfinite(worst)]
    estimate = float(finite.min()) if len(finite) else math.nan
    spread, freedom = math.inf, math.inf
    if len(worst) == 1 and len(finite) == 1 and len(table) >= FEWEST_SEEDS:
        spread = float(table.losses.std(ddof=1)) / math.sqrt(len(table))
        freedom = len(table) - 1.0
    elif len(finite) >= FEWEST:
        estimate, spread = mean_best(worst, budget), spread_of_best(worst)
    return _Group(
        label=label, table=table, worst=worst, estimate=estimate, spread=spread, freedom=freedom
    )


def _isolated(
    name: str,
    groups: Sequence[_Group],
    sliced: Sequence[tuple[float, float]],
    pairs: tuple[PairwiseDifference, ...],
    sign: int,
) -> IsolatedHyperparameter:
    values = () if sliced else tuple(_value(g, sign) for g in groups)
    slices = tuple(
        Slice(low=a, high=b, trials=len(g.table), best=_best(g, sign), best_trial=g.best_trial)
        for (a, b), g in zip(sliced, groups, strict=False)
    )
    return IsolatedHyperparameter(name=name, values=values, slices=slices, pairs=pairs)


def _value(group: _Group, sign: int) -> IsolatedValue:
    return IsolatedValue(
        value=group.label,
        study_names=tuple(dict.fromkeys(group.table.study)),
        trials=len(group.table),
        infeasible=int(group.table.infeasible.sum()),
        best=_best(group, sign),
        best_trial=group.best_trial,
        all_values=group.table.value[group.table.complete],
    )


def _best(group: _Group, sign: int) -> Interval:
    lone = LONE if math.isinf(group.freedom) else 1.0
    reach = lone * float(stats.t.isf(ALPHA / 2, group.freedom)) * group.spread
    middle = sign * group.estimate
    if not math.isfinite(reach):
        return Interval(middle, -math.inf, math.inf, 1 - ALPHA)
    return Interval(middle, middle - reach, middle + reach, 1 - ALPHA)


def _pairs(groups: Sequence[_Group], sign: int) -> tuple[PairwiseDifference, ...]:
    count = max(1, len(groups) * (len(groups) - 1) // 2)
    return tuple(_pair(a, b, ALPHA / count, sign) for a, b in combinations(groups, 2))


def _pair(a: _Group, b: _Group, level: float, sign: int) -> PairwiseDifference:
    if not (a.known and b.known):
        return PairwiseDifference(
            a=a.label, b=b.label, difference=math.nan, low=-math.inf, high=math.inf,
            told_apart=False,
        )  # fmt: skip
    difference = sign * (a.estimate - b.estimate)
    error = math.hypot(a.spread, b.spread)
    # Welch and Satterthwaite; without limit where both are bests of many.
    shares = (a.spread**4 / a.freedom) + (b.spread**4 / b.freedom)
    freedom = error**4 / shares if shares else math.inf
    reach = float(stats.t.isf(level / 2, freedom)) * error
    return PairwiseDifference(
        a=a.label,
        b=b.label,
        difference=difference,
        low=difference - reach,
        high=difference + reach,
        told_apart=abs(difference) > reach,
    )


def _finding(
    table: TrialTable,
    name: str,
    groups: Sequence[_Group],
    sliced: Sequence[tuple[float, float]],
    pairs: tuple[PairwiseDifference, ...],
) -> Finding:
    sign, metric = table.objective.sign, table.objective.metric
    thin = [g for g in groups if not g.known]
    numbers: dict[str, Number] = {"pairs": pairs}
    if sliced:
        place = min((i for i, g in enumerate(groups) if g.known), key=lambda i: groups[i].estimate)
        low, high = sliced[place]
        numbers |= {"best": _best(groups[place], sign), "low": low, "high": high}
    said = []
    if len(groups) < 2:
        said.append(f"Only {name}={spell(groups[0].label)} was tried: there is nothing to compare")
    elif len(groups) - len(thin) >= 2:
        said.append(_comparison(name, groups, pairs, sign, metric))
    if thin:
        said.append(
            "Not enough evidence on "
            + ", ".join(f"{name}={spell(g.label)} ({_of_thin(g)})" for g in thin)
            + f": its best takes {FEWEST} complete configurations"
        )
    return Finding(
        check="C9",
        severity=Severity.WARNING if thin else Severity.NOTE,
        subject=name,
        numbers=numbers,
        sentence=". ".join(said) + ".",
        trials=tuple(g.best_trial for g in groups if g.best_trial),
    )


def _of_thin(group: _Group) -> str:
    complete = int(group.table.complete.sum())
    return f"{complete} of {len(group.table)} trials complete"


def _comparison(
    name: str,
    groups: Sequence[_Group],
    pairs: Sequence[PairwiseDifference],
    sign: int,
    metric: str,
) -> str:
    known = [p for p in pairs if math.isfinite(p.difference)]
    told = sorted((p for p in known if p.told_apart), key=lambda p: -abs(p.difference))
    if told:
        shown = [_told(p, sign) for p in told[:MOST_PAIRS]]
        if len(told) > MOST_PAIRS:
            shown.append(f"{len(told) - MOST_PAIRS} more of {len(known)} pairs are told apart")
        rest = len(known) - len(told)
        left = f"; {rest} of {len(known)} pairs can't be told apart" if rest else ""
        return f"With {name} tuned at this budget, {'; '.join(shown)}, in {metric}{left}"
    widest = max(known, key=lambda p: abs(p.difference))
    which = "the largest difference, " if len(known) > 1 else ""
    return (
        f"The values of {name} can't be told apart at this budget ({which}{spell(widest.a)} minus "
        f"{spell(widest.b)}: {widest.difference:.2g} [{widest.low:.2g}, {widest.high:.2g}] in "
        f"{metric}); {_settling(groups, widest)}"
    )


def _told(pair: PairwiseDifference, sign: int) -> str:
    ahead, behind = (pair.a, pair.b) if sign * pair.difference < 0 else (pair.b, pair.a)
    ends = sorted((abs(pair.low), abs(pair.high)))
    return (
        f"{spell(ahead)} is better than {spell(behind)} by {abs(pair.difference):.2g} "
        f"[{ends[0]:.2g}, {ends[1]:.2g}]"
    )


def _settling(groups: Sequence[_Group], pair: PairwiseDifference) -> str:
    """What would tell the pair apart, if the difference is what was seen."""
    a, b = (next(g for g in groups if g.label == label) for label in (pair.a, pair.b))
    wanted = abs(pair.difference) / (pair.high - pair.difference) if pair.high > pair.low else 0.0
    needed = [trials_to_resolve(g.worst, wanted) for g in (a, b) if len(g.worst) > 1]
    if needed and None not in needed:
        about = f"{max(n for n in needed if n is not None):.2g}"
        return (
            f"if that is the difference, about {float(about):g} trials of each would tell them "
            "apart; fresh-seed reruns say which configuration is the better one"
        )
    return (
        "telling them apart would take far more trials; fresh-seed reruns of each best say which "
        "configuration is the better one"
    )
