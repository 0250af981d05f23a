"""Whether a round asks one question: its goal, and how many scientific hyperparameters (B1).

A round compares the values of one scientific hyperparameter over its nuisance ones. Several are
crossed: each combination is a study of its own, and gets its share of the trials. Counted, not
estimated; what a goal asks is read off its words, and only what is certain is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tunebook.domain.design import Round, studies
from tunebook.domain.finding import Finding, Remedy, RemedyKind, Severity
from tunebook.domain.formats.numbers import in_words, plural
from tunebook.domain.space import Choice, leaves
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Value
from tunebook.statistics.fewest_trials import FEWEST

MANY = 3
"""Scientific hyperparameters that are many. A judgement: two may interact."""
COMPARES = re.compile(
    r"\b(beats?|better|worse|outperforms?|versus|vs\.?|compared?)\b", re.IGNORECASE
)
TO_A_LEVEL = re.compile(
    r"\b(chance|baseline|guess(?:es|ing)?|random(?:ly)?|constant|naive|median|mean|average|majority|"
    r"target|threshold|today|current(?:ly)?|before|previous(?:ly)?)\b|\b(?:than|over|vs\.?)\s+[\d.]+",
    re.IGNORECASE,
)
"""A comparison with these needs no scientific hyperparameter."""
_TUNED = r"\b(?:(?:re-?)?tun(?:e|ed|ing)|best|optim\w*|own|search\w*|swe(?:ep\w*|pt)|chosen)\b"
_BEGINS = r"(?:with|after|when|while|once|at|for|under|each|both)\b"
TUNING = re.compile(
    rf"^{_BEGINS}[^,?.;()]*{_TUNED}[^,?.;()]*,|(?<!^)\b{_BEGINS}[^?.;()]*{_TUNED}[^?.;()]*"
    r"|[,(]\s*(?:re-?)?tun(?:ed|ing)\b[^?.;()]*",
    re.IGNORECASE,
)
"""What is tuned for each value: "after tuning lr", "with the learning rate retuned"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossed:
    """The scientific hyperparameters of a round.

    Attributes:
        names: of them; combinations: of the values of those that are settled in a study.
        fewest, most: trials of a combination.
    """

    names: tuple[str, ...]
    combinations: int
    fewest: int
    most: int

    @property
    def sentence(self) -> str:
        """How many there are, and what that leaves for each combination."""
        least = "" if self.fewest == self.most else f"{self.fewest} to "
        return (
            f"{in_words(self.names)} are {len(self.names)} questions in one round: "
            f"{self.combinations} combinations with {least}{plural(self.most, 'trial')} each"
        )

    @property
    def too_many(self) -> bool:
        """Whether they are many, or a combination has too few trials for an interval."""
        return len(self.names) >= MANY or self.fewest < FEWEST


def goal_warnings(plan: Round) -> tuple[str, ...]:
    """What keeps one round from answering this goal, and what to do about it."""
    found = []
    if len(re.findall(r"\?", plan.goal)) > 1:
        found.append(
            "the goal asks several questions, and a round answers one. Next: a round for each"
        )
    asks = TUNING.sub(" ", plan.goal)
    named = [n for n in (*plan.nuisance, *plan.fixed) if _names(asks, n)]
    asked = any(_names(plan.goal, n) for n in (*plan.scientific, *_values(plan)))
    if plan.scientific and named and not asked:
        role = plan.role(named[0]).value
        found.append(
            f"the goal names {named[0]}, which is {role} in this round, and no scientific "
            f"hyperparameter ({in_words(tuple(plan.scientific))}). Next: make {named[0]} "
            "scientific, or write the question that is asked"
        )
    compares = COMPARES.search(plan.goal) and not TO_A_LEVEL.search(plan.goal)
    if compares and not plan.scientific:
        found.append(
            "the goal compares, but no hyperparameter is scientific, so nothing is compared. "
            "Next: make what is compared scientific"
        )
    cells = [(s.branch.conditions, len(s.numbers)) for s in studies(plan)]
    crossed = _crossed(tuple(plan.scientific), cells)
    if crossed is not None:
        found.append(
            f"{crossed.sentence}. Next: ask about one and fix the others, or trials = "
            f"{crossed.combinations * max(2 * FEWEST, crossed.most + 1)} or more"
        )
    return tuple(found)


def crossed_finding(table: TrialTable) -> Finding | None:
    """B1 where several scientific hyperparameters share the trials of a round; else None."""
    there = [n for n in table.scientific if len(set(table.column(n))) > 1]
    cells = [(b.conditions, table.study.count(s)) for s, b in table.branches.items()]
    crossed = _crossed(tuple(there), cells)
    if crossed is None:
        return None
    because = "a round answers one question, and each combination has its share of the trials only"
    return Finding(
        check="B1",
        severity=Severity.WARNING if crossed.too_many else Severity.NOTE,
        subject=", ".join(crossed.names),
        numbers={
            "scientific_hyperparameters": len(crossed.names),
            "combinations": crossed.combinations,
            "fewest_trials_of_a_combination": crossed.fewest,
            "most_trials_of_a_combination": crossed.most,
        },
        sentence=f"{crossed.sentence}. Ask about one of them next, and fix the others.",
        remedy=Remedy(kind=RemedyKind.INSPECT, because=because),
    )


def _crossed(
    names: tuple[str, ...], split: Sequence[tuple[Mapping[str, Value], int]]
) -> Crossed | None:
    if len(names) < 2:
        return None
    cells: dict[tuple[tuple[str, Value], ...], int] = {}
    for conditions, trials in split:
        cell = tuple((k, v) for k, v in conditions.items() if k in names)
        cells[cell] = cells.get(cell, 0) + trials
    return Crossed(
        names=names,
        combinations=len(cells),
        fewest=min(cells.values(), default=0),
        most=max(cells.values(), default=0),
    )


def _values(plan: Round) -> Iterator[str]:
    """The labels that scientific hyperparameters take: a goal may name these alone."""
    for axis in plan.scientific.values():
        for leaf in leaves(axis):
            if isinstance(leaf, Choice):
                yield from (v for v in leaf.values if isinstance(v, str))


def _names(goal: str, hyperparameter: str) -> bool:
    """Whether a goal names a hyperparameter, with blanks for its underscores or not."""
    spelled = re.escape(hyperparameter).replace("_", "[ _-]")
    return re.search(rf"(?<![\w.]){spelled}(?![\w.]\w|\w)", goal, re.IGNORECASE) is not None
