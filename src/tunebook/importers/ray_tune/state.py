"""The state of an experiment of Ray Tune: its trials as JSON; what is pickled in it is skipped."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tunebook.domain.errors import TableError
from tunebook.importers.json_files import parsed, read_object
from tunebook.importers.ray_tune.folders import session_of

PICKLED = "CLOUDPICKLE_FALLBACK"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialState:
    """A trial as the state has it.

    Attributes:
        name: its trial_id.
        status: TERMINATED, ERROR, PENDING, RUNNING or PAUSED.
        folder: name of its folder.
        tag: number and configuration, `3_lr=0.01`.
        config: its configuration.
        begun: seconds since 1970, or None.
        last: its last result.
    """

    name: str
    status: str = ""
    folder: str = ""
    tag: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)
    begun: float | None = None
    last: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What one session wrote.

    Attributes:
        name: when it began.
        trials: by name.
        metric: that the experiment was told, or "".
        unread: how many trials of it can't be read.
    """

    name: str
    trials: Mapping[str, TrialState]
    metric: str = ""
    unread: int = 0


def read_sessions(states: Sequence[Path]) -> tuple[list[Session], list[str]]:
    """Sessions in their order, and a note for each state that can't be read."""
    found, notes = [], []
    for file in states:
        try:
            found.append(_session(file))
        except TableError as error:
            notes.append(f"{error.rule} and was skipped.")
    return found, notes


def _session(file: Path) -> Session:
    read = read_object(file)
    # Until Ray 2.6 a trial was one text under "checkpoints".
    listed = read.get("trial_data", read.get("checkpoints"))
    if not isinstance(listed, list):
        raise TableError(
            f"{file.name} has no trials in a form that is known",
            next_step="a newer Ray may have written it: name a CSV file of "
            "ExperimentAnalysis(FOLDER).dataframe()",
        )
    trials = [trial for entry in listed if (trial := _trial(entry)) is not None]
    runner = read.get("runner_data")
    metric = runner.get("_metric") if isinstance(runner, dict) else None
    return Session(
        name=session_of(file),
        trials={trial.name: trial for trial in trials},
        metric=metric if isinstance(metric, str) else "",
        unread=len(listed) - len(trials),
    )


def _trial(entry: Any) -> TrialState | None:
    texts = entry if isinstance(entry, list) else [entry]
    parts = [parsed(text) if isinstance(text, str) else text for text in texts]
    if not parts or not all(isinstance(part, dict) for part in parts):
        return None
    state, ran = parts[0], parts[-1]
    name, last, begun = state.get("trial_id"), ran.get("last_result"), ran.get("start_time")
    if not isinstance(name, str) or not name:
        return None
    config = state.get("config")
    return TrialState(
        name=name,
        status=str(state.get("status", "")),
        folder=Path(str(state.get("relative_logdir") or state.get("logdir") or "")).name,
        tag=str(state.get("experiment_tag", "")),
        config=config if isinstance(config, dict) else {},
        begun=begun if isinstance(begun, int | float) else None,
        last=last if isinstance(last, dict) else {},
    )


def chains(sessions: Sequence[Session]) -> list[list[Session]]:
    """Sessions that share trials, as restores do, together; others are other experiments."""
    found: list[list[Session]] = []
    for session in sessions:
        own = next(
            (c for c in found if any(s.trials.keys() & session.trials.keys() for s in c)), None
        )
        if own is None:
            found.append([session])
        else:
            own.append(session)
    return found


def number_of_trial(tag: str) -> int | None:
    """The number with which a tag begins: Ray counts trials in the order of choosing."""
    match = re.match(r"(\d+)", tag)
    return int(match.group(1)) if match else None
