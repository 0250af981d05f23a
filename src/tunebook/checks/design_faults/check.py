"""Faults of the search's design that its table shows (A4 B4 B6 B9 C11 D2).

Exact facts, not tests: which hyperparameters vary, which seeds and configurations stand where, how
many trials and steps each scientific value was given, how often curves were evaluated. Nothing is
said of what lies within even shares, and of what is repeated on purpose (the same configuration
under other seeds).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from tunebook.checks.design_faults.budget_shares import uneven_steps, uneven_trials
from tunebook.checks.design_faults.evaluation_counts import evaluation_finding
from tunebook.checks.design_faults.one_question import crossed_finding
from tunebook.domain.finding import Finding, NotApplicable, Remedy, RemedyKind, Severity
from tunebook.domain.formats.numbers import plural
from tunebook.domain.roles import is_batch_size, is_length
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Value
from tunebook.statistics.curves.lengths import length_finding
from tunebook.statistics.estimators import good_region

FEWEST_POINTS = 3
MANY_DUPLICATES = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignFaultsResult:
    """What was looked at, and what was found.

    Attributes:
        configurations, seeds: distinct ones among trials that ended; seeds that are known.
        findings: faults, or one pass.
    """

    configurations: int
    seeds: int
    findings: tuple[Finding, ...]


def check(table: TrialTable, *, seed: int = 0) -> DesignFaultsResult | NotApplicable:  # noqa: ARG001
    """Look for faults of the design in the table itself."""
    ended = table.take(table.counted)
    if len(ended) == 0:
        return NotApplicable(
            check="B9", reason="no trial has ended", needs="one complete or infeasible trial"
        )
    keys = _configurations(ended)
    seeds = {s for s in ended.seed if s is not None}
    curves = [f for f in (length_finding(ended), evaluation_finding(ended)) if f is not None]
    faults = (
        *_searched(ended),
        *_one_seed(ended, keys),
        *_duplicates(ended, keys),
        *uneven_trials(ended),
        *([] if _varied(ended, is_length) else uneven_steps(ended)),
        *curves,
    )
    distinct = len(set(keys))
    crossed = [f for f in (crossed_finding(ended),) if f is not None]
    return DesignFaultsResult(
        configurations=distinct,
        seeds=len(seeds),
        findings=(*(faults or (_sound(ended, distinct, len(seeds)),)), *crossed),
    )


def _sound(table: TrialTable, configurations: int, seeds: int) -> Finding:
    said = f"{plural(configurations, 'configuration')} in {plural(len(table), 'trial')}"
    said += f" under {plural(seeds, 'seed')}" if seeds else ", seeds not known"
    return Finding(
        check="B9",
        severity=Severity.PASS,
        subject="",
        numbers={"configurations": configurations, "seeds": seeds},
        sentence=f"No fault of the design: {said}. No training length or batch size was "
        "searched, no run is repeated, and budgets are even.",
    )


def _configurations(table: TrialTable) -> list[tuple[Value | None, ...]]:
    names = list(dict.fromkeys(n for config in table.config for n in config))
    return [tuple(config.get(n) for n in names) for config in table.config]


def _varied(table: TrialTable, of_kind: Callable[[str], bool]) -> list[str]:
    """Hyperparameters of one kind that vary."""
    varied = dict.fromkeys(n for b in table.branches.values() for n in b.axes)
    settled = [n for n in table.scientific if len(set(table.column(n))) > 1]
    return [n for n in dict.fromkeys([*varied, *settled]) if of_kind(n)]


def _range(table: TrialTable, name: str) -> tuple[Value, Value, Value]:
    """Lowest and highest value, and the middle one among the best trials."""
    column = table.column(name)
    there = sorted({v for v in column if isinstance(v, int | float)})
    best = [column[i] for i in np.flatnonzero(good_region(table.losses))]
    near = sorted(v for v in best if isinstance(v, int | float))
    if not there:
        labels = [v for v in column if v is not None]
        return labels[0], labels[-1], (next((v for v in best if v is not None), labels[0]))
    return there[0], there[-1], near[len(near) // 2] if near else there[-1]


def _searched(table: TrialTable) -> Iterable[Finding]:
    """B9: one study has one training length. A4: batch size is no nuisance hyperparameter."""
    kinds = {
        "B9": (is_length, "{name} is a training length and was searched, {range}. Longer training "
               "is usually better, so its effect hides the others' effects, and its best value "
               "says nothing about them.",
               "one study has one training length; lengths are compared in rounds of their own"),
        "A4": (is_batch_size, "{name} was searched, {range}, as if it set the quality. With "
               "the others tuned for it, every batch size reaches the same quality: it sets speed "
               "and cost. Varied here, it makes the others, which depend on it, harder to tune.",
               "it is the median of the best trials; if another is faster or cheaper, take "
               "that and tune the others for it"),
    }  # fmt: skip
    for check, (of_kind, sentence, because) in kinds.items():
        for name in _varied(table, of_kind):
            low, high, best = _range(table, name)
            asked = name in table.scientific
            if asked and check == "A4":
                continue
            middle = f" (median of the best trials: {best})" if check == "B9" else ""
            yield Finding(
                check=check,
                severity=Severity.NOTE if asked else Severity.WARNING,
                subject=name,
                numbers={"low": low, "high": high, "middle_of_best": best},
                sentence=sentence.format(name=name, range=f"{low} to {high}{middle}"),
                remedy=Remedy(
                    kind=RemedyKind.FIX, subject=name, values={"value": best}, because=because
                ),
            )


def _one_seed(table: TrialTable, keys: list[tuple[Value | None, ...]]) -> Iterable[Finding]:
    """D2: one seed for every configuration leaves open what another would give."""
    distinct = set(keys)
    if len(distinct) < 2 or any(s is None for s in table.seed):
        return
    with_seed: dict[int | None, set[tuple[Value | None, ...]]] = {}
    for key, own in zip(keys, table.seed, strict=True):
        with_seed.setdefault(own, set()).add(key)
    seed = max(with_seed, key=lambda s: len(with_seed[s]))
    if len(with_seed[seed]) < len(distinct):
        return
    runs = Counter(key for key, _ in set(zip(keys, table.seed, strict=True)))
    repeated = sum(n > 1 for n in runs.values())
    if repeated > len(distinct) / 2:  # most were selected over several seeds
        return
    more = (
        f"; only {repeated} of them ran under other seeds too"
        if repeated
        else ", and no other seed was tried"
    )
    yield Finding(
        check="D2",
        severity=Severity.NOTE,
        subject="seed",
        numbers={"seed": int(seed or 0), "configurations": len(distinct), "repeated": repeated},
        sentence=f"The seed {seed} trained every one of the {len(distinct)} configurations{more}. "
        "The selection may depend on this seed: rerun the best with new seeds.",
    )


def _duplicates(table: TrialTable, keys: list[tuple[Value | None, ...]]) -> Iterable[Finding]:
    """B6: one configuration under one seed stands once.

    Where seeds are not known, rows count as copies only where their curves are the same too.
    """
    curves = table.curves.get(table.objective.metric)
    told: dict[tuple[object, ...], list[int]] = {}
    for i, (key, own) in enumerate(zip(keys, table.seed, strict=True)):
        if own is not None:
            told.setdefault((key, own), []).append(i)
        elif curves is not None and len(curve := curves.of(i)[1]) >= FEWEST_POINTS:
            told.setdefault((key, None, curve.tobytes()), []).append(i)
    again = [rows for rows in told.values() if len(rows) > 1]
    if not again:
        return
    extra = sum(len(rows) - 1 for rows in again)
    names = tuple(table.name[i] for rows in again for i in rows)
    shown = "; ".join(" = ".join(table.name[i] for i in rows[:4]) for rows in again[:3])
    alike = "seed" if table.seed[again[0][0]] is not None else "curve"
    yield Finding(
        check="B6",
        severity=Severity.WARNING if extra > MANY_DUPLICATES * len(table) else Severity.NOTE,
        subject="",
        numbers={"duplicates": extra, "trials": len(table)},
        sentence=f"{extra} of {len(table)} trials repeat another's configuration and {alike} "
        f"({shown}{' ...' if len(again) > 3 else ''}): they count as evidence of their own and "
        "are none.",
        remedy=Remedy(
            kind=RemedyKind.INSPECT, because="rows may be copied, or a generator begun anew"
        ),
        trials=names,
    )
