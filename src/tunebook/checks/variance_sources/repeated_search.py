"""Rounds that repeat one search, and fresh-seed reruns, as the one table that D2 reads (D2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tunebook.domain.design import Round
from tunebook.domain.space import Branch
from tunebook.domain.table import TrialTable, stacked

LABEL = "search_seed"
"""Under which each repeat's trials are named; see `labels`."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Search:
    """One repeat: the plan's seed, its search trials, and its reruns."""

    seed: int
    trials: TrialTable
    reruns: TrialTable | None = None


def alike(a: Round, b: Round) -> bool:
    """True where trials of two rounds train and are evaluated alike, so that seeds act alike."""
    same = ("max_train_steps", "evaluations", "time_limit_s")
    return all(getattr(a, name) == getattr(b, name) for name in same)


def joined(
    searches: Sequence[Search], earlier: Mapping[int, TrialTable] | None = None
) -> TrialTable:
    """All trials of repeats of one search, labelled by its seed where there are several.

    Args:
        searches: one or more; the first gives objective and roles. Curves are left out.
        earlier: number of an earlier round to its reruns, whose rows are marked as `carried`.
    """
    before = {n: t for n, t in (earlier or {}).items() if len(t)}
    parts = [
        replace(
            table,
            config=tuple(
                {**c, LABEL: search.seed} if len(searches) > 1 else c for c in table.config
            ),
        )
        for search in searches
        for table in (search.trials, search.reruns)
        if table is not None and len(table)
    ]
    own = sum(map(len, parts))
    parts += before.values()
    first = searches[0].trials
    return stacked(
        parts or [first],
        like=first,
        branches={s: Branch() for p in parts for s in p.study},
        carried=(*((0,) * own), *(n for n, t in before.items() for _ in t.name)) if before else (),
    )
