"""Training length: what the rounds that are done say (E1 E3 E4 E5)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tunebook.domain.design import Direction, Objective
from tunebook.domain.finding import NotApplicable
from tunebook.domain.formats.numbers import round_to
from tunebook.domain.trial import Value
from tunebook.procedures.steps.stages import Done, DoneStage
from tunebook.procedures.training_length import plans
from tunebook.procedures.training_length.length_choice import (
    LengthChoice,
    choose_length,
    gain_left,
)
from tunebook.procedures.training_length.plans import TrainingLengthAsked
from tunebook.procedures.training_length.rate_drift import RateDrift, rate_drift
from tunebook.procedures.training_length.scaling_law import LengthLaw, length_law
from tunebook.statistics.curves.target_steps import steps_to_target
from tunebook.statistics.curves.trial_curves import (
    BestCheckpoints,
    best_checkpoints,
    read_curves,
    rows_with_curves,
)
from tunebook.statistics.metric_names import read_metrics

if TYPE_CHECKING:
    from jaxtyping import Float


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """What one sweep for a first length found.

    Attributes:
        within: steps that its trials trained.
        steps: of the fastest trial to fit the training set; None where none did.
        rate: of that trial, or of the one that came the nearest; None where none reported.
        edge: "low" or "high" where that rate lies at an end of what was tried.
        moves: how often its range was moved.
        reported: training reported the metric.
    """

    within: int
    steps: int | None
    rate: float | None
    edge: str
    moves: int
    reported: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LengthReading:
    """What is known so far.

    Attributes:
        fits: sweeps for a first length, in order.
        tuned: lengths whose tuning is done, with the edge at which their best rate lies, if any.
        moves: how often each length's range was moved.
        drift: the best rate by length; None where nothing was tuned.
        measured: losses of each fresh seed by length, rising; lower is better.
        choice: of the shortest sufficient length; None before two lengths are measured.
        left: the most that doublings up to the budget would still bring, in the objective's
            units; None where fewer than three doubling lengths are measured.
        law: for forecasts beyond the budget; None before.
        checkpoints: where best checkpoints fall, over all fresh seeds.
    """

    fits: tuple[Fit, ...]
    tuned: Mapping[int, str]
    moves: Mapping[int, int]
    drift: RateDrift | None
    measured: Mapping[int, Float[np.ndarray, "seeds"]]
    choice: LengthChoice | NotApplicable | None
    left: float | None
    law: LengthLaw | NotApplicable | None
    checkpoints: BestCheckpoints | None


def read(asked: TrainingLengthAsked, done: Done) -> LengthReading:
    """All of it; cheap, and the same for the same rounds."""
    tried = {n: rows for n in asked.lengths if (rows := _tried(asked, done, n))}
    measured = _measured(done)
    matrix = _paired(measured)
    choice: LengthChoice | NotApplicable | None = None
    if len(measured) > 1:
        choice = choose_length(
            matrix, list(measured), budget=asked.max_train_steps,
            least=asked.least_improvement, rng=np.random.default_rng(asked.seed),
        )  # fmt: skip
    whole = matrix[np.isfinite(matrix).all(axis=1)]
    return LengthReading(
        fits=tuple(f for n in _fit_lengths(asked) if (f := read_fit(asked, done, n))),
        tuned={n: _edge(rows) for n, rows in tried.items()},
        moves={n: _moves(done, n) for n in tried},
        drift=rate_drift(tried) if tried else None,
        measured=measured,
        choice=choice,
        left=_left(asked, whole, list(measured)),
        law=length_law(whole, list(measured)) if asked.max_train_steps in measured else None,
        checkpoints=_checkpoints(done),
    )


def read_fit(asked: TrainingLengthAsked, done: Done, within: int) -> Fit | None:
    """One sweep for a first length, over its moved ranges too; None where it has not run."""
    names = [plans.fit_name(within, m) for m in range(plans.MOVES + 1)]
    stages = [done[n] for n in names if n in done]
    if not stages or asked.fitted is None:
        return None
    objective = _of_training(asked, stages[0].table.objective)
    rows: list[tuple[float, float, float]] = []
    reported = False
    for stage in stages:
        curves = stage.table.curves.get(asked.loss)
        reported = reported or curves is not None
        table = replace(stage.table, objective=objective)
        steps = steps_to_target(table, asked.loss, asked.fitted)
        for i, config in enumerate(table.config):
            values = objective.sign * curves.of(i)[1] if curves else np.array([])
            values = values[np.isfinite(values)]
            lowest = float(values.min()) if len(values) else math.inf
            rows.append((float(config[asked.rate]), float(steps[i]), lowest))
    fitted = [r for r in rows if not math.isnan(r[1])]
    near = [r for r in rows if math.isfinite(r[2])]
    best = min(fitted, key=lambda r: r[1]) if fitted else None
    nearest = best or (min(near, key=lambda r: r[2]) if near else None)
    return Fit(
        within=within,
        steps=int(best[1]) if best else None,
        rate=nearest[0] if nearest else None,
        edge=_end_of(nearest[0], [r[0] for r in rows]) if nearest else "",
        moves=len(stages) - 1,
        reported=reported,
    )


def best_values(asked: TrainingLengthAsked, done: Done, length: int) -> dict[str, Value]:
    """The configuration for a length, from what was tuned; empty where nothing has a result.

    The learning rate alone follows the fit over all lengths. With more that was tuned, it is the
    best trial of the nearest length, since a rate is best beside the values it was tuned with.
    """
    tuned = {n: stages for n in asked.lengths if (stages := _tunes(done, n))}
    usable = {n: s for n, s in tuned.items() if _best_trial(s) is not None}
    if not usable:
        return {}
    nearest = min(usable, key=lambda n: abs(math.log(n / length)))
    best = _best_trial(usable[nearest]) or {}
    if asked.reopen:
        return {n: best[n] for n in (asked.rate, *asked.reopen)}
    drift = rate_drift({n: _tried(asked, done, n) for n in tuned})
    return {asked.rate: best[asked.rate] if drift is None else round_to(drift.at(length), 4)}


def _fit_lengths(asked: TrainingLengthAsked) -> list[int]:
    top = len(asked.lengths) - 1
    return [asked.lengths[top - k] for k in plans.FIT_HALVINGS if k <= top]


def _of_training(asked: TrainingLengthAsked, objective: Objective) -> Objective:
    """Which way the training metric is better: as its name says, else as the objective."""
    sign = read_metrics([asked.loss], objective, asked.loss)[asked.loss].sign
    down = sign > 0
    return Objective(asked.loss, Direction.MINIMIZE if down else Direction.MAXIMIZE)


def _tunes(done: Done, length: int) -> list[DoneStage]:
    names = (plans.tune_name(length, m) for m in range(plans.MOVES + 1))
    return [done[n] for n in names if n in done]


def _moves(done: Done, length: int) -> int:
    return len(_tunes(done, length)) - 1


def _tried(asked: TrainingLengthAsked, done: Done, length: int) -> list[tuple[float, float]]:
    rows = []
    for stage in _tunes(done, length):
        losses = stage.table.losses.tolist()
        rows += [
            (float(c[asked.rate]), x) for c, x in zip(stage.table.config, losses, strict=True)
        ]
    return rows


def _best_trial(stages: Sequence[DoneStage]) -> dict[str, Value] | None:
    found: tuple[float, dict[str, Value]] | None = None
    for stage in stages:
        for config, loss in zip(stage.table.config, stage.table.losses.tolist(), strict=True):
            if math.isfinite(loss) and (found is None or loss < found[0]):
                found = (loss, dict(config))
    return found[1] if found else None


def _edge(rows: Sequence[tuple[float, float]]) -> str:
    own = rate_drift({1: rows})
    return own.edge if own else ""


def _end_of(rate: float, rates: Sequence[float]) -> str:
    low, high = math.log(min(rates)), math.log(max(rates))
    at = (math.log(rate) - low) / max(high - low, 1e-9)
    return "low" if at < 0.1 else "high" if at > 0.9 else ""


def _measured(done: Done) -> dict[int, Float[np.ndarray, "seeds"]]:
    """Losses of each fresh seed, by length, rising; infinite where a seed was lost."""
    found = {}
    for name, stage in done.items():
        if name.startswith(("confirm at ", "between ")):
            losses = np.where(np.isnan(stage.table.losses), np.inf, stage.table.losses)
            found[stage.plan.max_train_steps] = losses
    return dict(sorted(found.items()))


def _paired(measured: Mapping[int, Float[np.ndarray, "seeds"]]) -> Float[np.ndarray, "s l"]:
    """Seeds by lengths: the same seed in a row; while more are added, those that all have."""
    least = min((len(v) for v in measured.values()), default=0)
    if not least:
        return np.empty((0, 0))
    return np.stack([v[:least] for v in measured.values()], axis=1)


def _left(
    asked: TrainingLengthAsked, matrix: Float[np.ndarray, "seeds lengths"], lengths: Sequence[int]
) -> float | None:
    """See `LengthReading.left`: over the three longest lengths that double."""
    doubled = [k for k, n in enumerate(lengths) if n in asked.lengths][-3:]
    if len(doubled) < 3 or len(matrix) < 2:
        return None
    to_go = math.log2(asked.max_train_steps / lengths[doubled[-1]])
    return gain_left(matrix[:, doubled], to_go)


def _checkpoints(done: Done) -> BestCheckpoints | None:
    readings = []
    for name, stage in done.items():
        if name.startswith(("confirm at ", "between ")):
            rows = rows_with_curves(stage.table)
            if len(rows):
                readings += read_curves(stage.table, rows, rows)
    return best_checkpoints(readings) if readings else None
