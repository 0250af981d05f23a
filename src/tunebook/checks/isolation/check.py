"""The best of each scientific value over its nuisance hyperparameters, with its uncertainty (C9).

Estimand: the mean, over studies and fresh seeds, of what a new study of this size, space and
searcher would select, for each value, at equal budgets. Two estimates stand ready for each value
(`scientific_values`): from fitted responses of every form that the trials allow, else the best
seen with the spread of subsamples, which is optimistic by the noise of one training.

Claim: two values differ where the interval of their difference leaves out zero. NULL:
their estimands are the same. Smallest effect that matters: none is built in; the interval is said.
Error rate: ALPHA is shared over all that is compared (Bonferroni). Assumes configurations that are
exchangeable within a value, so an adaptive table is refused; for the fit, a response that is
smooth on its scales but for one cusp or valley at its best, and noise that is about the same over
feasible trials; where no fit is accepted nothing but that the values compared are noisy alike.
Infeasible trials count as infinitely bad. Estimates and ends of intervals stop at the best value
that the metric can reach (`metric_bounds`). That cuts off nothing true and changes no verdict.

Where a table has repeats of each chosen configuration that did not take part in choosing it, they
are compared instead, by Welch's test (`fresh_seeds`). Sources: Dodge et al. 2019 and Tang et al.
2020 for the best of a search, Welch 1947. Measured error rates, power and coverage:
docs/claims/isolation.md; what else was tried: docs/decisions/0009-what-isolation-compares.md and
0011-every-form-that-the-trials-allow.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tunebook.checks.isolation import wording
from tunebook.checks.isolation.band import BestBand, best_bands
from tunebook.domain.design import Objective
from tunebook.domain.finding import (
    Finding,
    Interval,
    NotApplicable,
    Number,
    PairwiseDifference,
    Severity,
)
from tunebook.domain.space import spell
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Value
from tunebook.statistics.fewest_trials import FEWEST
from tunebook.statistics.fresh_seeds import FreshSeeds, fresh_pairs, fresh_seeds
from tunebook.statistics.metric_bounds import certain_best, cut_at_best
from tunebook.statistics.scientific_values import Group, groups_of
from tunebook.statistics.value_pairs import ALPHA as ALPHA
from tunebook.statistics.value_pairs import best_of, compared_pairs, cut_pair

if TYPE_CHECKING:
    import numpy as np
    from jaxtyping import Float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class IsolatedValue:
    """One scientific value, or one slice of a continuous hyperparameter.

    Attributes:
        value: of the scientific hyperparameter; the range in words for a slice.
        ends: of a slice.
        trials, infeasible: counts, over all of them.
        best: what a study like this one selects, 95 %, in the objective's units.
        best_trial: the best complete trial, or empty.
        all_values: the objective of its complete trials; none for a slice.
        fitted: True where `best` comes from a fitted response, False where it is the best seen.
    """

    value: Value
    ends: tuple[float, float] | None = None
    trials: int
    infeasible: int = 0
    best: Interval
    best_trial: str
    all_values: Float[np.ndarray, "complete"]
    fitted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class IsolatedHyperparameter:
    """One scientific hyperparameter, by value or by slice; pairs of slices go by their ranges.

    Attributes:
        name: of the hyperparameter.
        values: or slices.
        pairs: what was compared, by fresh seeds where every value has them.
        bands: of a continuous one, the best that can be had at each place, a study each.
    """

    name: str
    values: tuple[IsolatedValue, ...]
    pairs: tuple[PairwiseDifference, ...]
    bands: tuple[BestBand, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class IsolationResult:
    """Every scientific hyperparameter."""

    objective: Objective
    hyperparameters: tuple[IsolatedHyperparameter, ...]
    findings: tuple[Finding, ...]


def check(table: TrialTable, *, seed: int = 0) -> IsolationResult | NotApplicable:  # noqa: ARG001
    """Compare the values of each scientific hyperparameter; nothing depends on the seed.

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
    if table.adaptive:
        return NotApplicable(
            check="C9",
            reason="earlier results chose later configurations, so a best is no draw of a study",
            needs="configurations that do not depend on results, or reruns with new seeds",
        )
    counted = table.take(table.counted)
    objective = table.objective
    best = certain_best(objective, counted.value, table.chance)
    found, findings = [], []
    for name in table.scientific:
        groups = groups_of(counted, name)
        bests = {g.label: cut_at_best(best_of(g, objective.sign), objective, best) for g in groups}
        fresh = [f for g in groups if g.ends is None and (f := fresh_seeds(g)) is not None]
        again = fresh if len(fresh) == len(groups) > 1 else []
        ends = {f.value: cut_at_best(f.mean, objective, best) for f in again} or bests
        pairs = fresh_pairs(again) if again else compared_pairs(groups, objective.sign)
        own = IsolatedHyperparameter(
            name=name,
            values=tuple(_value(g, bests[g.label]) for g in groups),
            pairs=tuple(cut_pair(pair, ends, objective, best) for pair in pairs),
            bands=best_bands(counted, name, best) if any(g.ends for g in groups) else (),
        )
        found.append(own)
        if any(g.known for g in groups):
            findings.append(_finding(table, own, groups, bests, again))
            findings += _two_groups(table, name, fresh, own.pairs)
    if not findings:
        return NotApplicable(
            check="C9",
            reason="no scientific value has enough complete trials",
            needs=f"{FEWEST} complete configurations of each value",
        )
    return IsolationResult(
        objective=table.objective, hyperparameters=tuple(found), findings=tuple(findings)
    )


def _value(group: Group, best: Interval) -> IsolatedValue:
    own = group.table
    return IsolatedValue(
        value=group.label,
        ends=group.ends,
        trials=len(own),
        infeasible=int(own.infeasible.sum()),
        best=best,
        best_trial=group.best_trial,
        all_values=own.value[own.complete & (group.ends is None)],
        fitted=group.fitted.known,
    )


def _finding(
    table: TrialTable,
    found: IsolatedHyperparameter,
    groups: Sequence[Group],
    bests: Mapping[Value, Interval],
    fresh: Sequence[FreshSeeds],
) -> Finding:
    sign, metric, name = table.objective.sign, table.objective.metric, found.name
    thin = [g for g in groups if not g.known]
    numbers: dict[str, Number] = {"pairs": found.pairs}
    if groups[0].ends is not None:
        best = min((g for g in groups if g.known), key=lambda g: g.level)
        low, high = best.ends or (0.0, 0.0)
        numbers |= {"best": bests[best.label], "low": low, "high": high}
    said = []
    if len(groups) < 2:
        said.append(f"Only {name}={spell(groups[0].label)} was tried: there is nothing to compare")
    elif fresh:
        said.append(wording.over_fresh_seeds(name, fresh, found.pairs, sign, metric))
    elif len(groups) - len(thin) >= 2:
        said.append(wording.comparison(name, groups, found.pairs, sign, metric))
        said.append(wording.unequal_budgets(groups))
    if thin and not fresh:
        said.append(wording.thin_values(name, thin))
    return Finding(
        check="C9",
        severity=Severity.WARNING if thin and not fresh else Severity.NOTE,
        subject=name,
        numbers=numbers,
        sentence=". ".join(s for s in said if s) + ".",
        trials=tuple(g.best_trial for g in groups if g.best_trial),
        settled=any(p.significant for p in found.pairs),
    )


def _two_groups(
    table: TrialTable,
    name: str,
    fresh: Sequence[FreshSeeds],
    pairs: tuple[PairwiseDifference, ...],
) -> list[Finding]:
    """A warning for each value whose seeds end in two places."""
    return [
        Finding(
            check="C9",
            severity=Severity.WARNING,
            subject=f"{name}={spell(f.value)}",
            numbers={
                "low": f.groups.low_mean,
                "low_seeds": f.groups.low_count,
                "high": f.groups.high_mean,
                "high_seeds": f.groups.high_count,
                "pairs": pairs,
            },
            sentence=wording.two_groups(name, f, f.groups, table.objective.metric) + ".",
            trials=f.names,
        )
        for f in fresh
        if f.groups is not None
    ]
