"""Which folders are runs of SMAC: `OUTPUT/NAME/SEED`."""

from __future__ import annotations

from pathlib import Path

from tunebook.importers.folders import folders_in, holds

HISTORY, SCENARIO, SPACE = "runhistory.json", "scenario.json", "configspace.json"


def is_smac(place: Path | str) -> bool:
    """Whether a folder is a run, or holds runs, directly or by name."""
    return holds(place, has_runs)


def is_run(folder: Path) -> bool:
    """Whether a folder has a run history beside its scenario or space."""
    if not (folder / HISTORY).is_file():
        return False
    return (folder / SCENARIO).is_file() or (folder / SPACE).is_file()


def has_runs(folder: Path) -> bool:
    """Whether a folder is a run, or has one for each seed."""
    return is_run(folder) or any(map(is_run, folders_in(folder)))
