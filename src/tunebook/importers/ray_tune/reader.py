"""An experiment folder of Ray Tune as a sweep; nothing in it is unpickled (C11)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tunebook.domain.errors import TableError
from tunebook.domain.formats.numbers import listed, plural
from tunebook.domain.origin import GRID, RANDOM
from tunebook.domain.trial import Cause
from tunebook.importers.folders import folders_in, sweep_in, which
from tunebook.importers.json_files import flat, read_object
from tunebook.importers.ray_tune.folders import (
    CONFIG,
    ERROR,
    RESULTS,
    is_experiment,
    states_in,
)
from tunebook.importers.ray_tune.results import STEP, Reported, read_results
from tunebook.importers.ray_tune.state import (
    PICKLED,
    Session,
    TrialState,
    chains,
    number_of_trial,
    read_sessions,
)
from tunebook.importers.ray_tune.tuner import POPULATION, STOPPING, Names, read_names
from tunebook.importers.runs import Run, sweep_of_runs
from tunebook.importers.source import SweepSource

_MOST_RUNGS = 8
_WANTED = f"no experiment_state-*.json, and no folder with {RESULTS}"
_LOST = re.compile(r"\bnode\b.{0,80}\b(died|dead|terminated)\b|preempt|NodeDied", re.IGNORECASE)
"""In an error: the machine ended, not the training."""
_END = 4000
_SPACE = "Ray keeps the ranges in pickled files alone, which are never loaded: they are inferred."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trial:
    """A trial with its folder and what it reported there."""

    state: TrialState
    folder: Path | None
    reported: Reported

    @property
    def steps(self) -> int:
        step = self.reported.last.get(STEP)
        return step if isinstance(step, int) else 0


def read_ray(place: str | Path, study: str = "") -> SweepSource:
    """Read an experiment without Ray.

    Args:
        place: its folder, or the folder of several experiments.
        study: name of one of several.

    Raises:
        TableError: it can't be read, it has no trials, or there are several and none is named.
    """
    folder = sweep_in(Path(place), study, is_experiment, noun="experiment", wanted=_WANTED)
    sessions, notes = read_sessions(states_in(folder))
    chain = _chain(chains(sessions), folder, study)
    states = {name: trial for session in chain for name, trial in session.trials.items()}
    others = {name for s in sessions if s not in chain for name in s.trials}
    trials = _trials(folder, states, others)
    if not trials:
        raise TableError(f"{folder.name} has no trials", next_step="name another experiment")
    names, metric = read_names(folder), chain[-1].metric if chain else ""
    unread = chain[-1].unread if chain else 0
    if unread:
        notes.append(f"{plural(unread, 'trial')} of the newest state can't be read.")
    searcher = _searcher(folder, names)
    runs, told = _runs(trials, names)
    chosen = searcher or _plain_search(runs, names)
    metric = names.metric or metric
    way = {"min": "minimize", "max": "maximize"}.get(names.mode)
    known = any(metric in run.curves for run in runs)
    return sweep_of_runs(
        [replace(run, chosen=chosen) for run in runs],
        tool="Ray Tune",
        source=folder.name,
        sampler=searcher,
        pruner=STOPPING.get(names.scheduler, ""),
        notes=[*notes, *told, _SPACE],
        objectives=(f"{way}:{metric}",) if way and known else (),
        adaptive=bool(searcher) if searcher or names.known else None,
    )


def _chain(found: Sequence[Sequence[Session]], folder: Path, study: str) -> Sequence[Session]:
    """The sessions of one experiment; of several that were run in one folder, the one named."""
    if len(found) < 2:
        return found[0] if found else ()
    asked = study.rpartition("/")[2]
    for chain in found:
        if asked in [session.name for session in chain]:
            return chain
    names = [chain[0].name for chain in found]
    raise which(folder.name, names, asked if asked != folder.name else "", "experiment")


def _searcher(folder: Path, names: Names) -> str:
    """What let results choose configurations, or "" where nothing did."""
    if names.searcher or names.scheduler in POPULATION:
        return names.searcher or POPULATION[names.scheduler]
    left = any(next(folder.glob(p), None) for p in ("searcher-state-*", "search_gen_state-*"))
    return "a searcher" if left else ""


def _plain_search(runs: Sequence[Run], names: Names) -> str:
    """Ray's own generator draws at random, and goes through those that are a grid."""
    if not names.known or names.own_points:
        return ""
    grid = {name.replace("/", ".") for name in names.grid}
    if not grid:
        return RANDOM
    texts: dict[str, set[str]] = {}
    for run in runs:
        for name, value in run.config.items():
            texts.setdefault(name, set()).add(repr(value))
    return GRID if {name for name, own in texts.items() if len(own) > 1} <= grid else RANDOM


def _trials(folder: Path, states: Mapping[str, TrialState], others: set[str]) -> list[_Trial]:
    """The trials of the state and those that have a folder alone, in the order of choosing."""
    by_folder = {state.folder: state for state in states.values() if state.folder}
    found: dict[str, _Trial] = {}
    for own in folders_in(folder):
        state = by_folder.get(own.name)
        if state is None and not any((own / name).is_file() for name in (RESULTS, CONFIG)):
            continue
        reported = read_results(own)
        if state is None:
            name = str(reported.last.get("trial_id") or own.name)
            if name in others or name in found:
                continue
            tag = str(reported.last.get("experiment_tag", ""))
            state = states.get(name) or TrialState(name=name, tag=tag)
        found[state.name] = _Trial(state=state, folder=own, reported=reported)
    for name, state in states.items():
        if name not in found:
            last = state.last
            own_config = last.get("config")
            configs = (own_config,) if isinstance(own_config, dict) else ()
            found[name] = _Trial(
                state=state, folder=None, reported=Reported(last=last, configs=configs)
            )
    numbers = {name: number_of_trial(trial.state.tag) for name, trial in found.items()}
    if None in numbers.values():
        return [*found.values()]
    return [found[name] for name in sorted(found, key=lambda n: numbers[n] or 0)]


def _runs(trials: Sequence[_Trial], names: Names) -> tuple[list[Run], list[str]]:
    longest = max((t.steps for t in trials if _ended(t)), default=0)
    cut = _stopped_early(trials, names, longest)
    runs, pickled, told = [], dict[str, None](), []
    for trial in trials:
        config = flat(_config(trial))
        objects = [n for n, v in config.items() if _is_pickled(v)]
        objects = [n.removesuffix("._type") for n in config if config[n] == PICKLED] + objects
        pickled |= dict.fromkeys(objects)
        config = {n: v for n, v in config.items() if not _within(n, objects)}
        runs.append(_run(trial, config, pruned=trial.state.name in cut))
        if trial.reported.unread:
            told.append(f"{trial.state.name}: of {RESULTS}, {trial.reported.unread}.")
    if pickled:
        told.append(
            f"{listed([*pickled], 6)}: a Python object, which is kept pickled alone; left out."
        )
    return runs, [*told, *_notes(trials, names, cut, longest)]


def _within(name: str, objects: Sequence[str]) -> bool:
    return any(name == own or name.startswith(own + ".") for own in objects)


def _is_pickled(value: Any) -> bool:
    return isinstance(value, dict) and value.get("_type") == PICKLED


def _config(trial: _Trial) -> Mapping[str, Any]:
    """The configuration of the last report, else the state's, else the one of its file."""
    if trial.reported.configs:
        return trial.reported.configs[-1]
    if trial.state.config:
        return trial.state.config
    if trial.folder is not None and (trial.folder / CONFIG).is_file():
        try:
            return read_object(trial.folder / CONFIG)
        except TableError:
            return {}
    return {}


def _ended(trial: _Trial) -> bool:
    return _status(trial) == "complete"


def _status(trial: _Trial) -> str:
    status = trial.state.status
    if status == "ERROR" or (not status and trial.folder and (trial.folder / ERROR).is_file()):
        return "failed"
    if status == "TERMINATED" or (not status and trial.reported.last.get("done") is True):
        return "complete"
    return "running" if trial.steps else "pending"


def _stopped_early(trials: Sequence[_Trial], names: Names, longest: int) -> set[str]:
    """Trials that ended with fewer steps, where a scheduler stops trials or may have."""
    ended = [t for t in trials if _ended(t) and t.reported.last]
    rungs = {t.steps for t in ended}
    if names.scheduler in STOPPING or (not names.known and len(rungs) <= _MOST_RUNGS):
        return {t.state.name for t in ended if t.steps < longest}
    return set()


def _run(trial: _Trial, config: Mapping[str, Any], *, pruned: bool) -> Run:
    state, reported = trial.state, trial.reported
    last, status = reported.last, _status(trial)
    seconds = last.get("time_total_s")
    notes = {"training_iteration": trial.steps} if trial.steps else {}
    return Run(
        name=state.name,
        config=config,
        results={name: float(values[-1]) for name, (_, values) in reported.curves.items()},
        curves=reported.curves,
        status="pruned" if pruned else status,
        cause=_cause(trial) if status == "failed" else "",
        seconds=float(seconds) if isinstance(seconds, int | float) else None,
        start=""
        if state.begun is None
        else datetime.fromtimestamp(state.begun, UTC).replace(tzinfo=None).isoformat(),
        notes=notes | {k: last[k] for k in ("hostname",) if k in last},
    )


def _cause(trial: _Trial) -> str:
    """The last line of the error, `RuntimeError: CUDA out of memory`."""
    if trial.folder is None:
        return ""
    try:
        text = (trial.folder / ERROR).read_text("utf-8", errors="replace")
    except OSError:
        return ""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    last = lines[-1][:200] if lines else ""
    return Cause.MACHINE_LOST.value if _LOST.search(text[-_END:]) else last


def _notes(
    trials: Sequence[_Trial], names: Names, cut: set[str], longest: int
) -> list[str]:  # fmt: skip
    said = []
    changed = [t for t in trials if len(t.reported.configs) > 1]
    if changed:
        which = dict.fromkeys(n for t in changed for n in _differing(t.reported.configs))
        said.append(
            f"The configuration of {plural(len(changed), 'trial')} changed during training "
            f"({listed([*which], 6)}); the table has the last one, and the result is of all."
        )
    again = [t for t in trials if t.reported.replaced]
    if again:
        rows = sum(t.reported.replaced for t in again)
        said.append(
            f"{plural(len(again), 'trial')} went back to an earlier step, as after a restore; "
            f"{plural(rows, 'report')} from before {'is' if rows == 1 else 'are'} left out."
        )
    if cut and not names.known:
        said.append(
            f"{plural(len(cut), 'trial')} ended before step {longest} and count as pruned; which "
            "scheduler ran is not known, since tuner.pkl is missing."
        )
    lost = [t.state.name for t in trials if t.folder is None and t.reported.last]
    if lost:
        said.append(
            f"{plural(len(lost), 'trial')} have no folder, so no curves: {listed(lost, 3)}."
        )
    return said


def _differing(configs: Sequence[Mapping[str, Any]]) -> list[str]:
    spread = [flat(config) for config in configs]
    names = dict.fromkeys(n for own in spread for n in own)
    return [n for n in names if any(own.get(n) != spread[0].get(n) for own in spread)]
