"""The response over nuisance hyperparameters, in every form that the trials allow (C9).

Two smooth forms (a parabola with products, a curve of any smoothness, as C1 has them), each alone
or with one sharp shape at its best (`sharp_shapes`), count as their evidence says. Where the
trials don't tell the forms apart, what is said of the response stays as uncertain as they differ
(Bayesian model averaging: Hoeting et al. 1999). Assumes noise that is about the same over the
feasible trials; losses far worse than the fit count as CLIP standard deviations away.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from tunebook.domain.space import Axis, Choice
from tunebook.statistics.distributions import mean_ranks
from tunebook.statistics.response.columns import (
    MOST_AXES,
    MOST_VALUES,
    Columns,
    columns_for,
    merged_choices,
    parabola_and_curve,
)
from tunebook.statistics.response.even_points import even_points
from tunebook.statistics.response.regression import EdgeModel, fit
from tunebook.statistics.response.sharp_shapes import Shape, shapes_near

if TYPE_CHECKING:
    from jaxtyping import Bool, Float, Int

FEWEST = 8
"""Feasible configurations below which no form is fitted."""
DRAWS = 48
"""Forms drawn by what they count."""
PRIOR_OF_PARABOLA, PRIOR_OF_CUSP, PRIOR_OF_VALLEY = 0.8, 0.15, 0.1
"""What a parabola counts against a curve, and a sharp shape against none, before the trials."""
AMPLITUDE = 3.0
"""Of a sharp shape, in standard deviations of the losses; half of a normal law's spread."""
CLIP = 3.5
TAIL = 2.5
"""Standard deviations by which the best trials may miss what the fit would have them be."""
MOST_FITTED = 600
NEIGHBOURS = 3
"""Trials nearest to a place whose share of feasible ones is the chance of it there."""


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """One form of the response, in standardised losses: its mean is `mean(places)`, and any
    response that the trials allow differs from it by `scale * roots(places) @ normal deviates`.

    Attributes:
        count: of the DRAWS.
        columns, centre: of the smooth part.
        r, turned: its triangle and rotated coefficients.
        shape: the sharp part, or None, with its height, its columns in the smooth part's terms
            and the length of what is left.
        scale: standard deviation of the noise.
        freedom: degrees of freedom behind it.
        residuals: of the trials, ascending, of mean zero and standard deviation `scale`.
    """

    count: int
    columns: Columns
    centre: Float[np.ndarray, "columns"]
    r: Float[np.ndarray, "columns columns"]
    turned: Float[np.ndarray, "columns"]
    shape: Shape | None
    height: float
    shared: Float[np.ndarray, "columns"]
    length: float
    scale: float
    freedom: float
    residuals: Float[np.ndarray, "trials"]

    def terms(self, places: Float[np.ndarray, "n axes"]) -> Float[np.ndarray, "n columns"]:
        """The smooth part's terms at places of the unit cube."""
        columns = (self.columns.of(places) - self.centre).T
        return np.asarray(np.linalg.solve(self.r.T, columns).T)

    def at(
        self,
        places: Float[np.ndarray, "n axes"],
        terms: Float[np.ndarray, "n columns"] | None = None,
    ) -> tuple[Float[np.ndarray, "n"], Float[np.ndarray, "n terms"]]:
        """Mean and roots at places of the unit cube; `terms` of these, where they are known."""
        terms = self.terms(places) if terms is None else terms
        mean = terms @ self.turned
        if self.shape is None:
            return mean, terms
        left = self.shape.of(places) - terms @ self.shared
        return mean + self.height * left, np.column_stack([terms, left / self.length])


@dataclass(frozen=True, slots=True, eq=False)
class Response:
    """What the trials say of the response: `middle + size * standardised loss`.

    Attributes:
        levels: one a hyperparameter: the number of values of a choice, 0 for a number.
        forms: what was drawn.
        units, feasible: places of all configurations.
        within: of a search that is larger than MOST_FITTED, the model of ranks and its worst
            rank up to which trials were fitted.
        loss: factor on standard errors for losses drawn nearer (Huber 1981, section 7.6).
    """

    levels: tuple[int, ...]
    forms: tuple[Form, ...]
    units: Float[np.ndarray, "all axes"]
    feasible: Bool[np.ndarray, "all"]
    within: tuple[Columns, Float[np.ndarray, "columns"], float] | None
    middle: float
    size: float
    loss: float

    def chance_of_feasible(self, places: Float[np.ndarray, "n axes"]) -> Float[np.ndarray, "n"]:
        """Share of feasible ones among the nearest trials; zero where nothing was fitted."""
        chance = np.ones(len(places))
        if not self.feasible.all():
            units, feasible = self.units[:20_000], self.feasible[:20_000]
            far = (units**2).sum(axis=1)[None] - 2 * places @ units.T
            few = min(NEIGHBOURS, len(units))
            chance = feasible[np.argpartition(far, few - 1, axis=1)[:, :few]].mean(axis=1)
        if self.within is not None:
            columns, ranked, worst = self.within
            chance = np.where(columns.of(places) @ ranked <= worst, chance, 0.0)
        return np.asarray(chance)


def at_places(
    forms: Sequence[Form], places: Float[np.ndarray, "n axes"]
) -> Iterator[tuple[Form, Float[np.ndarray, "n"], Float[np.ndarray, "n terms"]]]:
    """Forms with their mean and roots; terms are worked out once for those of one smooth part."""
    known: dict[int, Float[np.ndarray, "n columns"]] = {}
    for form in forms:
        if id(form.r) not in known:
            known[id(form.r)] = form.terms(places)
        yield form, *form.at(places, known[id(form.r)])


def fit_response(
    axes: Sequence[Axis],
    units: Float[np.ndarray, "trials axes"],
    worst: Float[np.ndarray, "trials"],
) -> Response | None:
    """The response; None with too few trials, too many hyperparameters or values of a choice, or
    best trials that no form foretells.

    Args:
        axes: one a hyperparameter.
        units: places on their scales in [0, 1].
        worst: losses, infinite where infeasible.
    """
    feasible = np.isfinite(worst)
    many = any(isinstance(a, Choice) and len(a.values) > MOST_VALUES for a in axes)
    if many or len(axes) > MOST_AXES:
        return None
    units, levels = merged_choices(units, axes)
    x, y = units[feasible], worst[feasible]
    if len(y) < FEWEST or not np.ptp(x, axis=0).any():
        return None
    # An explosion is one bad trial and no more.
    low, high = np.quantile(y, (0.25, 0.75))
    if not 0 < high - low < 1e300:
        return None
    y = np.minimum(y, high + 4 * (high - low))
    within = None
    if len(y) > MOST_FITTED:
        kept, within = _best_part(x, y, levels)
        x, y = x[kept], y[kept]
    middle, size = float(y.mean()), float(y.std())
    if not size > 0:
        return None
    places = even_points(tuple(levels))[0]
    forms = _forms(x, (y - middle) / size, levels, places)
    scores = _clipped(forms, x, (y - middle) / size)
    drawn_nearer = float((scores != (y - middle) / size).mean())
    if drawn_nearer:
        forms = _forms(x, scores, levels, places)
    if not _foretells_the_best(forms, x, scores):
        return None
    return Response(
        levels=tuple(levels), forms=forms, units=units, feasible=feasible, within=within,
        middle=middle, size=size, loss=1 / (1 - drawn_nearer),
    )  # fmt: skip


def _best_part(
    x: Float[np.ndarray, "n axes"], y: Float[np.ndarray, "n"], levels: Sequence[int]
) -> tuple[Int[np.ndarray, "kept"], tuple[Columns, Float[np.ndarray, "columns"], float]]:
    """The MOST_FITTED trials that a parabola of ranks foretells to be best, and how it does."""
    columns = columns_for(levels, degree=[2] * len(levels), products=0)
    raw = columns.of(x)
    fitted = np.linalg.lstsq(np.column_stack([np.ones(len(x)), raw]), mean_ranks(y), rcond=None)[
        0
    ][1:]
    order = np.argsort(raw @ fitted, kind="stable")[:MOST_FITTED]
    return order, (columns, fitted, float((raw @ fitted)[order[-1]]))


@dataclass(frozen=True, slots=True, eq=False)
class _Smooth:
    """A smooth form as a regression with its prior as further rows."""

    columns: Columns
    model: EdgeModel
    centre: Float[np.ndarray, "columns"]
    q: Float[np.ndarray, "trials columns"]
    r: Float[np.ndarray, "columns columns"]
    turned: Float[np.ndarray, "columns"]
    rest: Float[np.ndarray, "trials"]
    total: float


def _smooth(
    columns: Columns, x: Float[np.ndarray, "n axes"], scores: Float[np.ndarray, "n"]
) -> _Smooth:
    raw = columns.of(x)
    centre = raw.mean(axis=0)
    model = fit(columns, raw, scores)
    q, r = np.linalg.qr(np.concatenate([raw - centre, np.diag(1 / model.prior)]))
    around = scores - scores.mean()
    turned = q[: len(x)].T @ around
    rest = around - q[: len(x)] @ turned
    total = max(float(around @ around - turned @ turned), 1e-10 * float(around @ around))
    return _Smooth(columns, model, centre, q[: len(x)], r, turned, rest, total)


def _forms(
    x: Float[np.ndarray, "n axes"],
    scores: Float[np.ndarray, "n"],
    levels: Sequence[int],
    places: Float[np.ndarray, "points axes"],
) -> tuple[Form, ...]:
    """Forms drawn by their evidence."""
    parabola, curve = (_smooth(c, x, scores) for c in parabola_and_curve(levels, x))
    best = places[np.argsort(parabola.columns.of(places) @ parabola.model.beta, kind="stable")]
    shapes = shapes_near(
        best[:10].mean(axis=0),
        np.array([not k for k in levels]),
        cusp=PRIOR_OF_CUSP,
        valley=PRIOR_OF_VALLEY,
    )
    column, evidence = shapes.of(x), []
    column -= column.mean(axis=0)
    for smooth, prior in ((parabola, PRIOR_OF_PARABOLA), (curve, 1 - PRIOR_OF_PARABOLA)):
        gains = _gains(smooth, column) + shapes.log_prior
        own = np.concatenate([[shapes.log_prior_of_none], gains])
        evidence.append(smooth.model.evidence + math.log(prior) + own)
    weights = np.exp(np.concatenate(evidence) - np.max(evidence))
    drawn = np.searchsorted(
        weights.cumsum() / weights.sum(), (np.arange(DRAWS) + 0.5) / DRAWS, side="right"
    )
    found = []
    for k, count in zip(
        *np.unique(np.minimum(drawn, len(weights) - 1), return_counts=True), strict=True
    ):
        smooth = (parabola, curve)[k // (len(shapes) + 1)]
        shape = shapes[k % (len(shapes) + 1) - 1] if k % (len(shapes) + 1) else None
        found.append(_form(smooth, shape, x, int(count)))
    return tuple(found)


def _gains(smooth: _Smooth, column: Float[np.ndarray, "n shapes"]) -> Float[np.ndarray, "shapes"]:
    """Evidence of each shape, a centred column each, beside none; a shape is no hill."""
    freedom = len(column) - 1
    noise = smooth.total / freedom
    length = (column**2).sum(axis=0) - ((smooth.q.T @ column) ** 2).sum(axis=0)
    length = np.maximum(length, 0.0) + noise / AMPLITUDE**2
    along = column.T @ smooth.rest
    left = np.maximum(smooth.total - along**2 / length, 1e-9 * smooth.total)
    t = along / np.sqrt(length * left / freedom)
    gain = -freedom / 2 * np.log(left / smooth.total)
    gain -= 0.5 * np.log(length * AMPLITUDE**2 / noise)
    return np.asarray(gain + math.log(2) + special.log_ndtr(t))


def _form(
    smooth: _Smooth, shape: Shape | None, x: Float[np.ndarray, "n axes"], count: int
) -> Form:
    n = len(x)
    height, length, total = 0.0, 1.0, smooth.total
    shared, rest = np.zeros(len(smooth.turned)), smooth.rest
    if shape is not None:
        raw = shape.of(x)
        column = raw - raw.mean()
        shared = smooth.q.T @ column
        square = float(column @ column - shared @ shared)
        square = max(square, 0.0) + smooth.total / (n - 1) / AMPLITUDE**2
        height, length = float(column @ smooth.rest) / square, math.sqrt(square)
        total = max(total - height**2 * square, 1e-9 * total)
        rest = smooth.rest - height * (column - smooth.q @ shared)
        # The smooth part is centred on the trials, and so must the shape be.
        shape = shape.lowered(float(raw.mean()))
    scale = math.sqrt(total / (n - 1))
    residuals = np.sort(rest - rest.mean())
    residuals *= scale / max(float(residuals.std()), 1e-300)
    return Form(
        count, smooth.columns, smooth.centre, smooth.r, smooth.turned, shape, height, shared,
        length, scale, smooth.model.freedom, residuals,
    )  # fmt: skip


def _clipped(
    forms: Sequence[Form], x: Float[np.ndarray, "n axes"], scores: Float[np.ndarray, "n"]
) -> Float[np.ndarray, "n"]:
    """The scores with those far above the forms' mean drawn nearer.

    Those far below may be a narrow valley that no form has found.
    """
    mean = np.sum([f.count / DRAWS * own for f, own, _ in at_places(forms, x)], axis=0)
    rest = scores - mean
    reach = CLIP * 1.4826 * float(np.median(np.abs(rest - np.median(rest))))
    return np.where(rest > reach, mean + reach, scores) if reach > 0 else scores


def _foretells_the_best(
    forms: Sequence[Form], x: Float[np.ndarray, "n axes"], scores: Float[np.ndarray, "n"]
) -> bool:
    """Whether the mean of the best trials is what the forms would have it be."""
    k = max(1, min(5, len(scores) // 12))
    rng, means = np.random.default_rng(6), []
    for form, mean, _ in at_places(forms, x):
        noise = form.scale * rng.normal(size=(4 * form.count, len(scores)))
        means.append(np.partition(mean + noise, k - 1, axis=1)[:, :k].mean(axis=1))
    drawn = np.concatenate(means)
    off = np.partition(scores, k - 1)[:k].mean() - drawn.mean()
    return bool(abs(off) <= TAIL * max(float(drawn.std()), 1e-9))
