"""What C10 read in each study: shares of hyperparameters and pairs, and the verdicts (C10)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tunebook.checks.importance.surface import ResponseSurface
from tunebook.domain.finding import Interval
from tunebook.domain.space import Axis
from tunebook.domain.trial import Value


class Verdict(StrEnum):
    """What is known of a hyperparameter."""

    MATTERS = "matters"
    LITTLE = "matters little"
    OPEN = "not enough evidence"
    UNSEEN = "can't be judged"


@dataclass(frozen=True, slots=True, kw_only=True)
class HyperparameterReading:
    """One hyperparameter in one study. Shares are of the variance of the trials' scores.

    Attributes:
        first: by itself, among all trials.
        total: with what it does in pairs.
        complete_first, complete_total: the same among complete trials.
        better_total: among the better half of the trials; None where these are too few.
        upper: ends of `total` and `better_total` that hold for all hyperparameters at once.
        p_value: of "its curve is flat", among all.
        why: no fit can judge it, where the verdict says so.
        fixed_at: value to fix it at, where it may be fixed next.
    """

    hyperparameter: str
    subject: str
    axis: Axis
    verdict: Verdict
    first: Interval
    total: Interval
    complete_first: Interval
    complete_total: Interval
    better_total: Interval | None
    upper: tuple[float, float]
    p_value: float
    why: str = ""
    fixed_at: Value | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PairReading:
    """Two hyperparameters of one study.

    Attributes:
        among_complete: read from the complete trials; else from all of them.
        share: of what they do together beyond what each does alone.
        p_value: of "an increasing function of a sum of single effects".
        told: they interact; the interval of their share then leaves out 0.
        least: low end of the share of the fitted products alone.
    """

    a: str
    b: str
    share: Interval
    among_complete: bool
    p_value: float
    told: bool
    least: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StudyReading:
    """One study.

    Attributes:
        study: its key, `optimizer=adam` or `without rho`; empty where the round is one study.
        trials, infeasible, better: how many were fitted, failed among them, in the better half.
        ended: trials in all, of which those fitted are a random part where they are too many.
        configurations: that were tried; seeds of one count once.
        needs: configurations that a fit takes, where these are too few; else 0.
        hyperparameters: in the branch's order.
        pairs: strongest first.
        unexplained: share that no fitted part has: seed noise, and shapes beyond the model.
        surface: response to the strongest pair; None with fewer than two that can be drawn.
        best: names of the best tenth of the trials.
    """

    study: str
    trials: int
    infeasible: int
    better: int
    ended: int
    configurations: int
    needs: int
    hyperparameters: tuple[HyperparameterReading, ...]
    pairs: tuple[PairReading, ...]
    unexplained: float
    surface: ResponseSurface | None
    best: tuple[str, ...]
