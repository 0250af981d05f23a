"""Where trials fail by two hyperparameters together: above lr / (1 - momentum) = 3.2 (C3).

Claim: "failing depends on this combination, not on one hyperparameter alone". Null: failing
depends on one axis alone, in whatever way. Estimator: trials are put in blocks of neighbours along
one axis; within a block, labels are dealt out anew, and the largest correlation of any other axis
with failing is compared to what that brings. It must be too large along either axis of the pair,
so that the axis that matters alone is one of those tested. Smallest effect that matters: MATTERS.
Assumes: the other axes do not depend on the one along which trials are put in blocks, as random
and low-discrepancy sets have it; or that failing changes little within a block. Error rate: ALPHA
of studies whose failures depend on one axis (docs/claims/feasibility.md).

The combination: a logistic fit of failing in the coordinates in which it fits best, an axis' own,
its logarithm, or the logarithm of 1 - x. Exponents are told as 1, 2 or 1/2 where their interval
(profile likelihood) holds such a one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special
from scipy.special import expit

from tunebook.checks.failures.coordinates import Coordinate, Form, coordinates, written
from tunebook.checks.failures.cuts import exact_cut
from tunebook.domain.finding import Interval
from tunebook.domain.formats.numbers import round_to
from tunebook.domain.table import TrialTable
from tunebook.statistics.distributions import mean_ranks

if TYPE_CHECKING:
    from jaxtyping import Bool, Float

ALPHA = 0.04
"""Less than the 5 % that is claimed, so that a measurement can show it."""
DEALS = 499
BLOCK = 8
"""Neighbours along an axis within which labels are dealt out anew."""
MATTERS = 0.1
"""Of the first axis' range: what the second moves the boundary by, at least, over its own."""
FITTED = 3000
"""Trials that the combination is fitted to at most."""
SIMPLE = (1.0, -1.0, 2.0, -2.0, 0.5, -0.5)
HALVINGS = 12
"""Of a right angle, to find an end of the exponent's interval."""
RIDGE = 0.05
"""Penalty on the squared slope of a standardised column: keeps parted classes finite."""
NEWTON_STEPS = 40
CHI2 = float(special.chdtri(1, 0.05))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Combination:
    """Two hyperparameters that decide together what fails.

    Attributes:
        expression: as people write it, `learning_rate / (1 - momentum)`.
        first, second: the coordinates; the first stands with the exponent 1.
        exponent: of the second, or its weight where the two are added; with its interval.
        told: the exponent as it stands in the expression.
        p_value: chance of as clear a dependence on the second where failing depends on one alone.
        inside: trials on the failing side.
        side: "high" or "low".
        threshold: value of the expression at the boundary.
        scale: "log" for products and quotients, "linear" for sums.
        values: of the expression, by trial.
        boundary: pairs of values of the two hyperparameters along the boundary.
    """

    expression: str
    first: Coordinate
    second: Coordinate
    exponent: Interval
    told: float
    p_value: float
    inside: Bool[np.ndarray, "trials"]
    side: str
    threshold: float
    scale: str
    values: Float[np.ndarray, "trials"]
    boundary: tuple[tuple[float, float], ...]


def combination(
    study: str,
    own: TrialTable,
    failed: Bool[np.ndarray, "trials"],
    first: str,
    errors: int,
    rng: np.random.Generator,
) -> Combination | None:
    """The pair of hyperparameters that decides together what fails, if a pair does.

    Args:
        study: which.
        own: its counted trials.
        failed: which of them.
        first: the hyperparameter whose single cut tells failures best.
        errors: trials on the wrong side of that cut: a combination must do better.
        rng: for dealing out labels.
    """
    forms = coordinates(own, study)
    if first not in forms or len(forms) < 2:
        return None
    places = {name: own_forms[0].places for name, own_forms in forms.items()}
    names = [name for name in places if name != first]
    p_first, partner = _depends_on_others(failed, places[first], [places[n] for n in names], rng)
    if p_first > ALPHA:
        return None
    second = names[partner]
    others = [places[n] for n in places if n != second]
    p_second, _ = _depends_on_others(failed, places[second], others, rng)
    if p_second > ALPHA:
        return None
    fit = _best_forms(failed, forms[first], forms[second], rng)
    if fit is None:
        return None
    found = _told(failed, *fit, max(p_first, p_second))
    wrong = int((found.inside != failed).sum()) if found else errors
    return found if found and wrong < errors else None


def _depends_on_others(
    failed: Bool[np.ndarray, "trials"],
    along: Float[np.ndarray, "trials"],
    others: Sequence[Float[np.ndarray, "trials"]],
    rng: np.random.Generator,
) -> tuple[float, int]:
    """Whether failing depends on others besides `along`: p-value, and which of them most."""
    n = len(failed) // BLOCK * BLOCK
    order = np.argsort(along, kind="stable")[len(failed) - n :]
    labels = failed[order].reshape(-1, BLOCK).astype(float)
    mixed = np.flatnonzero(labels.min(axis=1) < labels.max(axis=1))
    if not len(mixed):
        return 1.0, 0
    mixed = mixed[np.linspace(0, len(mixed) - 1, min(len(mixed), FITTED // BLOCK)).astype(int)]
    labels = labels[mixed] - labels[mixed].mean(axis=1, keepdims=True)
    ranks = np.stack([mean_ranks(other) for other in others], axis=-1)
    ranks = ranks[order].reshape(-1, BLOCK, len(others))[mixed]
    ranks -= ranks.mean(axis=1, keepdims=True)
    spread = ((labels**2).sum(axis=1)[:, None] * (ranks**2).sum(axis=1)).sum(axis=0)
    spread = np.sqrt(np.maximum(spread / (BLOCK - 1), 1e-12))
    flat = ranks.reshape(-1, len(others)) / spread
    found = np.abs(labels.reshape(-1) @ flat)
    dealt = rng.permuted(np.broadcast_to(labels, (DEALS, *labels.shape)), axis=2)
    as_much = np.abs(dealt.reshape(DEALS, -1) @ flat).max(axis=1) >= found.max() - 1e-9
    return (1 + int(as_much.sum())) / (DEALS + 1), int(found.argmax())


def _best_forms(
    failed: Bool[np.ndarray, "trials"],
    firsts: Sequence[Coordinate],
    seconds: Sequence[Coordinate],
    rng: np.random.Generator,
) -> tuple[Coordinate, Coordinate, Interval] | None:
    """The forms of two hyperparameters in which failing is fitted best, and the exponent."""
    n = len(failed)
    chosen = np.arange(n) if n <= FITTED else rng.choice(n, FITTED, replace=False)
    best, found = math.inf, None
    for a in firsts:
        for b in seconds:
            fit, slopes = deviance(np.column_stack([a.places, b.places])[chosen], failed[chosen])
            # A product of powers is what people search by: sums must fit better by more than luck.
            fit += 0.0 if a.logarithmic and b.logarithmic else CHI2
            if fit < best:
                best, found = fit, (a, b, slopes)
    assert found is not None
    a, b, slopes = found
    if abs(slopes[1]) * b.span < MATTERS * abs(slopes[0]) * a.span:
        return None
    if a.logarithmic and b.logarithmic and a.form is Form.LOG_OF_REST and b.form is Form.LOG:
        a, b, slopes = b, a, slopes[::-1]
    return a, b, _exponent(a.places[chosen], b.places[chosen], failed[chosen], slopes)


def _exponent(
    a: Float[np.ndarray, "trials"],
    b: Float[np.ndarray, "trials"],
    failed: Bool[np.ndarray, "trials"],
    slopes: Float[np.ndarray, "2"],
) -> Interval:
    """The second's exponent where the first has 1, with its profile-likelihood interval."""
    estimate = float(slopes[1] / slopes[0])
    best, _ = deviance(np.column_stack([a, b]), failed)
    unit = float(a.std() / b.std())  # at this ratio the two matter alike
    middle = math.atan2(slopes[1] / unit, slopes[0])

    def ratio(angle: float) -> float:
        return math.tan(angle) * unit

    def held(angle: float) -> bool:
        mixed = math.cos(angle) * a + math.sin(angle) * unit * b
        return deviance(mixed[:, None], failed)[0] - best <= CHI2

    ends = []
    for side in (-1, 1):
        inside, outside = middle, middle + side * math.pi / 2
        for _ in range(HALVINGS):
            tried = (inside + outside) / 2
            inside, outside = (tried, outside) if held(tried) else (inside, tried)
        ends.append(ratio(inside))
    return Interval(estimate, min(*ends, estimate), max(*ends, estimate))


def _told(
    failed: Bool[np.ndarray, "trials"],
    a: Coordinate,
    b: Coordinate,
    exponent: Interval,
    p_value: float,
) -> Combination | None:
    """The combination with its exponent as people would say it, and where it fails."""
    simple = [s for s in SIMPLE if exponent.low <= s <= exponent.high]
    near = sorted(simple, key=lambda s: (abs(s) != 1, abs(math.log(abs(s / exponent.estimate)))))
    told = near[0] if near else round_to(exponent.estimate)
    total = a.places + told * b.places
    inside, side, middle = exact_cut(total, failed)
    product = a.logarithmic and b.logarithmic
    return Combination(
        expression=written(a, b, told),
        first=a,
        second=b,
        exponent=exponent,
        told=told,
        p_value=p_value,
        inside=inside,
        side=side,
        threshold=math.exp(middle) if product else middle,
        scale="log" if product else "linear",
        values=np.exp(total) if product else total,
        boundary=_boundary(a, b, told, middle),
    )


def _boundary(
    a: Coordinate, b: Coordinate, told: float, middle: float
) -> tuple[tuple[float, float], ...]:
    """Points on the line a + told b = middle that lie within both ranges."""
    along = np.linspace(float(b.places.min()), float(b.places.max()), 61)
    across = middle - told * along
    within = (across >= a.places.min()) & (across <= a.places.max())
    return tuple(
        (a.value(float(x)), b.value(float(y)))
        for x, y in zip(across[within], along[within], strict=True)
    )


def deviance(
    columns: Float[np.ndarray, "trials columns"], labels: Bool[np.ndarray, "trials"]
) -> tuple[float, Float[np.ndarray, "columns"]]:
    """Logistic regression of labels on columns and an intercept, by Newton's method.

    Held back a little, where classes can be parted.

    Args:
        columns: finite, none of them constant.
        labels: of two classes, both present.

    Returns:
        Minus twice the log likelihood, penalty included, and the slopes in the columns' units.
    """
    size = columns.std(axis=0)
    design = np.column_stack([np.ones(len(labels)), (columns - columns.mean(axis=0)) / size])
    penalty = np.full(design.shape[1], RIDGE)
    penalty[0] = 0.0
    slopes = np.zeros(design.shape[1])
    for _ in range(NEWTON_STEPS):
        chance = expit(design @ slopes)
        weight = np.maximum(chance * (1 - chance), 1e-9)
        gradient = design.T @ (labels - chance) - penalty * slopes
        step = np.linalg.solve((design.T * weight) @ design + np.diag(penalty), gradient)
        # A long step overshoots where the classes are nearly parted.
        slopes += step * min(1.0, 4.0 / max(float(np.abs(step).max()), 1e-12))
        if np.abs(step).max() < 1e-8:
            break
    place = design @ slopes
    fit = 2 * float(np.logaddexp(0, np.where(labels, -place, place)).sum())
    return fit + float((penalty * slopes**2).sum()), slopes[1:] / size
