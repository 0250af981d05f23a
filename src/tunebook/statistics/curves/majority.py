"""From what single trials show to a word on the good ones: most of them, or some (C4 C6 C7 C8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tunebook.domain.table import TrialTable
from tunebook.statistics.distributions import binomial_tail

if TYPE_CHECKING:
    from jaxtyping import Bool, Float, Int

SHOWN = 0.05
"""p-value up to which a trial counts among those of a majority."""
LEANING = 0.25
"""p-value up to which a trial goes the same way as those that show it, however weakly."""
FEWEST_TRIALS = 3
MARGIN = 1 / 16
"""Chance of a share as large where half of all good trials would do the same."""
LEANING_MARGIN = 1 / 3
"""The same where more than half must show it surely besides: 3 of 3, 3 of 4, 5 of 6, 5 of 7."""


def most_by_a_margin(some: int, of: int, margin: float = MARGIN) -> bool:
    """Whether so many of a few good trials say that most of all good ones do the same.

    Estimator: the binomial tail P(X >= some) at a share of one half is at most the margin, or
    all of three or more do: at MARGIN 3 of 3, 4 of 4, 6 of 6, 6 of 7, 7 of 8, 8 of 10, 33 of 52. A
    bare majority of so few is a coin's: where 48 of 100 do, 2 of 3 are met in 47 % of draws, 3 of
    3 in 11 %, 6 of 7 in 5 %. Assumes that the few are drawn from all like them.
    """
    if of < FEWEST_TRIALS:
        return False
    return some == of or bool(binomial_tail(some - 1, of, 0.5) <= margin)


def shown_by_most(
    table: TrialTable,
    rows: Int[np.ndarray, "rows"],
    good: Bool[np.ndarray, "rows"],
    p_value: Float[np.ndarray, "rows"],
    level: float,
    *,
    margin: bool = False,
) -> tuple[Bool[np.ndarray, "rows"], tuple[str, ...]]:
    """The good trials that show something, where more than half of a group of them does.

    Groups are the good trials of each study with three or more, and of all studies together; the
    level is shared among them (Bonferroni).

    Args:
        rows: of the table, with a p-value each; NaN where there is none.
        good: which of them are good.
        level: chance of any word where no trial has anything to show.
        margin: ask besides that the good trials of a group lean that way by a margin, so that few
            of them speak for all like them.

    Returns:
        Those that show it, and the studies in which most do; "" stands for all together.
    """
    readable = np.isfinite(p_value) & good
    study = np.array([table.study[i] for i in rows], dtype=object)
    names = list(dict.fromkeys(study[readable]))
    groups = {name: readable & (study == name) for name in names}
    if len(names) != 1:
        groups[""] = readable
    groups = {n: own for n, own in groups.items() if own.sum() >= FEWEST_TRIALS}
    sure = []
    shown = np.zeros(len(rows), dtype=bool)
    for name, own in groups.items():
        lean = int((p_value[own] <= LEANING).sum())
        if margin and not most_by_a_margin(lean, int(own.sum()), LEANING_MARGIN):
            continue
        if _chance_of_most(p_value[own]) * len(groups) <= level:
            sure.append(name)
            shown |= own & (p_value <= SHOWN)
    return shown, tuple(sorted(sure))


def shown_alone(p_value: Float[np.ndarray, "rows"], level: float) -> Bool[np.ndarray, "rows"]:
    """Trials that show something by themselves, whoever else does (Bonferroni)."""
    readable = np.isfinite(p_value)
    return np.asarray(readable & (p_value * max(int(readable.sum()), 1) <= level))


def _chance_of_most(p_values: Float[np.ndarray, "group"]) -> float:
    """Chance that more than half of so many trials show as much, where none has it.

    1 where the half does not stand by itself, trial by trial: much weak evidence is no majority.
    """
    many = len(p_values) // 2 + 1
    middle = float(np.sort(p_values)[many - 1])
    return float(binomial_tail(many - 1, len(p_values), middle)) if middle <= SHOWN else 1.0
