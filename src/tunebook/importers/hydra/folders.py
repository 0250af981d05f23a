"""Folders of Hydra's jobs, and the sweeps that they belong to."""

from __future__ import annotations

import itertools
import os
from pathlib import Path, PurePath

from tunebook.importers.below import natural
from tunebook.importers.folders import folders_in

INNER = ".hydra"
CONFIG, OVERRIDES, HYDRA = "config.yaml", "overrides.yaml", "hydra.yaml"
MULTIRUN, BEST = "multirun.yaml", "optimization_results.yaml"
_DEEP = 3
"""Levels from `multirun` to a job: a day, a time, a number."""
_LOOKED_INTO = 200  # folders of each level: the jobs of a sweep look alike


def is_hydra(place: Path | str) -> bool:
    """Whether a place is a job's folder, or has one at most three levels below it."""
    if isinstance(place, str) or not place.is_dir():
        return False
    level = [place]
    for _ in range(_DEEP + 1):
        if any((folder / INNER / OVERRIDES).is_file() for folder in level):
            return True
        below = (inner for folder in level for inner in folders_in(folder))
        level = list(itertools.islice(below, _LOOKED_INTO))
    return False


def job_folders(place: Path) -> dict[PurePath, list[PurePath]]:
    """Jobs by the folder of their sweep, both below the place; jobs in the order of their names.

    A sweep's folder is the one with `multirun.yaml`, else the one above the job.
    """
    jobs: list[PurePath] = []
    sweeps: set[PurePath] = set()
    for above, folders, names in os.walk(place):
        at = PurePath(os.path.relpath(above, place))
        if MULTIRUN in names:
            sweeps.add(at)
        if INNER in folders:
            jobs.append(at)
            folders.clear()
    found: dict[PurePath, list[PurePath]] = {}
    for job in sorted(jobs, key=lambda at: natural(at.as_posix())):
        home = next((up for up in job.parents if up in sweeps), job.parent)
        found.setdefault(home, []).append(job)
    return found
