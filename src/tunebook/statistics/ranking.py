"""Several values ranked by their repeats, with what the repeats can tell of each rank (D3 G1).

Claim: with a chance of ERROR_RATE at most that any of it is wrong, the true rank of every value
lies in its range. Estimand of a rank: the order of the mean scores over repeats. Two values are
told apart by Welch's test, two-sided, Holm's step-down over all pairs (1979); a value's rank is at
least one more than the values that are told better, and at most as low as those told worse leave
it (Mogstad, Romano, Shaikh and Wilhelm 2024, Inference for ranks). Values that are not told apart
need not be the same.

A repeat without a score (infinite: a target that was not reached, a run that failed) counts with a
stated worst value, so that it is never dropped: the mean is then of scores cut there.

Assumes independent repeats and means that are about normal, which few repeats make no better than
the scores themselves; so give scores on the scale on which they are even (times as logarithms).
Measured with five repeats of eleven values: docs/claims/algoperf.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tunebook.domain.errors import EvidenceError
from tunebook.domain.formats.names import spell
from tunebook.statistics.distributions import t_tail
from tunebook.statistics.estimators import holm, welch_freedom

if TYPE_CHECKING:
    from jaxtyping import Bool, Float

ERROR_RATE = 0.05
FEWEST = 3
"""Repeats of each value: with two, Welch's test has one degree of freedom."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """One value.

    Attributes:
        name: of the value.
        mean: of its scores, those without one at the worst value.
        rank: 1 is the lowest mean; ties share the better rank.
        best, worst: the range in which its true rank lies, over all values at once.
        reached, repeats: scores that there are, of how many repeats.
    """

    name: str
    mean: float
    rank: int
    best: int
    worst: int
    reached: int
    repeats: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """All values, best first.

    Attributes:
        values: by rank.
        differing: pairs of names, the better one first.
        groups: runs of neighbours in the order of which no two are told apart, the longest ones.
    """

    values: tuple[Ranked, ...]
    differing: tuple[tuple[str, str], ...]
    groups: tuple[tuple[str, ...], ...]


def ranked(
    scores: Mapping[str, Float[np.ndarray, "repeats"]],
    *,
    worst: float,
    error_rate: float = ERROR_RATE,
) -> Ranking:
    """Rank values by their repeats.

    Args:
        scores: of each value, lower is better; infinite or not a number where there is none.
        worst: what such a repeat counts with; no score may be worse.
        error_rate: over everything that is said.

    Raises:
        EvidenceError: fewer than two values, too few repeats, or a score beyond the worst.
    """
    _check(scores, worst)
    names = list(scores)
    cut = {n: np.where(np.isfinite(scores[n]), scores[n], worst) for n in names}
    better = told_better([cut[n] for n in names], error_rate)
    means = np.array([cut[n].mean() for n in names])
    order = sorted(range(len(names)), key=lambda i: (means[i], names[i]))
    values = tuple(
        Ranked(
            name=names[i],
            mean=float(means[i]),
            rank=1 + int((means < means[i]).sum()),
            best=1 + int(better[:, i].sum()),
            worst=len(names) - int(better[i].sum()),
            reached=int(np.isfinite(scores[names[i]]).sum()),
            repeats=len(cut[names[i]]),
        )
        for i in order
    )
    pairs = tuple((names[i], names[j]) for i in order for j in order if better[i, j])
    return Ranking(values=values, differing=pairs, groups=_groups(names, order, better))


def told_better(
    scores: list[Float[np.ndarray, "repeats"]], error_rate: float = ERROR_RATE
) -> Bool[np.ndarray, "values values"]:
    """True at [i, j] where value i is told to have a lower mean than j, over all pairs at once."""
    mean = np.array([s.mean() for s in scores])
    size = np.array([len(s) for s in scores])
    spread = np.array([s.std(ddof=1) if np.ptp(s) > 0 else 0.0 for s in scores])
    i, j = np.triu_indices(len(scores), 1)
    # Where neither of two varies there is nothing to judge their difference by.
    vary = (spread[i] > 0) | (spread[j] > 0)
    i, j = i[vary], j[vary]
    variance = spread**2 / size
    freedom = welch_freedom((variance[i], variance[j]), (size[i] - 1, size[j] - 1))
    t = np.abs(mean[i] - mean[j]) / np.sqrt(variance[i] + variance[j])
    p = 2 * t_tail(t, freedom)
    told = holm(np.r_[p, np.ones((~vary).sum())], error_rate)[: len(p)]
    low = np.where(mean[i] < mean[j], i, j)[told]
    better = np.zeros((len(scores), len(scores)), dtype=bool)
    better[low, (i + j)[told] - low] = True
    return better


def _groups(
    names: list[str], order: list[int], better: Bool[np.ndarray, "values values"]
) -> tuple[tuple[str, ...], ...]:
    found: list[tuple[int, int]] = []
    for start in range(len(order)):
        end = start + 1
        while end < len(order) and not any(
            better[a, order[end]] or better[order[end], a] for a in order[start:end]
        ):
            end += 1
        if not found or end > found[-1][1]:
            found.append((start, end))
    return tuple(tuple(names[k] for k in order[a:b]) for a, b in found)


def _check(scores: Mapping[str, Float[np.ndarray, "repeats"]], worst: float) -> None:
    if len(scores) < 2:
        raise EvidenceError(
            f"a ranking compares two values or more; got {len(scores)}",
            next_step="give the scores of each value, by its name",
        )
    for name, own in scores.items():
        if len(own) < FEWEST:
            raise EvidenceError(
                f'a ranking takes {FEWEST} repeats of each value; "{name}" has {len(own)}',
                next_step="repeat its study, or leave it out",
            )
        beyond = own[np.isfinite(own) & (own > worst)]
        if len(beyond):
            raise EvidenceError(
                f"a repeat without a score counts with the worst value, {spell(worst)}; "
                f'"{name}" has a score of {spell(beyond.max())}',
                next_step="give a worst value that no score exceeds",
            )
