"""Training length: what the finished rounds show, as numbers (E1 E3 E4 E5)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tunebook.domain.design import Direction, Objective
from tunebook.domain.finding import NotApplicable
from tunebook.domain.formats.numbers import round_to
from tunebook.domain.origin import Stage
from tunebook.domain.trial import Value
from tunebook.procedures.steps.stages import Companion, Done, DoneStage
from tunebook.procedures.steps.tuned_sweep import edge_at, sweeps_in
from tunebook.procedures.training_length import plans
from tunebook.procedures.training_length.length_choice import (
    LengthChoice,
    choose_length,
    gain_left,
)
from tunebook.procedures.training_length.plans import TrainingLengthArguments
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
        objective: of the book; None before any round is finished.
        measured: losses of each new seed by length, rising; lower is better.
        choice: of the shortest sufficient length; None before two lengths are measured.
        left: the most that doublings up to the budget would still bring, in the objective's
            units; None where fewer than three doubling lengths are measured.
        law: for forecasts beyond the budget; None before.
        checkpoints: where best checkpoints fall, over all new seeds.
    """

    fits: tuple[Fit, ...]
    tuned: Mapping[int, str]
    moves: Mapping[int, int]
    drift: RateDrift | None
    objective: Objective | None
    measured: Mapping[int, Float[np.ndarray, "seeds"]]
    choice: LengthChoice | NotApplicable | None
    left: float | None
    law: LengthLaw | NotApplicable | None
    checkpoints: BestCheckpoints | None

    @property
    def fitted(self) -> int | None:
        """Steps in which the fastest trial fits the training set; None where none did."""
        return next((f.steps for f in self.fits if f.steps is not None), None)


def read(args: TrainingLengthArguments, done: Done, _: Sequence[Companion] = ()) -> LengthReading:
    """All of it; cheap, and the same for the same rounds."""
    tried = {n: rows for n in args.lengths if (rows := tried_at(args, done, n))}
    measured = _measured(done)
    matrix = _paired(measured)
    choice: LengthChoice | NotApplicable | None = None
    if len(measured) > 1:
        choice = choose_length(
            matrix, list(measured), budget=args.max_train_steps,
            least=args.least_improvement, rng=np.random.default_rng(args.seed),
        )  # fmt: skip
    whole = matrix[np.isfinite(matrix).all(axis=1)]
    return LengthReading(
        fits=tuple(f for n in fit_lengths(args) if (f := _fit(args, done, n))),
        tuned={n: _edge(rows) for n, rows in tried.items()},
        moves={n: len(sweeps_in(done, "tune", n)) - 1 for n in tried},
        drift=rate_drift(tried) if tried else None,
        objective=next((s.table.objective for s in done.values()), None),
        measured=measured,
        choice=choice,
        left=_left(args, whole, list(measured)),
        law=length_law(whole, list(measured)) if args.max_train_steps in measured else None,
        checkpoints=_checkpoints(done),
    )


def _fit(args: TrainingLengthArguments, done: Done, within: int) -> Fit | None:
    """One sweep for a first length, over its moved ranges too; None where it has not run."""
    stages = sweeps_in(done, "fit", within)
    if not stages or args.fitted is None:
        return None
    objective = _of_training(args, stages[0].table.objective)
    rows: list[tuple[float, float, float]] = []
    reported = False
    for stage in stages:
        curves = stage.table.curves.get(args.loss)
        reported = reported or curves is not None
        table = replace(stage.table, objective=objective)
        steps = steps_to_target(table, args.loss, args.fitted)
        for i, config in enumerate(table.config):
            values = objective.sign * curves.of(i)[1] if curves else np.array([])
            values = values[np.isfinite(values)]
            lowest = float(values.min()) if len(values) else math.inf
            rows.append((float(config[args.rate]), float(steps[i]), lowest))
    fitted = [r for r in rows if not math.isnan(r[1])]
    near = [r for r in rows if math.isfinite(r[2])]
    best = min(fitted, key=lambda r: r[1]) if fitted else None
    nearest = best or (min(near, key=lambda r: r[2]) if near else None)
    return Fit(
        within=within,
        steps=int(best[1]) if best else None,
        rate=nearest[0] if nearest else None,
        edge=edge_at(nearest[0], [r[0] for r in rows]) if nearest else "",
        moves=len(stages) - 1,
        reported=reported,
    )


def best_values(args: TrainingLengthArguments, done: Done, length: int) -> dict[str, Value]:
    """The configuration for a length, from what was tuned; empty where nothing has a result.

    The learning rate alone follows the fit over all lengths. With more that was tuned, it is the
    best trial of the nearest length, since a rate is best with the values it was tuned with.
    """
    tuned = {n: stages for n in args.lengths if (stages := sweeps_in(done, "tune", n))}
    usable = {n: s for n, s in tuned.items() if _best_trial(s) is not None}
    if not usable:
        return {}
    nearest = min(usable, key=lambda n: abs(math.log(n / length)))
    best = _best_trial(usable[nearest]) or {}
    if args.reopen:
        return {n: best[n] for n in (args.rate, *args.reopen)}
    drift = rate_drift({n: tried_at(args, done, n) for n in tuned})
    return {args.rate: best[args.rate] if drift is None else round_to(drift.at(length), 4)}


def fit_lengths(args: TrainingLengthArguments) -> list[int]:
    """Lengths of the sweeps for a first length, in order."""
    top = len(args.lengths) - 1
    return [args.lengths[top - k] for k in plans.FIT_HALVINGS if k <= top]


def _of_training(args: TrainingLengthArguments, objective: Objective) -> Objective:
    """Which way the training metric is better: as its name says, else as the objective."""
    sign = read_metrics([args.loss], objective, args.loss)[args.loss].sign
    down = sign > 0
    return Objective(args.loss, Direction.MINIMIZE if down else Direction.MAXIMIZE)


def tried_at(args: TrainingLengthArguments, done: Done, length: int) -> list[tuple[float, float]]:
    """Rate and loss of every trial that tuned a length."""
    return [
        (float(config[args.rate]), loss)
        for stage in sweeps_in(done, "tune", length)
        for config, loss in zip(stage.table.config, stage.table.losses.tolist(), strict=True)
    ]


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


def _measured(done: Done) -> dict[int, Float[np.ndarray, "seeds"]]:
    """Losses of each new seed, by length, rising; infinite where a seed was lost."""
    found = {}
    for stage in confirmations(done).values():
        losses = np.where(np.isnan(stage.table.losses), np.inf, stage.table.losses)
        found[stage.plan.max_train_steps] = losses
    return dict(sorted(found.items()))


def confirmations(done: Done) -> dict[Stage, DoneStage]:
    """Stages that trained new seeds."""
    return {stage: found for stage, found in done.items() if stage.kind in plans.CONFIRMS}


def _paired(measured: Mapping[int, Float[np.ndarray, "seeds"]]) -> Float[np.ndarray, "s l"]:
    """Seeds by lengths: the same seed in a row; while more are added, those that all have."""
    least = min((len(v) for v in measured.values()), default=0)
    if not least:
        return np.empty((0, 0))
    return np.stack([v[:least] for v in measured.values()], axis=1)


def _left(
    args: TrainingLengthArguments,
    matrix: Float[np.ndarray, "seeds lengths"],
    lengths: Sequence[int],
) -> float | None:
    """See `LengthReading.left`: over the three longest lengths that double."""
    doubled = [k for k, n in enumerate(lengths) if n in args.lengths][-3:]
    if len(doubled) < 3 or len(matrix) < 2:
        return None
    to_go = math.log2(args.max_train_steps / lengths[doubled[-1]])
    return gain_left(matrix[:, doubled], to_go)


def _checkpoints(done: Done) -> BestCheckpoints | None:
    readings = []
    for stage in confirmations(done).values():
        rows = rows_with_curves(stage.table)
        if len(rows):
            readings += read_curves(stage.table, rows, rows)
    return best_checkpoints(readings) if readings else None
