"""Which folders are projects of Keras Tuner."""

from __future__ import annotations

from pathlib import Path

from tunebook.importers.folders import folders_in, holds

ORACLE, TRIAL = "oracle.json", "trial.json"


def is_keras_tuner(place: Path | str) -> bool:
    """Whether a folder is a project, or holds projects."""
    return holds(place, is_project)


def is_project(folder: Path) -> bool:
    """Whether a folder has an oracle's state, or trials."""
    if (folder / ORACLE).is_file() and (folder / "tuner0.json").is_file():
        return True
    trials = (own for own in folders_in(folder) if own.name.startswith("trial_"))
    return any((own / TRIAL).is_file() for own in trials)
