"""Trials of earlier rounds that lie in a round's space, counted with its own and marked (D6).

Which trials qualify: search trials of a quasi-random or random round that trained as many steps
and were evaluated as often, under the same code and time limit, with the same fixed values, and
which lie in the space of one of the new studies. What varies there varied before, on the same
scale. They chose that space, so that they inform models of the response, and nothing that takes
trials for a fresh sample: docs/decisions/0013-evidence-carried-over.md.

Density: a round's trials lie evenly over its own box, so those of an earlier round lie evenly
over what its box shares with the new one, and the new ones over all of it. A trial weighs one
over the number of trials expected where it lies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tunebook.checks.variance_sources.repeated_search import alike as trained_alike
from tunebook.domain.design import Round, Study, studies
from tunebook.domain.finding import Finding, Interval, Number
from tunebook.domain.formats.numbers import in_words, percent, plural
from tunebook.domain.space import Axis, Choice, Constraint, Float, Integer
from tunebook.domain.table import Curves, TrialTable, stacked
from tunebook.domain.trial import Configuration
from tunebook.statistics.estimators import proportion

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

EVEN = ("halton", "sobol", "random")
"""Searchers whose points lie evenly over their box."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierRound:
    """A round that was run before: its number, plan, own trials and the hash of its code."""

    number: int
    plan: Round
    table: TrialTable
    sha256: str = ""


def carry_over(
    plan: Round, table: TrialTable, earlier: Sequence[EarlierRound], *, sha256: str = ""
) -> TrialTable:
    """Add the trials of earlier rounds that lie in a round's space.

    Args:
        plan: of the round.
        table: its own search trials.
        earlier: rounds before it, in any order.
        sha256: hash of the round's training code; empty where it is not known.

    Returns:
        Own trials first, then the carried ones under the names of the new studies; the column
        `carried` says which round ran each, `weight` corrects for where they lie. The table as
        it is where no trial qualifies.
    """
    own = studies(plan)
    seen = {_key(c) for c in table.config}
    found: list[_Found] = []
    for before in earlier:
        if not alike(plan, before.plan) or (sha256 and before.sha256 not in ("", sha256)):
            continue
        ran = {s.name: s for s in studies(before.plan)}
        homes = {
            (b.name, s.name): s for b in ran.values() for s in own if _volume(s, b) > 0
        }  # pairs of studies whose boxes meet
        for i in np.flatnonzero(before.table.counted):
            config, there = before.table.config[int(i)], before.table.study[int(i)]
            home = next(
                (s for (name, _), s in homes.items()
                 if name == there and _lies_in(s, config, plan.subject_to)), None,
            )  # fmt: skip
            if home is not None and _key(config) not in seen:
                seen.add(_key(config))
                found.append(_Found(before=before, row=int(i), ran=ran[there], home=home))
    if not found:
        return table
    joined = _joined(table, found)
    return replace(joined, weight=_weights(joined, own, found))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A trial that is carried over: its row in an earlier table, its study there and here."""

    before: EarlierRound
    row: int
    ran: Study
    home: Study


def alike(plan: Round, before: Round) -> bool:
    """Whether trials of both rounds are of one kind, wherever they lie."""
    return (
        before.searcher in EVEN
        and trained_alike(plan, before)
        and all(c in plan.subject_to for c in before.subject_to)
    )


def _lies_in(study: Study, config: Configuration, constraints: Sequence[Constraint]) -> bool:
    settled = {**study.branch.conditions, **study.fixed}
    axes = study.branch.axes
    return (
        set(config) == {*settled, *axes}
        and all(_same(config[n], v) for n, v in settled.items())
        and all(axis.holds(config[n]) for n, axis in axes.items())
        and all(c.allows(config) for c in constraints)
    )


def _same(one: object, other: object) -> bool:
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _key(config: Configuration) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((n, repr(v)) for n, v in config.items()))


def _joined(table: TrialTable, found: Sequence[_Found]) -> TrialTable:
    rounds = {f.before.number: f.before for f in found}
    taken = [
        before.table.take(np.array([f.row for f in found if f.before.number == n]))
        for n, before in rounds.items()
    ]
    every = [table, *taken]
    return stacked(
        every,
        study=(*table.study, *(f.home.name for f in found)),
        curves={m: _curves(m, every) for m in table.curves},
        carried=(*((0,) * len(table)), *(f.before.number for f in found)),
    )


def _curves(metric: str, tables: Sequence[TrialTable]) -> Curves:
    """The curves of one metric, trial after trial; none where a table lacks it."""
    empty: tuple[list[int], list[float]] = ([], [])
    rows: list[tuple[ArrayLike, ArrayLike]] = []
    for table in tables:
        own = table.curves.get(metric)
        rows += [empty if own is None else own.of(i) for i in range(len(table))]
    return Curves.pack(rows)


def _weights(
    table: TrialTable, own: Sequence[Study], found: Sequence[_Found]
) -> tuple[float, ...]:
    """One over the density of trials, by study: a source's is its trials over the volume of what
    its box shares with the study's."""
    weight = np.ones(len(table))
    names = np.array(table.study, dtype=object)
    for study in own:
        rows = np.flatnonzero(names == study.name)
        if not len(rows):
            continue
        here = [f for f in found if f.home.name == study.name]
        sources = {(f.before.number, f.ran.name): f.ran for f in here}
        density = np.full(len(rows), float(len(rows) - len(here)))
        for (number, name), ran in sources.items():
            count = sum((f.before.number, f.ran.name) == (number, name) for f in here)
            inside = [_inside(table.config[i], study, ran) for i in rows]
            density += count / _volume(study, ran) * np.array(inside)
        weight[rows] = 1 / density
        weight[rows] /= weight[rows].mean()
    return tuple(float(w) for w in weight)


def _volume(study: Study, ran: Study) -> float:
    """What the box of an earlier study shares with a new one's, in the new one's unit cube.

    0 where they do not meet, and where a range of the new one was held at one value or had
    another scale: trials on a slice, or unevenly spread, have no density there.
    """
    settled = {**ran.branch.conditions, **ran.fixed}
    volume = 1.0
    for name, value in {**study.branch.conditions, **study.fixed}.items():
        old = ran.branch.axes.get(name)
        if not (_same(settled[name], value) if name in settled else old and old.holds(value)):
            return 0.0
        if isinstance(old, Float):
            return 0.0
    for name, axis in study.branch.axes.items():
        volume *= _shared(axis, _axis_of(ran, name))
    return volume


def _axis_of(ran: Study, name: str) -> Axis | None:
    """The axis of an earlier study; a value that it held is a choice of one."""
    settled = {**ran.branch.conditions, **ran.fixed}
    return Choice((settled[name],)) if name in settled else ran.branch.axes.get(name)


def _shared(new: Axis, old: Axis | None) -> float:
    """The part of a new axis, on its scale, that an old one covers."""
    if isinstance(new, Choice):
        both = [v for v in new.values if isinstance(old, Choice) and old.holds(v)]
        return len(both) / len(new.values)
    if not isinstance(old, Float | Integer) or old.scale is not new.scale:
        return 0.0
    low, high = max(new.low, old.low), min(new.high, old.high)
    if isinstance(new, Integer):  # the cells of whole numbers, not their middles
        low, high = low - 0.5, high + 0.5
    return max(0.0, new.to_unit(high) - new.to_unit(low)) if low < high else 0.0


def _inside(config: Configuration, study: Study, ran: Study) -> bool:
    """Whether a trial of a study lies in the box of an earlier one."""
    axes = {name: _axis_of(ran, name) for name in study.branch.axes}
    return all(axis is not None and axis.holds(config[name]) for name, axis in axes.items())


def without_the_best(table: TrialTable) -> TrialTable:
    """The table without the best trial that each earlier round carried over.

    A space that was narrowed around the best trial holds one that is complete for sure, in its
    middle: a test of where trials fail would see that. Given where it lies, the fates of the
    others are as exchangeable as before.
    """
    losses, left = table.losses, np.ones(len(table), dtype=bool)
    for number in set(table.carried) - {0}:
        rows = np.flatnonzero(np.array(table.carried) == number)
        own = losses[rows]
        if np.isfinite(own).any():
            left[rows[int(np.nanargmin(own))]] = False
    return table.take(left)


def carried_words(table: TrialTable) -> str:
    """`Included are 23 trials carried over from round 1`; empty where none was."""
    rounds = {n: table.carried.count(n) for n in sorted(set(table.carried)) if n}
    if not rounds:
        return ""
    total = plural(sum(rounds.values()), "trial")
    if len(rounds) == 1:
        return f"Included are {total} carried over from round {next(iter(rounds))}"
    parts = [f"{count} from round {n}" for n, count in rounds.items()]
    return f"Included are {total} carried over, {in_words(parts)}"


def corrected_share(table: TrialTable) -> Interval:
    """Share of trials that are infeasible, had all been drawn evenly over the space.

    Each trial counts with its weight; the interval is that of so many trials as the weights are
    worth, (sum w)^2 / sum w^2 (Kish 1965).
    """
    own = table.take(table.counted)
    weight = np.asarray(own.weight or np.ones(len(own)))
    worth = float(weight.sum() ** 2 / (weight**2).sum()) if len(own) else 0.0
    failed = float((weight * own.infeasible).sum() / weight.sum()) if len(own) else 0.0
    return proportion(failed * worth, worth)


def with_carried(finding: Finding, table: TrialTable) -> Finding:
    """A finding that says how many trials of its study were carried over.

    Its share of failures is corrected for where they lie. A finding on a study to which nothing
    was carried over stays as it is.

    Args:
        finding: of a check that reads carried trials.
        table: what the check read.
    """
    own = rows_of(table, finding)
    said = carried_words(own)
    if not said:
        return finding
    numbers: dict[str, Number] = {**finding.numbers, "carried_over": sum(map(bool, own.carried))}
    if finding.check == "C3":
        if "share" in numbers:
            numbers["share"] = share = corrected_share(own)
            if finding.numbers.get("infeasible", 1):
                said += (
                    f". Drawn evenly over the space, {percent(share.estimate)} would be infeasible"
                )
        said += ". The best trial of each earlier round is left out"
    sentence = f"{finding.sentence.rstrip('.')}. {said}."
    return replace(finding, sentence=sentence, numbers=numbers)


def rows_of(table: TrialTable, finding: Finding) -> TrialTable:
    """The trials of the study that a finding speaks of; all where it speaks of the table.

    Where it names no study, its trials tell.
    """
    if finding.study is not None:
        return table.of_study(finding.study)
    named = set(finding.trials)
    found = {s for n, s in zip(table.name, table.study, strict=True) if n in named}
    return table.of_study(next(iter(found))) if len(found) == 1 else table
