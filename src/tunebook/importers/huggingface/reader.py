"""Runs of transformers' Trainer as a sweep: states of checkpoints, never a pickle (C11)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from types import MappingProxyType
from typing import Any

import numpy as np

from tunebook.domain.errors import TableError, nearest
from tunebook.domain.formats.numbers import listed, plural
from tunebook.importers.huggingface.arguments import parted
from tunebook.importers.huggingface.configuration import from_card, from_event_files
from tunebook.importers.huggingface.folders import STATE, RunFolder, run_folders
from tunebook.importers.huggingface.state import TrainerState, best_metric, read_state
from tunebook.importers.json_files import flat, read_object
from tunebook.importers.runs import Run, sweep_of_runs, without_single_points
from tunebook.importers.source import SweepSource, shown
from tunebook.importers.tensorboard.configuration import from_name

_SAMPLER = (
    "The sampler is not stored; Optuna's TPE, which a search takes by default, is adaptive "
    "(--adaptive)."
)
_NUMBERED = re.compile(r"(.*?)(\d+)")


@dataclass(slots=True, kw_only=True)
class _Read:
    """What was read, and what was not.

    Attributes:
        states: of each run folder, in their order.
        left_out: "name: reason".
        notes: a sentence each.
    """

    states: list[tuple[RunFolder, TrainerState, bool]] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_huggingface(place: str | Path, study: str = "") -> SweepSource:
    """Read runs of a Trainer without transformers.

    Args:
        place: the folder of a run, of many, or of a hyperparameter_search; or one state file.
        study: a folder below it, where it holds several searches.

    Raises:
        TableError: there is no state that can be read, or there are several searches and none is
            named.
    """
    place = Path(place)
    top = place.parent if place.is_file() else place
    folder = top / study
    found = run_folders(folder) if folder.is_dir() else []
    if place.is_file():
        found = [RunFolder(at=PurePath(), folder=top, states=(place,), steps=())]
    if not found:
        raise _nothing(top, study)
    read = _read(found, folder)
    searches = sorted({run.at.parent for run, state, _ in read.states if state.params is not None})
    if len(searches) > 1:
        names = [path.as_posix() for path in searches]
        raise TableError(
            f"{folder.name} holds {len(names)} searches: {listed(names, 6)}",
            next_step="name one: --study FOLDER",
        )
    if searches:
        return _search(read, shown(place))
    return _plain_runs(read, shown(place))


def _nothing(top: Path, study: str) -> TableError:
    if not top.is_dir():
        return TableError(f"there is no folder {top}", next_step="correct the path")
    below = sorted({run.at.parts[0] for run in run_folders(top) if run.at.parts})
    if study and below:
        return TableError(
            f'{top.name} has no run below "{study}".{nearest(study, below)}',
            next_step=f"name one of {listed(below, 6)}",
        )
    return TableError(
        f"{top.name} holds no {STATE}",
        next_step="name the output_dir of a Trainer, whose checkpoints have that file",
    )


def _read(found: Sequence[RunFolder], folder: Path) -> _Read:
    """The latest state of each run that is whole."""
    read = _Read()
    earlier, rows = [], 0
    for run in found:
        name = _name(run, folder)
        refused = ""
        for file in run.states:
            try:
                state, save_steps = read_state(read_object(file, f"{name}/{file.parent.name}"))
            except TableError as error:
                refused = refused or str(error).splitlines()[0]
                continue
            read.states.append((run, state, state.ended(run.steps, save_steps)))
            rows += state.unread
            if refused:
                earlier.append(name)
            break
        else:
            read.left_out.append(f"{name}: {refused}")
    if earlier:
        read.notes.append(
            f"The last state of {listed(earlier, 4)} can't be read; an earlier one was taken."
        )
    if rows:
        read.notes.append(f"Rows of the logs without a step were skipped: {rows}.")
    if not read.states:
        raise TableError(
            f"{folder.name}: no state can be read; the first: {read.left_out[0]}",
            next_step="copy the folder again, or name another",
        )
    return read


def _name(run: RunFolder, folder: Path) -> str:
    return run.at.as_posix() if run.at.parts else folder.resolve().name


def _run(
    state: TrainerState,
    *,
    name: str,
    config: Mapping[str, Any],
    status: str,
    notes: Mapping[str, Any] = MappingProxyType({}),
) -> Run:
    ordered = {metric: sorted(points.items()) for metric, points in state.curves.items()}
    return Run(
        name=name,
        config=config,
        results={metric: points[-1][1] for metric, points in ordered.items()},
        curves={
            metric: (
                np.array([s for s, _ in points], np.int64),
                np.array([v for _, v in points], np.float64),
            )
            for metric, points in ordered.items()
        },
        status=status,
        seconds=state.seconds,
        notes=notes,
    )


def _search(read: _Read, source: str) -> SweepSource:
    """Trials of a hyperparameter_search."""
    trials = [(r, s, e) for r, s, e in read.states if s.params is not None]
    others = [run for run, state, _ in read.states if state.params is None]
    last = trials[-1][0]
    runs = [
        _run(
            state,
            name=run.at.name,
            config=flat(state.params or {}),
            status="complete" if ended else "running" if run is last else "pruned",
        )
        for run, state, ended in trials
    ]
    cut = sum(run.status == "pruned" for run in runs)
    notes = [*read.notes, _SAMPLER]
    if cut:
        notes.append(
            f"{plural(cut, 'trial')} ended before the last step, with a later trial after it: "
            "taken as pruned. A crash looks the same."
        )
    left_out = [*read.left_out, *_gone([run.name for run in runs])]
    left_out += [f"{run.at.as_posix()}: it is no trial of the search" for run in others]
    objectives = _objectives([state for _, state, _ in trials])
    return sweep_of_runs(
        without_single_points(runs),
        tool="Hugging Face Trainer",
        source=source,
        notes=notes,
        left_out=left_out,
        objectives=objectives,
    )


def _gone(names: Sequence[str]) -> list[str]:
    """Trials whose number is missing between the others: they left no checkpoint."""
    parts = [m.groups() for name in names if (m := _NUMBERED.fullmatch(name))]
    if len(parts) < len(names) or len({prefix for prefix, _ in parts}) != 1:
        return []
    prefix, there = parts[0][0], {int(count) for _, count in parts}
    missing = sorted(set(range(max(there))) - there)
    if len(missing) > len(there):
        return []
    return [
        f"{prefix}{count}: no checkpoint: it was pruned or failed before the first one"
        for count in missing
    ]


def _objectives(states: Sequence[TrainerState]) -> tuple[str, ...]:
    """The metric that chose each run's best model, where all that tell it agree."""
    told = Counter(found for state in states if (found := best_metric(state)) is not None)
    return tuple(f"{way}:{metric}" for metric, way in told) if len(told) == 1 else ()


def _plain_runs(read: _Read, source: str) -> SweepSource:
    """Runs that were started one by one."""
    found = [_configuration(run, state) for run, state, _ in read.states]
    configs, others, note = parted([config for config, _ in found])
    sources = Counter(where for _, where in found)
    runs = [
        _run(
            state,
            name=_name(run, run.folder),
            config=configs[i],
            status="complete" if ended else "running",
            notes=others[i],
        )
        for i, (run, state, ended) in enumerate(read.states)
    ]
    if note:
        read.notes.append(note)
    read.notes += [
        f"Configurations were read from {where} ({plural(count, 'run')})."
        for where, count in sources.items()
    ]
    unfinished = sum(run.status == "running" for run in runs)
    if unfinished:
        read.notes.append(f"{plural(unfinished, 'run')} had not reached the last step.")
    return sweep_of_runs(
        without_single_points(runs),
        tool="Hugging Face Trainer",
        source=source,
        notes=read.notes,
        left_out=read.left_out,
        objectives=_objectives([state for _, state, _ in read.states]),
    )


def _configuration(run: RunFolder, state: TrainerState) -> tuple[dict[str, Any], str]:
    """The arguments of a run and where they were found, the fullest place first."""
    found: dict[str, Any] = from_event_files(run.folder)
    if found:
        return found, "the text that was logged for TensorBoard"
    found = dict(from_card(run.folder))
    if found:
        return found, "model cards"
    named = from_name(run.at)
    if named:
        return {**state.settings, **named}, "names of folders and the Trainer's states"
    return dict(state.settings), "the Trainer's states, which have few arguments"
