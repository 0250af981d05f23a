"""What the trials' scores owe to each hyperparameter, alone and in pairs (C10).

Scores are normal scores of the losses, infeasible trials sharing the worst rank: bounded, the same
under every increasing transform of the objective, so that an explosion to 6e18 is one bad trial
and no more. They are fitted by least squares: a sum of one curve a hyperparameter (Legendre
polynomials on its scale; one level a value for a choice), and, one pair at a time, products of two
such curves. What share of the scores' variance each part has is in `sensitivity_indices.py`.

`interaction_p_value` asks more than whether products help: on an increasing function of a sum,
products help too, yet the best value of one hyperparameter does not depend on the other. So the
products are tested beside the square and the cube of the fitted sum, which stand for such a
function (the idea of Tukey's one degree of freedom, 1949, and of Ramsey's RESET, 1969).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from tunebook.statistics.estimators import normal_scores

if TYPE_CHECKING:
    from jaxtyping import Float

MOST_LEVELS = 6
"""Values of a choice with an effect of their own; the rarer ones count as one."""
FEWEST_OF_LEVEL = 4
"""Trials that a value needs for an effect of its own."""
HIGHEST_LEVERAGE = 0.95


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One additive part of the response: coefficients scaled so that variance is their square.

    Attributes:
        theta: coefficients.
        influence: of each trial on them; the sum of squares over trials is their variance, with
            HC2's residuals: HC3's are too large at the lone trials of a clustered search.
        safe: the same with HC3's residuals, for upper ends and where there is no effect.
        fitted: the part's own value at each trial.
    """

    theta: Float[np.ndarray, "k"]
    influence: Float[np.ndarray, "trials k"]
    safe: Float[np.ndarray, "trials k"]
    fitted: Float[np.ndarray, "trials"]


def scores_of(losses: Float[np.ndarray, "trials"]) -> Float[np.ndarray, "trials"]:
    """Normal scores with mean 0 and variance 1; NaN (infeasible) shares the worst rank."""
    worst = np.where(np.isnan(losses), np.inf, losses)
    scores = normal_scores(worst)
    spread = float(scores.std())
    centred = scores - scores.mean()
    return centred / spread if spread > 1e-9 else np.zeros_like(centred)


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a hyperparameter enters the model: as a polynomial, or by levels of a choice.

    Attributes:
        degree: of the polynomial in its place on its scale; 0 for a choice.
        levels: of a choice that have a column each; all others are the reference.
    """

    degree: int
    levels: tuple[int, ...] = ()

    @property
    def size(self) -> int:
        """Number of columns."""
        return self.degree + len(self.levels)

    def columns(self, places: Float[np.ndarray, "trials"]) -> Float[np.ndarray, "trials k"]:
        """Legendre polynomials with variance 1 over the range, or a column for each level.

        Args:
            places: in the unit interval, or numbers of a choice's values.
        """
        if self.levels:
            return np.column_stack([(places == level).astype(float) for level in self.levels])
        columns = np.polynomial.legendre.legvander(2 * np.clip(places, 0, 1) - 1, self.degree)
        return np.asarray(columns[:, 1:] * np.sqrt(2 * np.arange(1, self.degree + 1) + 1))

    def lowest(self, most: int) -> Encoding:
        """The same with so many columns at most."""
        return Encoding(min(self.degree, most), self.levels[:most])


def curve_of(places: Float[np.ndarray, "trials"], degree: int) -> Encoding:
    """A polynomial of that degree, or of one that the distinct places can carry."""
    return Encoding(min(degree, len(np.unique(places)) - 1))


def levels_of(numbers: Float[np.ndarray, "trials"]) -> Encoding:
    """The common values of a choice; the commonest, or the rare ones together, are the rest."""
    found, counts = np.unique(numbers, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:MOST_LEVELS]
    kept = [int(found[i]) for i in order if counts[i] >= FEWEST_OF_LEVEL]
    rare = len(numbers) - int(sum(counts[i] for i in order if counts[i] >= FEWEST_OF_LEVEL))
    return Encoding(0, tuple(kept[1:] if rare < FEWEST_OF_LEVEL else kept))


class AdditiveFit:
    """A sum of one curve a hyperparameter, fitted to scores by least squares.

    Attributes:
        blocks: columns of each hyperparameter in the design, after the constant.
        parts: by hyperparameter.
        residuals, fitted: by trial.
        curved: what an increasing function of the fitted sum could add, as a basis.
        freedom: degrees of freedom left.
    """

    def __init__(
        self,
        columns: Sequence[Float[np.ndarray, "trials k"]],
        scores: Float[np.ndarray, "trials"],
    ) -> None:
        n = len(scores)
        centred = [c - c.mean(axis=0) for c in columns]
        self.scores = scores
        self.design = np.hstack([np.ones((n, 1)), *centred])
        starts = np.cumsum([1, *(c.shape[1] for c in columns)])
        self.blocks = tuple(slice(a, b) for a, b in pairwise(starts))
        # The pseudo-inverse: columns that repeat others add nothing.
        self.inverse = np.linalg.pinv(self.design.T @ self.design, rcond=1e-9, hermitian=True)
        self.beta = self.inverse @ (self.design.T @ scores)
        self.fitted = self.design @ self.beta
        self.residuals = scores - self.fitted
        leverage = ((self.design @ self.inverse) * self.design).sum(axis=1)
        self.leverage = np.clip(leverage, 0, HIGHEST_LEVERAGE)
        rank = round(float(leverage.sum()))
        self.freedom = max(n - rank, 1)
        self.noise = float((self.residuals**2).sum()) / self.freedom
        pull = (self.residuals / np.sqrt(1 - self.leverage))[:, None] * self.design
        self.parts = tuple(self._part(pull, block) for block in self.blocks)
        self.curved = self._curved()

    def _curved(self) -> Float[np.ndarray, "trials 2"]:
        """The square and the cube of the fitted sum, cleared of the curves, as a basis."""
        spread = float(self.fitted.std())
        if spread < 1e-9:
            return np.zeros((len(self.scores), 0))
        sums = (self.fitted - self.fitted.mean()) / spread
        powers = np.column_stack([sums**2, sums**3])
        powers = powers - self.design @ (self.inverse @ (self.design.T @ powers))
        if not _well_posed(powers.T @ powers, powers):
            return np.zeros((len(self.scores), 0))
        return np.asarray(np.linalg.qr(powers)[0])

    def _part(self, pull: Float[np.ndarray, "trials p"], block: slice) -> Part:
        columns = self.design[:, block]
        root = _root(columns.T @ columns / len(self.scores))
        influence = pull @ self.inverse[:, block] @ root
        return Part(
            theta=root @ self.beta[block],
            influence=influence,
            safe=influence / np.sqrt(1 - self.leverage)[:, None],
            fitted=columns @ self.beta[block],
        )

    def block_p_value(self, which: int) -> float:
        """F-test that a hyperparameter's curve is flat, beside those of all others."""
        block = self.blocks[which]
        own = self.inverse[block, block]
        beta = self.beta[block]
        k = len(beta)
        if k == 0 or not self.noise > 0:
            return 1.0
        lost = float(beta @ np.linalg.pinv(own, rcond=1e-9, hermitian=True) @ beta)
        return float(special.fdtrc(k, self.freedom, lost / k / self.noise))

    def pair_part(self, products: Float[np.ndarray, "trials k"]) -> Part | None:
        """Products of two hyperparameters, beside all curves; None where they add nothing."""
        own = products - self.design @ (self.inverse @ (self.design.T @ products))
        gram = own.T @ own
        if not _well_posed(gram, products):
            return None
        inverse = np.linalg.inv(gram)
        gamma = inverse @ (own.T @ self.residuals)
        left = self.residuals - own @ gamma
        leverage = self.leverage + ((own @ inverse) * own).sum(axis=1)
        leverage = np.clip(leverage, 0, HIGHEST_LEVERAGE)
        pull = (left / np.sqrt(1 - leverage))[:, None] * own
        root = _root(gram / len(self.scores))
        influence = pull @ inverse @ root
        return Part(
            theta=root @ gamma,
            influence=influence,
            safe=influence / np.sqrt(1 - leverage)[:, None],
            fitted=own @ gamma,
        )

    def interaction_p_value(self, products: Float[np.ndarray, "trials k"]) -> float:
        """Test that the products add nothing to an increasing function of a sum.

        A Wald test with sandwich errors (HC3): what the curves leave over is rarely of one size.
        """
        own = products - self.design @ (self.inverse @ (self.design.T @ products))
        own = own - self.curved @ (self.curved.T @ own)
        left = self.residuals - self.curved @ (self.curved.T @ self.residuals)
        leverage = self.leverage + (self.curved**2).sum(axis=1)
        gram = own.T @ own
        if not _well_posed(gram, products):
            return 1.0
        inverse = np.linalg.inv(gram)
        gamma = inverse @ (own.T @ left)
        leverage = leverage + ((own @ inverse) * own).sum(axis=1)
        pull = ((left - own @ gamma) / (1 - np.clip(leverage, 0, HIGHEST_LEVERAGE)))[:, None] * own
        influence = pull @ inverse
        k = len(gamma)
        freedom = self.freedom - self.curved.shape[1] - k
        variance = influence.T @ influence
        if freedom < 1 or np.linalg.matrix_rank(variance) < k:
            return 1.0
        wald = float(gamma @ np.linalg.solve(variance, gamma))
        return float(special.fdtrc(k, freedom, wald / k))


def _root(gram: Float[np.ndarray, "k k"]) -> Float[np.ndarray, "k k"]:
    values, vectors = np.linalg.eigh(gram) if len(gram) else (np.zeros(0), gram)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T)


def _well_posed(gram: Float[np.ndarray, "k k"], columns: Float[np.ndarray, "trials k"]) -> bool:
    """True where columns, cleared of the rest of the model, have something of their own left."""
    if not len(gram):
        return False
    least = float(np.linalg.eigvalsh(gram)[0])
    return least > 1e-4 * max(float((columns**2).sum(axis=0).mean()), 1e-12)
