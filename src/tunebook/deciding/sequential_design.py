"""When to look at fresh-seed reruns, and what each look may conclude (D1 D3).

Model: the score of a candidate at n reruns a side (Welch's t of its gain above the least
improvement, brought to a standard normal by its tail probability) has the law of a Brownian
motion observed at n: mean drift * sqrt(n), independent increments. NULL: drift 0 or less.

A candidate is adopted at the first look where its score reaches `adopt`: over all looks that
happens with at most `level` under the null, whether or not candidates are dropped. Of the level
nine tenths belong to the first plan, spent as (n / last) ** 1.5; each extension takes half of what
is left, so that going on for as long as one likes keeps the level. A candidate is dropped below
`drop`, set so that of those whose gain is `excess` above the least improvement a fifth at most is
lost, by looks and at the end together. `outer` is the same as `adopt` at a fifth of the level, the
other way: it bounds how much better a gain may be at whichever look the reruns end.

Assumes seed noise that is roughly normal. Error rates with skewed, heavy-tailed, two-group and
unequal noise, power and expected reruns: docs/claims/decisions.md. Sources: Lan and DeMets 1983
(spending); Pampallona, Tsiatis and Kim 2001 (dropping, not binding); Armitage, McPherson and
Rowe 1969 (the recursion); Jennison and Turnbull 2000, chapters 4, 9, 11 and 19.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from tunebook.deciding.brownian_motion import adopted, adopting_scores, dropping_scores
from tunebook.deciding.rerun_evidence import FIRST_ADOPT

FIRST_DROP = 3
"""Reruns a side from which a candidate may be dropped, in plans of DROPS_EARLY a side or more: in
shorter ones three reruns would decide nearly all, at too few degrees of freedom."""
DROPS_EARLY = 6
ABOUT_LOOKS = 12
POWER = 0.8
FIRST_SHARE = 0.9
"""Of the level, for the first plan; extensions share the rest."""
SPENT_AS = 1.5
OUTER = 0.2
"""Of the level, for the far end of a gain's interval."""
HOPELESS = 0.1
"""In an extension, a candidate is dropped once its chance to be adopted, were its gain the one
planned for, is below this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SequentialDesign:
    """Looks and their bounds, for each candidate alone.

    Attributes:
        looks: reruns a side, growing.
        adopt, drop, outer: scores at each look; see the module.
        excess: gain above the least improvement that is adopted in 80 % of cases, in standard
            deviations of one rerun; allows for a variance that is estimated.
        level: one-sided error rate over all looks, extensions included.
        extension: 0 for a first plan.
        drift: of the score of such a gain, a rerun; NaN where the bounds were read back.
    """

    looks: tuple[int, ...]
    adopt: tuple[float, ...]
    drop: tuple[float, ...]
    outer: tuple[float, ...]
    excess: float
    level: float
    extension: int = 0
    drift: float = math.nan


@functools.lru_cache(maxsize=256)
def planned(most: int, level: float, *, paired: bool = False) -> SequentialDesign:
    """A first plan of at most so many reruns a side.

    Args:
        most: reruns a side, FIRST_ADOPT or more.
        level: one-sided error rate of this candidate.
        paired: sides are compared seed by seed: half the degrees of freedom. `excess` is then
            that of seeds that do the same to no side; the more they share, the smaller it is.
    """
    looks = _looks(FIRST_DROP if most >= DROPS_EARLY else FIRST_ADOPT, most)
    part = (np.array(looks) / most) ** SPENT_AS
    may_adopt = np.array(looks) >= FIRST_ADOPT
    adopt = adopting_scores(looks, (level * FIRST_SHARE * part * may_adopt).tolist())
    outer = adopting_scores(looks, (OUTER * level * FIRST_SHARE * part).tolist())
    lost = ((1 - POWER) * part).tolist()

    def short_of_power(drift: float) -> float:
        return dropping_scores(looks, adopt, lost, drift)[1] - POWER

    scale = most**-0.5
    drift = float(optimize.brentq(short_of_power, 0.5 * scale, 12 * scale, xtol=1e-4 * scale))
    drop = dropping_scores(looks, adopt, lost, drift)[0]
    return SequentialDesign(
        looks=looks,
        adopt=adopt,
        drop=(*drop[:-1], _asks_for_more(drift, most, adopt[-1])),
        outer=outer,
        drift=drift,
        excess=_excess(drift, most, adopt[-1], paired),
        level=level,
    )


def extended(design: SequentialDesign, most: int, *, paired: bool = False) -> SequentialDesign:
    """A plan that goes on where one ended, to at most so many reruns a side in all."""
    last, extension = design.looks[-1], design.extension + 1
    new = _looks(last + 1, most)
    looks, past = (*design.looks, *new), len(design.looks)
    had, end = (1 - (1 - FIRST_SHARE) * 0.5**e for e in (extension - 1, extension))
    part = ((np.array(new) - last) / (most - last)) ** SPENT_AS
    share = np.concatenate([np.full(past, had), had + (end - had) * part])
    adopt, outer = (
        adopting_scores(looks, (share * a).tolist(), known)
        for a, known in ((design.level, design.adopt), (OUTER * design.level, design.outer))
    )
    drift = (adopt[-1] + float(special.ndtri(POWER))) / most**0.5
    left = most - np.array(new[:-1])
    hopeless = adopt[-1] * most**0.5 - drift * left + special.ndtri(HOPELESS) * np.sqrt(left)
    drop = np.minimum(hopeless / np.sqrt(new[:-1]), adopt[past:-1])
    return SequentialDesign(
        looks=looks,
        adopt=adopt,
        drop=(*design.drop, *drop.tolist(), _asks_for_more(drift, most, adopt[-1])),
        outer=outer,
        drift=drift,
        excess=_excess(drift, most, adopt[-1], paired),
        level=design.level,
        extension=extension,
    )


def unbiased_drift(
    looks: Sequence[int], adopt: Sequence[float], drop: Sequence[float], score: float
) -> float:
    """The drift whose chance of ending further up than this is one half.

    "Further up" is adopted at an earlier look, or a higher score at this one, the last of
    `looks`. A score after stopping is flattered; this is not, in the median.
    """
    n = looks[-1]
    up, down = (*adopt[: len(looks) - 1], score), (*drop[: len(looks) - 1], score)

    def further(drift: float) -> float:
        return adopted(looks, up, down, drift) - 0.5

    middle, reach = score / n**0.5, 6 / n**0.5
    if further(middle - reach) > 0 or further(middle + reach) < 0:
        return float(middle)  # so far out that earlier looks hardly matter
    return float(optimize.brentq(further, middle - reach, middle + reach, xtol=1e-3 / n**0.5))


def _asks_for_more(drift: float, most: int, adopt: float) -> float:
    """At the end, the score of a gain that seems half of the planned one."""
    return float(min(drift * most**0.5 / 2, adopt))


def _looks(first: int, most: int) -> tuple[int, ...]:
    step = max(1, round((most - first) / ABOUT_LOOKS))
    return tuple(sorted({*range(min(first, most), most, step), most}))


def _excess(drift: float, most: int, adopt: float, paired: bool) -> float:
    """In standard deviations of one rerun, with what estimating the variance costs.

    That cost was found by simulation: levels 0.001 to 0.05, 4 to 40 reruns a side.
    """
    cost = (0.44 if paired else 0.22) * adopt**2 / (most - 2.9)
    return float(drift * (2 * (1 + cost)) ** 0.5)
