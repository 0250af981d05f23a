"""A configuration whose seeds fall into two groups (fragile), or all give one value (D2 D3).

Its mean says what an average seed gives, and no single run is near it. Groups are told apart as
in `fresh_seeds.seed_groups`, from eight complete reruns on; the share of bad seeds comes with its
exact (Clopper and Pearson) interval. Where seeds are of one group, two are seen in 0.1 % of cases
with normal noise, 1.3 % with lognormal noise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tunebook.deciding.rerun_evidence import FEWEST
from tunebook.domain.design import Objective
from tunebook.domain.finding import Interval
from tunebook.domain.formats.numbers import digits, percent
from tunebook.statistics.estimators import proportion
from tunebook.statistics.fresh_seeds import seed_groups


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragile:
    """Seeds of one configuration in two groups.

    Attributes:
        bad, seeds: how many ended in the worse group, of how many.
        share: bad ones among all seeds there may be, 95 %.
        good_mean, bad_mean: of each group, in the objective's units.
    """

    bad: int
    seeds: int
    share: Interval
    good_mean: float
    bad_mean: float


def fragile(values: Sequence[float], objective: Objective) -> Fragile | None:
    """The two groups of a configuration's fresh seeds, or None where they are of one.

    Args:
        values: the objective of complete reruns.
        objective: says which group is the worse one.
    """
    found = seed_groups(np.array(values, dtype=float))
    if found is None:
        return None
    low, high = (found.low_count, found.low_mean), (found.high_count, found.high_mean)
    (good, good_mean), (bad, bad_mean) = (low, high) if objective.sign > 0 else (high, low)
    return Fragile(
        bad=bad,
        seeds=good + bad,
        share=proportion(bad, good + bad),
        good_mean=good_mean,
        bad_mean=bad_mean,
    )


def fragile_text(name: str, found: Fragile, metric: str) -> str:
    """What a decision says of it."""
    ends = (
        f"{found.bad} of {found.seeds} new seeds end near {digits(found.bad_mean, 3)} in {metric}"
    )
    share = f"{percent(found.share.low)} to {percent(found.share.high)}"
    return (
        f"{name} is fragile: {ends}, the others near {digits(found.good_mean, 3)}. A seed is bad "
        f"in {share} of cases, and no single run is near the mean."
    )


def seedless_texts(values: Mapping[str, Sequence[float]], metric: str) -> tuple[str, ...]:
    """A sentence for each configuration whose seeds, FEWEST or more, all give one value.

    Its standard deviation of zero says nothing of how far a rerun varies, so neither does an
    interval that is made of it.

    Args:
        values: by name, the objective of complete reruns, each with a seed of its own.
        metric: of the objective.
    """
    return tuple(
        f"All {len(own)} reruns of {name} gave {metric} {digits(own[0])}: its seed has no effect, "
        f"or {metric} is too coarse to show it. Its interval has no width and does not show how "
        "far a rerun varies. Use trial.seed in training (initial weights, order of the data)."
        for name, own in values.items()
        if len(own) >= FEWEST and len(set(own)) == 1
    )
