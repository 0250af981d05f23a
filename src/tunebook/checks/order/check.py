"""Were configurations chosen by earlier results? (C11)

Claim: "these trials look chosen by earlier results". Null: within each study the order of its
distinct configurations says nothing of where the good ones lie, as in a random search, a grid in
random order, and, closely enough, a low-discrepancy sequence. Smallest effect that matters: half
of the trials lie within a fifth of each axis around what was best by then.

Estimator: rank correlations of the order with the loss (later trials are better) and with the
distance from where the best tenth lies, over all axes together and on each alone (later trials lie
closer). The largest of them in standard deviations is compared with its law over random orders of
the same trials: exact for a random search whatever the response, since position, loss and distance
are labels of the unordered trials (max-T, Westfall and Young 1993). Error rate: 1.5 % of tables
(ALPHA), shared over studies; far less for low-discrepancy sequences, which spread evenly at each
length (bench/claims/adaptivity.py).

A list is ordered without being adaptive: rows that follow an axis, stand in blocks of one value,
or are sorted by their result have lost the order in which they ran, so that such a study is not
judged. Repeats of a configuration count once, at their first row. What improved by other causes
while the search ran (a corrected bug) is not told apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tunebook.checks.order.known import known_samplers
from tunebook.domain.finding import Finding, NotApplicable, Severity
from tunebook.domain.formats.numbers import digits, percent, plural
from tunebook.domain.origin import BY_HAND
from tunebook.domain.space import Choice
from tunebook.domain.table import TrialTable
from tunebook.statistics.distributions import mean_ranks

if TYPE_CHECKING:
    from jaxtyping import Float

ALPHA = 0.015
"""Of random searches, so many look chosen, since the test is exact: below the 5 % that all checks
are held to, and the 2 % in which a part of a search may say the opposite of the whole."""
FEWEST = 16
"""Distinct configurations of a study below which its order is not judged."""
MOST = 2000
"""Configurations that are judged, evenly over the order: time stays bounded."""
ORDERS = 1999
"""At the smallest level, that of MOST_STUDIES, one order as extreme is then still few enough."""
MOST_STUDIES = 25
"""The largest are judged: shared over more, ALPHA would be less than so many orders can tell."""
BEST = 0.1
POWER_CAUTIOUS = {16: 0.17, 32: 0.35, 64: 0.67, 128: 0.94, 512: 1.0}
"""Share that is found of searches near the best so far, of 2 axes, with noise, by their size: of
those measured in docs/claims/adaptivity.md the hardest to see."""
POWER_TPE = {16: 0.69, 32: 0.98, 64: 1.0, 128: 1.0, 512: 1.0}
"""The same of a tree of Parzen estimators, of 2 axes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyOrder:
    """What the order of one study's configurations says.

    Attributes:
        study: its name; configurations: distinct ones that were judged.
        strongest: `loss`, `distance`, or the hyperparameter whose distance shrinks most.
        correlation: its rank correlation with the order, negative for better or closer.
        p_value: over random orders, the number of statistics taken into account.
    """

    study: str
    configurations: int
    strongest: str
    correlation: float
    p_value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AdaptivityResult:
    """Every study whose order could be judged, and those whose rows are listed."""

    studies: tuple[StudyOrder, ...]
    listed: tuple[str, ...]
    adaptive: bool
    findings: tuple[Finding, ...]


def check(table: TrialTable, *, seed: int = 0) -> AdaptivityResult | NotApplicable:
    """Compare the order of the trials with where they lie and what they reached."""
    if known := known_samplers(table):
        return AdaptivityResult(studies=(), listed=(), adaptive=False, findings=(known,))
    if table.adaptive:
        return NotApplicable(
            check="C11",
            reason="the trials are known to be chosen by earlier results",
            needs="nothing: checks that need independent trials do not speak",
        )
    table = _without_those_by_hand(table)
    rng = np.random.default_rng(seed)
    judged: list[StudyOrder] = []
    listed: list[str] = []
    largest = 0
    sizes = Counter(table.study)
    varied = [s for s, branch in table.branches.items() if branch.axes]
    for study in sorted(varied, key=lambda s: -sizes[s])[:MOST_STUDIES]:
        units, losses = _distinct(table.of_study(study), study)
        largest = max(largest, len(units))
        if len(units) < FEWEST or not np.isfinite(losses).any():
            continue
        if _is_list(units, losses):
            listed.append(study)
            continue
        judged.append(_judge(table, study, units, losses, rng))
    if not judged:
        return _silent(largest, listed, varied=bool(varied))
    return _conclude(table, judged, listed)


def _without_those_by_hand(table: TrialTable) -> TrialTable:
    return (
        table.take(np.array([name != BY_HAND for name in table.chosen], dtype=bool))
        if (table.chosen)
        else table
    )


def _silent(largest: int, listed: list[str], *, varied: bool) -> NotApplicable:
    if not varied:
        reason = "no hyperparameter was varied, so the order of the trials can't matter"
        needs = f"a study that varies something, with {FEWEST} distinct configurations"
    elif listed:
        reason = (
            "the rows are sorted by a hyperparameter or by their result, so the order in which "
            "the trials ran is lost: whether earlier results chose later ones can't be seen"
        )
        needs = "rows in the order of running, or --adaptive where results chose the trials"
    else:
        reason = f"the largest study has {plural(largest, 'distinct configuration')} that ended"
        needs = f"{FEWEST} distinct configurations of one study, in the order in which they ran"
    return NotApplicable(check="C11", reason=reason, needs=needs)


def _distinct(
    own: TrialTable, study: str
) -> tuple[Float[np.ndarray, "configurations axes"], Float[np.ndarray, "configurations"]]:
    """Places of the distinct configurations in order, and the median loss of each; worst: inf."""
    own = own.take(own.counted)
    units = own.units(study)
    losses = np.where(own.complete, own.losses, np.inf)
    if len(units) == 0:
        return units, losses
    _, first, which = np.unique(units, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first)
    if len(first) < len(units):
        which = which.ravel()
        by_loss = np.lexsort((losses, which))
        starts = np.searchsorted(which[by_loss], np.arange(len(first)))
        counts = np.diff(np.append(starts, len(units)))
        losses = losses[by_loss][starts + (counts - 1) // 2]
    else:
        losses = losses[first]
    units, losses = units[np.sort(first)], losses[order]
    if len(units) > MOST:
        some = np.linspace(0, len(units) - 1, MOST).astype(int)
        units, losses = units[some], losses[some]
    return units, losses


def _is_list(
    units: Float[np.ndarray, "configurations axes"], losses: Float[np.ndarray, "configurations"]
) -> bool:
    """True where rows follow an axis, stand in blocks of one value, or are sorted by result.

    Of 16 random rows a given axis is so with a chance of about 1e-13, a choice of two values
    with one of 5e-4.
    """
    columns = [*units.T, losses[np.isfinite(losses)]]
    for column in columns:
        distinct = len(np.unique(column))
        if distinct < 2 or len(column) < FEWEST:
            continue
        steps = np.diff(column)
        if (steps >= 0).all() or (steps <= 0).all():
            return True
        runs = 1 + int((steps != 0).sum())
        if distinct <= len(column) // 2 and runs == distinct:
            return True
    return False


def _judge(
    table: TrialTable,
    study: str,
    units: Float[np.ndarray, "configurations axes"],
    losses: Float[np.ndarray, "configurations"],
    rng: np.random.Generator,
) -> StudyOrder:
    axes = table.branches[study].axes
    labels = ["loss", "distance", *axes]
    choices = np.array([isinstance(axis, Choice) for axis in axes.values()], dtype=bool)
    n = len(units)
    best = np.argsort(losses, kind="stable")[: max(3, int(np.ceil(BEST * n)))]
    centre = np.where(choices, units[best[0]], np.median(units[best], axis=0))
    away = np.where(choices, (units != centre).astype(float), np.abs(units - centre))
    spread = away.std(axis=0)
    scaled = away / np.where(spread > 0, spread, 1.0)
    told = np.column_stack([losses, np.sqrt((scaled**2).sum(axis=1)), away])
    ranks = np.column_stack([mean_ranks(column) for column in told.T])
    ranks -= ranks.mean(axis=0)
    size = np.sqrt((ranks**2).sum(axis=0))
    ranks /= np.where(size > 0, size, 1.0)
    order = np.arange(n) - (n - 1) / 2
    order /= np.sqrt((order**2).sum())
    seen = order @ ranks
    # All correlations have the same law over random orders but for ties: they need no scaling.
    least = min(float(seen.min()), 0.0)
    orders = rng.permuted(np.tile(order, (ORDERS, 1)), axis=1)
    reached = (orders @ ranks).min(axis=1)
    p_value = (1 + int((reached <= least + 1e-12).sum())) / (ORDERS + 1)
    strongest = int(np.argmin(seen))
    return StudyOrder(
        study=study,
        configurations=n,
        strongest=labels[strongest],
        correlation=float(seen[strongest]),
        p_value=p_value,
    )


def _cut(table: TrialTable) -> NotApplicable:
    """Of trials that were compared with earlier ones, those that remain are better later on."""
    return NotApplicable(
        check="C11",
        reason=f"the order predicts where the good trials are, and {plural(table.cut, 'trial')} "
        "were stopped early: those that remain then are better the later they ran, whatever "
        "chose their configurations",
        needs="the sampler's name, by --adaptive where earlier results chose the trials",
    )


def _conclude(
    table: TrialTable, judged: list[StudyOrder], listed: list[str]
) -> AdaptivityResult | NotApplicable:
    level = ALPHA / len(judged)
    found = [s for s in judged if s.p_value <= level]
    if found and table.cut:
        return _cut(table)
    worst = min(judged, key=lambda s: (s.p_value, s.correlation))
    numbers = {
        "configurations": worst.configurations,
        "correlation": worst.correlation,
        "p_value": worst.p_value,
    }
    if not found:
        largest = max(s.configurations for s in judged)
        trials = sum(s.configurations for s in judged)
        cautious, plain = (_power(largest, of) for of in (POWER_CAUTIOUS, POWER_TPE))
        numbers |= {"power": cautious, "power_of_tpe": plain}
        sentence = (
            f"No sign that earlier results chose later configurations: the order of {trials} of "
            f"them does not predict where the good ones are. Of adaptive searches of this size "
            f"this test finds {percent(cautious)} (local, noisy) to {percent(plain)} (TPE)."
        )
        severity = Severity.PASS
    else:
        where = f" of {worst.study}" if worst.study and len(table.branches) > 1 else ""
        sentence = (
            f"These trials{where} look chosen by earlier results: {_told(worst, table)} (p = "
            f"{digits(worst.p_value)}). Then good points crowd because they were sought there, "
            "and the error rates of checks that need independent trials do not hold: say "
            "--adaptive, or run a quasi-random search."
        )
        severity = Severity.WARNING
    return AdaptivityResult(
        studies=tuple(judged),
        listed=tuple(listed),
        adaptive=bool(found),
        findings=(
            Finding(
                check="C11",
                severity=severity,
                subject="order of trials",
                numbers=numbers,
                sentence=sentence,
                remedy=None,
            ),
        ),
    )


def _power(configurations: int, of: Mapping[int, float]) -> float:
    """Share of adaptive searches of this size that are found, between the measured sizes."""
    return float(np.interp(np.log(configurations), np.log([*of]), [*of.values()]))


def _told(study: StudyOrder, table: TrialTable) -> str:
    if study.strongest == "loss":
        return f"the later they ran, the better {table.objective.metric} is"
    where = "" if study.strongest == "distance" else f" in {study.strongest}"
    return f"the later they ran, the closer they lie to the best ones{where}"
