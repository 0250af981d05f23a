"""A project of Keras Tuner as a sweep: `trial_*/trial.json` and `oracle.json` (C11)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tunebook.domain.errors import TableError
from tunebook.domain.formats.numbers import plural
from tunebook.importers.folders import folders_in, sweep_in
from tunebook.importers.json_files import number, read_object
from tunebook.importers.keras_tuner.folders import TRIAL, is_project
from tunebook.importers.keras_tuner.oracle import (
    GAUSSIAN,
    HYPERBAND,
    Oracle,
    choosers,
    declared_in,
    ranges,
    read_oracle,
)
from tunebook.importers.runs import Run, sweep_of_runs
from tunebook.importers.source import SweepSource

_OWN = "tuner/"
_EPOCHS, _PARENT = "tuner/epochs", "tuner/trial_id"
_STATUS = {
    "COMPLETED": "complete", "FAILED": "failed", "INVALID": "failed", "RUNNING": "running",
    "IDLE": "pending", "STOPPED": "pending",
}  # fmt: skip
_BEST = (
    "Keras Tuner keeps each metric of the best epoch alone, averaged over executions: there are "
    "no curves and no replicates."
)
_EITHER = (
    "oracle.json does not name the oracle: random search, grid search and an oracle of one's own "
    "look alike."
)


def read_keras_tuner(place: str | Path, study: str = "") -> SweepSource:
    """Read a project without Keras Tuner.

    Args:
        place: its folder, `DIRECTORY/PROJECT_NAME`, or the folder of several projects.
        study: name of one of several.

    Raises:
        TableError: it can't be read, it has no trials, or there are several and none is named.
    """
    wanted = f"no oracle.json, and no folder trial_* with {TRIAL}"
    folder = sweep_in(Path(place), study, is_project, noun="project", wanted=wanted)
    oracle = read_oracle(folder)
    trials, left_out = _trials(folder, oracle)
    if not trials:
        told = f"{folder.name} has no trial that can be read"
        raise TableError(
            f"{told}: {left_out[0]}" if left_out else told,
            next_step="wait until a trial has ended, or name another project",
        )
    declared, notes = ranges(_space(oracle, trials))
    if oracle.unread:
        notes.append(f"{oracle.unread}: trials are in the order of their names.")
    longest = _longest(oracle, trials)
    runs = [_run(trial, oracle, longest) for trial in trials]
    chosen = choosers(oracle, [r.name for r in runs], [r.status == "complete" for r in runs])
    objective = _objective(trials)
    notes += _notes(trials, oracle, longest, objective)
    bayesian = oracle.initial is not None
    return sweep_of_runs(
        [replace(run, chosen=by) for run, by in zip(runs, chosen, strict=True)],
        tool="Keras Tuner",
        source=folder.name,
        sampler=GAUSSIAN if bayesian else "",
        pruner=HYPERBAND if longest is not None else "",
        notes=notes,
        left_out=left_out,
        declared=declared,
        objectives=(objective,) if objective else (),
        adaptive=True if bayesian else None if longest is None else False,
    )


def _trials(folder: Path, oracle: Oracle) -> tuple[list[dict[str, Any]], list[str]]:
    """States of trials in the order in which they began, and those that can't be read."""
    found: dict[str, dict[str, Any]] = {}
    left_out = []
    for own in folders_in(folder):
        if not own.name.startswith("trial_"):
            continue
        name = own.name.removeprefix("trial_")
        if not (own / TRIAL).is_file():
            left_out.append(f"{name}: it has no {TRIAL}")
            continue
        try:
            state = read_object(own / TRIAL, f"{own.name}/{TRIAL}")
        except TableError as error:
            left_out.append(f"{name}: {error.rule}")
            continue
        found[str(state.get("trial_id", name))] = state | {"trial_id": name}
    place = {name: i for i, name in enumerate(oracle.order)}
    names = sorted(found, key=lambda n: (place.get(n, len(place)), n))
    return [found[name] for name in names], left_out


def _space(oracle: Oracle, trials: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Of the oracle, and what trials declared that it does not have, each once."""
    entries = [*oracle.space]
    for trial in trials:
        for entry in declared_in(trial):
            if entry not in entries:
                entries.append(entry)
    return entries


def _values(trial: Mapping[str, Any]) -> Mapping[str, Any]:
    own = trial.get("hyperparameters")
    values = own.get("values") if isinstance(own, dict) else None
    return values if isinstance(values, dict) else {}


def _longest(oracle: Oracle, trials: Sequence[Mapping[str, Any]]) -> float | None:
    """Epochs of a full training where Hyperband ran, else None."""
    if oracle.longest is not None:
        return oracle.longest
    epochs = [number(_values(trial).get(_EPOCHS)) for trial in trials]
    return max((e for e in epochs if e is not None), default=None)


def _run(trial: Mapping[str, Any], oracle: Oracle, longest: float | None) -> Run:
    name, values = str(trial["trial_id"]), _values(trial)
    status = _STATUS.get(str(trial.get("status")), str(trial.get("status", "")).lower())
    epochs = number(values.get(_EPOCHS))
    cut = longest is not None and epochs is not None and epochs < longest
    notes = {key: value for key, value in values.items() if key.startswith(_OWN)}
    return Run(
        name=name,
        config={key: value for key, value in values.items() if not key.startswith(_OWN)},
        results=_results(trial),
        status="pruned" if cut and status == "complete" else status,
        cause=_cause(trial.get("message")) if status == "failed" else "",
        start=oracle.began.get(name, ""),
        notes={**notes, "best_step": trial.get("best_step"), "score": trial.get("score")},
    )


def _cause(message: Any) -> str:
    """The last line of a traceback."""
    lines = [line.strip() for line in str(message or "").splitlines() if line.strip()]
    return lines[-1][:200] if lines else ""


def _metrics(trial: Mapping[str, Any]) -> dict[str, tuple[str, float]]:
    """Direction and best value of each metric, as the tool's `get_best_value` has them."""
    own = trial.get("metrics")
    metrics = own.get("metrics") if isinstance(own, dict) else None
    found = {}
    for name, history in metrics.items() if isinstance(metrics, dict) else ():
        observations = history.get("observations") if isinstance(history, dict) else None
        means = [_mean(o) for o in observations] if isinstance(observations, list) else []
        there = [m for m in means if not math.isnan(m)] or means
        if there:
            way = str(history.get("direction"))
            found[str(name)] = way, max(there) if way == "max" else min(there)
    return found


def _mean(observation: Any) -> float:
    value = observation.get("value") if isinstance(observation, dict) else None
    single = value if isinstance(value, list) else [value]
    numbers = [n for v in single if (n := number(v)) is not None]
    return math.fsum(numbers) / len(numbers) if numbers else math.nan


def _results(trial: Mapping[str, Any]) -> dict[str, float]:
    return {name: value for name, (_, value) in _metrics(trial).items()}


def _objective(trials: Sequence[Mapping[str, Any]]) -> str:
    """The one metric that every trial's score is, or ""."""
    possible: dict[str, str] | None = None
    for trial in trials:
        score = number(trial.get("score"))
        if score is None or math.isnan(score):
            continue
        same = {name: way for name, (way, value) in _metrics(trial).items() if value == score}
        possible = same if possible is None else {n: w for n, w in same.items() if n in possible}
    if not possible or len(possible) > 1:
        return ""
    name, way = next(iter(possible.items()))
    return f"{'maximize' if way == 'max' else 'minimize'}:{name}"


def _notes(
    trials: Sequence[Mapping[str, Any]], oracle: Oracle, longest: float | None, objective: str
) -> list[str]:
    said = [_BEST]
    if longest is not None:
        again = sum(bool(_values(trial).get(_PARENT)) for trial in trials)
        said.append(
            f"Hyperband trains for {longest:g} epochs: trials with fewer count as pruned. "
            f"{plural(again, 'trial')} went on from an earlier one with its configuration."
        )
    elif oracle.initial is None:
        said.append(_EITHER)
    if not objective:
        said.append("The objective is not recorded, and the scores agree with no single metric.")
    return said
