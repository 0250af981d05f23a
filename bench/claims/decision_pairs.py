"""Measured rates of comparing two candidates after a decision's reruns: false calls, coverage.

`decisions.py` puts the tables on its page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from rate_page import cell
from scipy import stats

from tunebook.deciding.candidate_pairs import compare, pairs_of
from tunebook.deciding.comparison import conclude
from tunebook.deciding.rerun_evidence import Question, Reading
from tunebook.domain.decision import Comparison, Verdict

if TYPE_CHECKING:
    from decisions import Case, Seeds

ALPHA = 0.05
BETTER = (0.0, 0.5, 1.0, 2.0)
"""Gains of one candidate over the baseline, the other's being the least improvement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """What one decision said of its pairs.

    Attributes:
        compared: pairs with an interval; called: those in which a difference was claimed.
        wrong: a claim that names the worse one, or one of two that are alike, was among them.
        missed: some interval left out its true difference.
        unlike: reruns of the two differ, since one was dropped.
        welch: Welch's test of all reruns, which knows of no looks, claims a difference.
    """

    compared: int
    called: int
    wrong: bool
    missed: bool
    unlike: bool
    welch: bool


def judged_pairs(
    case: Case, seeds: Seeds, readings: Mapping[str, Reading], asked: Question
) -> Pairs:
    """Every pair of the candidates of one decision, as a book compares them."""
    chosen = pairs_of(list(readings))
    found: list[Comparison] = []
    unlike = welch = False
    for a, b in chosen:
        n, most = sorted(readings[k].side.reruns for k in (a, b))
        own = [seeds.upto(int(k), n) for k in (a, b)]
        one = compare(*own, asked, pairs=len(chosen))
        found += [] if one is None else [one]
        unlike |= n < most
        welch |= _welch(*(readings[k].side.values for k in (a, b)), ALPHA / len(chosen))
    true = {k: case.gains[int(k)] for k in readings}
    gaps = [true[c.a] - true[c.b] for c in found]
    return Pairs(
        compared=len(found),
        called=sum(c.significant for c in found),
        wrong=any(c.significant and gap <= 0 for c, gap in zip(found, gaps, strict=True)),
        missed=any(
            not c.difference.low <= gap <= c.difference.high
            for c, gap in zip(found, gaps, strict=True)
        ),
        unlike=unlike,
        welch=welch,
    )


def _welch(a: Sequence[float], b: Sequence[float], level: float) -> bool:
    """Whether Welch's test of all reruns claims a difference."""
    if min(len(a), len(b)) < 2 or np.ptp([*a, *b]) == 0:
        return False
    return bool(stats.ttest_ind(a, b, equal_var=False).pvalue < level)


def measured(
    case: Case, repeats: int, make: Callable[[Case, np.random.Generator], Pairs], seed: int = 1
) -> list[Pairs]:
    """Of many decisions."""
    rng = np.random.default_rng([seed, case.most, len(case.gains), case.extensions])
    return [make(case, rng) for _ in range(repeats)]


def decided_pairs(case: Case, rng: np.random.Generator) -> Pairs:
    """One decision by the plan and the looks that a book uses, then its pairs."""
    from decisions import CHANCE, MARGIN, OBJECTIVE, Seeds, design, extended, plan_of, through

    count = len(case.gains)
    asked = Question(
        objective=OBJECTIVE, least_improvement=MARGIN, chance=CHANCE if case.fails else None
    )
    made, seeds = design(case.most, case.level / count), Seeds(case, rng)
    for further in range(case.extensions + 1):
        readings = through(plan_of(made, count, case.level), seeds, asked)
        judged = conclude(list(readings.values()), asked)
        if judged.verdict is not Verdict.MORE_EVIDENCE or further == case.extensions:
            break
        made = extended(made, made.looks[-1] + min(max(judged.more, 2), 2 * made.looks[-1]))
    return judged_pairs(case, seeds, readings, asked)


def pair_rows(repeats: int, cases: Mapping[str, Case]) -> list[str]:
    """False calls and coverage by the kind of noise."""
    rows = [
        "| noise | both at the least improvement | both without a gain | both better by 1 | three "
        "better by 1 | one better by 1: an interval misses | Welch's test of all reruns, both "
        "better by 1 |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, case in cases.items():
        kinds = [
            replace(case, gains=(0.5, 0.5)),
            replace(case, gains=(0.0, 0.0)),
            replace(case, gains=(1.5, 1.5)),
            replace(case, gains=(1.5,) * 3),
            replace(case, gains=(1.5, 0.5)),
        ]
        found = [measured(kind, repeats, decided_pairs) for kind in kinds]
        false = [cell(sum(p.wrong for p in f), repeats) for f in found[:4]]
        # A rerun that counts as chance, or in steps, has another mean than its gain.
        known = not case.fails and not case.grain
        misses = cell(sum(p.missed for p in found[4]), repeats) if known else "-"
        plain = cell(sum(p.welch for p in found[2]), repeats)
        rows.append(f"| {name} | {' | '.join(false)} | {misses} | {plain} |")
    return rows


def power_rows(repeats: int, case: Case) -> list[str]:
    """How often a difference is claimed, by its size."""
    rows = [
        "| gain of one | of the other | a difference is claimed | the worse one is called better | "
        "one had fewer reruns | Welch's test of all reruns claims one |",
        "|---|---|---|---|---|---|",
    ]
    for other in (0.0, 0.5, 1.5):
        for better in BETTER:
            gains = (other + better, other)
            found = measured(replace(case, gains=gains), repeats, decided_pairs)
            rows.append(
                f"| {gains[0]:g} | {other:g} | {cell(sum(p.called > 0 for p in found), repeats)} "
                f"| {cell(sum(p.wrong for p in found), repeats)} "
                f"| {np.mean([p.unlike for p in found]):.0%} "
                f"| {np.mean([p.welch for p in found]):.0%} |"
            )
    return rows
