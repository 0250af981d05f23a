"""Which folders are experiments of Ray Tune, and the files in them."""

from __future__ import annotations

import os
from pathlib import Path

from tunebook.importers.folders import folders_in, holds

STATE, STATE_END = "experiment_state-", ".json"
RESULTS, CONFIG, ERROR = "result.json", "params.json", "error.txt"


def is_ray(place: Path | str) -> bool:
    """Whether a folder is an experiment, or holds experiments."""
    return holds(place, is_experiment)


def is_experiment(folder: Path) -> bool:
    """Whether a folder has the state of an experiment, or folders of its trials."""
    return bool(states_in(folder)) or any(_is_trial(trial) for trial in folders_in(folder))


def _is_trial(folder: Path) -> bool:
    return (folder / RESULTS).is_file() and (folder / CONFIG).is_file()


def states_in(folder: Path) -> list[Path]:
    """Files of an experiment's state, the newest last: each restore begins another one."""
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    found = [n for n in names if n.startswith(STATE) and n.endswith(STATE_END)]
    return [folder / name for name in sorted(found)]


def session_of(state: Path) -> str:
    """When the session began that wrote a state: `2026-12-01_05-01-37`."""
    return state.name[len(STATE) : -len(STATE_END)]
