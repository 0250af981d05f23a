"""An experiment of Ax as a sweep, with the generator of each trial (C11)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from tunebook.domain.errors import TableError
from tunebook.domain.formats.numbers import listed, plural
from tunebook.domain.origin import BY_HAND, GRID, QUASI_RANDOM, RANDOM, steered
from tunebook.importers.ax.file_kind import is_ax
from tunebook.importers.ax.measurements import Series, curve, last, measured
from tunebook.importers.ax.space import (
    derived,
    notes_on,
    objectives,
    parameters,
    ranges,
    type_of,
)
from tunebook.importers.json_files import flat, read_object
from tunebook.importers.runs import Run, sweep_of_runs
from tunebook.importers.source import SweepSource

_STATUS = {"COMPLETED": "complete", "EARLY_STOPPED": "pruned", "STALE": "pending"}
_BEFORE_RESULTS = {
    "SOBOL": QUASI_RANDOM, "UNIFORM": RANDOM, "FACTORIAL": GRID, "CENTEROFSEARCHSPACE": BY_HAND,
}  # fmt: skip
"""By a generator's name in capitals, what chooses before any result; the centre is one point."""
_BY_HAND = ("MANUAL", "STATUS_QUO")


def read_ax(place: str | Path, study: str = "") -> SweepSource:
    """Read an experiment without Ax.

    Args:
        place: the file that `Client.save_to_json_file`, `AxClient.save_to_json_file` or
            `save_experiment` wrote.
        study: takes no part; a file holds one experiment.

    Raises:
        TableError: it can't be read, or has no trials.
    """
    del study
    file = Path(place)
    experiment = _experiment(file)
    declared = parameters(experiment)
    values = measured(experiment)
    told = experiment.get("trials")
    trials = [t for t in told.values() if isinstance(t, dict)] if isinstance(told, dict) else []
    fixed, numbered = derived(declared), dict[str, None]()
    runs: list[Run] = []
    for trial in trials:
        runs += _runs(trial, values, fixed, numbered)
    if not runs:
        raise TableError(f"{file.name} has no trials", next_step="name another experiment's file")
    notes = notes_on(experiment, declared) + _notes(trials, runs, fixed, numbered)
    metrics = {name for run in runs for name in run.results}
    samplers = [run.chosen for run in runs if run.chosen and steered(run.chosen)]
    return sweep_of_runs(
        runs,
        tool="Ax",
        source=file.name,
        sampler=samplers[0] if samplers else "",
        notes=notes,
        declared=ranges(declared),
        objectives=tuple(o for o in objectives(experiment, metrics)),
        adaptive=True if samplers else False if all(run.chosen for run in runs) else None,
    )


def _experiment(file: Path) -> Mapping[str, Any]:
    if file.is_file() and not is_ax(file):
        raise TableError(
            f"{file.name} is no experiment of Ax",
            next_step='name the file that client.save_to_json_file("FILE.json") wrote',
        )
    read = read_object(file)
    own = read if read.get("__type") else read.get("experiment")
    if not isinstance(own, dict):
        raise TableError(
            f"{file.name} has no experiment in a form that is known",
            next_step="a newer Ax may have written it: write client.summarize() as CSV",
        )
    return own


def _runs(
    trial: Mapping[str, Any],
    values: Mapping[tuple[str, str], Mapping[str, Series]],
    fixed: set[str],
    numbered: dict[str, None],
) -> Iterator[Run]:
    """A run for each arm of a trial; metrics whose steps are numbered are added to `numbered`."""
    index = str(trial.get("index"))
    arms = [*_arms(trial)]
    status = type_of(trial.get("status"))
    start, seconds = _times(trial)
    for arm, generator in arms:
        name = str(arm.get("name"))
        own = values.get((index, name), {})
        curves = {}
        for metric, series in own.items():
            points, by_number = curve(series)
            if points is not None:
                curves[metric] = points
            if by_number:
                numbered[metric] = None
        config = arm.get("parameters")
        spread = flat(config) if isinstance(config, dict) else {}
        yield Run(
            name=index if len(arms) == 1 else f"{index}/{name}",
            config={n: v for n, v in spread.items() if n not in fixed},
            results={metric: last(series) for metric, series in own.items()},
            curves=curves,
            status=_STATUS.get(status, status.lower()),
            cause=_reason(trial) if status == "FAILED" else "",
            seconds=seconds if len(arms) == 1 else None,
            start=start,
            notes={
                "arm_name": name,
                "generation_node": str(generator.get("generation_node_name") or ""),
                **{n: v for n, v in spread.items() if n in fixed},
            },
            chosen=_chooser(generator),
        )


def _arms(trial: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Each arm with the generator run that it is of; a batch has several."""
    structs = trial.get("generator_run_structs")
    several = [s.get("generator_run") for s in structs if isinstance(s, dict)] if structs else []
    for generator in (trial.get("generator_run"), *several):
        if not isinstance(generator, dict):
            continue
        own = generator.get("arms")
        for arm in own if isinstance(own, list) else ():
            if isinstance(arm, dict):
                yield arm, generator


def _chooser(generator: Mapping[str, Any]) -> str:
    """What chose the arms of a generator run; Ax states it of each."""
    if generator.get("generator_run_type") in _BY_HAND:
        return BY_HAND
    key = generator.get("generator_key") or generator.get("model_key")
    node = generator.get("generation_node_name")
    for told in (key, node):
        plain = _BEFORE_RESULTS.get(str(told or "").upper())
        if plain:
            return plain
    return str(key or node or "")


def _reason(trial: Mapping[str, Any]) -> str:
    told = trial.get("status_reason")
    metadata = trial.get("run_metadata")
    if not told and isinstance(metadata, dict):
        told = metadata.get("failed_reason")
    return str(told or "")[:200]


def _times(trial: Mapping[str, Any]) -> tuple[str, float | None]:
    """Start, and seconds until the end; of Ax's own clock, which is local time."""
    begun, ended = (_moment(trial.get(key)) for key in ("time_run_started", "time_completed"))
    if begun is None:
        begun = _moment(trial.get("time_created"))
        ended = None
    start = begun.isoformat() if begun else ""
    return start, (ended - begun).total_seconds() if begun and ended else None


def _moment(told: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(told["value"])
    except (TypeError, KeyError, ValueError):
        return None


def _notes(
    trials: Sequence[Mapping[str, Any]],
    runs: Sequence[Run],
    fixed: set[str],
    numbered: Mapping[str, None],
) -> list[str]:
    said = []
    if len(runs) > len(trials):
        said.append(f"A batch has several arms: each of the {plural(len(runs), 'arm')} is a row.")
    by_hand = sum(run.chosen == BY_HAND for run in runs)
    if by_hand:
        said.append(
            f"{plural(by_hand, 'trial')} {'was' if by_hand == 1 else 'were'} attached by hand or "
            "chosen as the centre of the space."
        )
    if fixed:
        said.append(f"{listed(sorted(fixed), 6)}: determined by other parameters, not tuned.")
    if numbered:
        said.append(
            f"{listed([*numbered], 6)}: progressions are not whole numbers; points are numbered."
        )
    return said
