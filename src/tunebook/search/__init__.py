"""Which configuration next: searchers by name, pure functions of (space, seed, index) (B6 B8).

A searcher is a function `(branch, seed, indices, plan) -> configurations`. Configuration k of a
study depends on the study's space, the round's seed and k alone, so a study can be extended,
stopped and resumed, and run by any number of workers, and keeps its configurations.
"""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Mapping, Sequence
from typing import Protocol, cast

from tunebook.domain.design import Round, Study
from tunebook.domain.errors import DesignError
from tunebook.domain.space import Branch
from tunebook.domain.trial import Configuration

SEARCHERS: Mapping[str, str] = {
    "halton": "tunebook.search.quasirandom:halton",
    "sobol": "tunebook.search.quasirandom:sobol",
    "random": "tunebook.search.quasirandom:random",
    "grid": "tunebook.search.listed:grid",
    "by_hand": "tunebook.search.listed:by_hand",
}
"""Name to `module:function`: texts, so that nothing heavy loads."""

_BLOCK = 256
"""Candidates asked for at first where constraints refuse some, then as many as there were.

Doubling keeps the time linear in the highest index, since a block is reached from index 0.
"""

_MOST_REFUSED = {"grid": 1_000_000}
"""Candidates in a row that constraints may refuse before the space counts as empty.

20,000 where candidates are spread over the space: a region that holds 0.1 % of it is missed by
so many with chance 2e-9 (0.999 ** 20000). A grid goes through the refused part in one piece.
"""


class Searcher(Protocol):
    """Chooses the configurations of one flat space."""

    def __call__(
        self, branch: Branch, seed: int, indices: Sequence[int], plan: Round
    ) -> list[Configuration]:
        """The configurations of `indices`, in the order asked; each from its index alone.

        Args:
            branch: the flat space; only its axes are varied.
            seed: of this study.
            indices: any, in any order, repeated or not.
            plan: the round, for what a searcher wants to know of it (points, levels).

        Raises:
            IndexError: the searcher has no configuration of that index (grid).
        """


def load_searcher(name: str) -> Searcher:
    """The searcher of this name.

    Raises:
        DesignError: there is none.
    """
    if name not in SEARCHERS:
        raise DesignError(f"searcher is one of {', '.join(SEARCHERS)}; got {name!r}")
    module, _, function = SEARCHERS[name].partition(":")
    return cast(Searcher, getattr(importlib.import_module(module), function))


def study_seed(seed: int, study: str) -> int:
    """64-bit seed of a study's sequence: from the round's seed and the study's name."""
    digest = hashlib.sha256(f"study\0{seed}\0{study}".encode()).digest()
    return int.from_bytes(digest[:8], "big")


def points(plan: Round, study: Study, indices: Sequence[int]) -> list[Configuration]:
    """Values of the study's varied hyperparameters at the given indices, in the order asked.

    Pure: index k gives the same configuration alone, in company, in any order, in a longer
    round. With `subject_to`, index k is the k-th configuration of the sequence that the
    constraints allow.

    Args:
        plan: the round.
        study: one of `studies(plan)`.
        indices: from 0.

    Raises:
        DesignError: a grid has fewer configurations than asked for, or constraints allow none.
    """
    searcher = load_searcher(plan.searcher)
    seed = study_seed(plan.seed, study.name)
    try:
        if not plan.subject_to:
            return searcher(study.branch, seed, indices, plan)
        found = _allowed(searcher, plan, study, seed, max(indices, default=-1) + 1)
    except IndexError as error:
        name = f' "{study.name}"' if study.name else ""
        raise DesignError(
            f"the study{name} needs {max(indices) + 1} configurations; {error}",
            next_step="lower trials, or give more levels",
        ) from None
    return [found[k] for k in indices]


def _allowed(
    searcher: Searcher, plan: Round, study: Study, seed: int, count: int
) -> list[Configuration]:
    """The first `count` configurations of the sequence that every constraint allows."""
    settled = {**study.branch.conditions, **study.fixed}
    found: list[Configuration] = []
    k = last = 0
    while len(found) < count:
        for point in _block(searcher, plan, study, seed, k, len(found)):
            config = {**settled, **point}
            if all(c.allows(config) for c in plan.subject_to):
                found.append(point)
                last = k
            k += 1
        if len(found) < count and k - last > _MOST_REFUSED.get(plan.searcher, 20_000):
            shown = ", ".join(f"{c.left} {c.relation} {c.right}" for c in plan.subject_to)
            raise DesignError(
                f"subject_to ({shown}) refuses {k - last} configurations in a row",
                next_step="change the ranges so that more of the space is allowed",
            )
    return found


def _block(
    searcher: Searcher, plan: Round, study: Study, seed: int, k: int, found: int
) -> list[Configuration]:
    """Configurations from index k on: a block, or what is left of a sequence that ends."""
    count = max(_BLOCK, k)
    try:
        return searcher(study.branch, seed, range(k, k + count), plan)
    except IndexError:
        pass
    left: list[Configuration] = []
    for index in range(k, k + count):
        try:
            left += searcher(study.branch, seed, [index], plan)
        except IndexError as error:
            if left:
                return left
            raise IndexError(f"{error}, of which subject_to allows {found}") from None
    return left
