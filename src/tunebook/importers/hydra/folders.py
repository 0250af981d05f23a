"""Folders of Hydra's jobs, and the sweeps that they belong to."""

from __future__ import annotations

import os
from pathlib import Path, PurePath

from tunebook.importers.below import natural

INNER = ".hydra"
CONFIG, OVERRIDES, HYDRA = "config.yaml", "overrides.yaml", "hydra.yaml"
MULTIRUN, BEST = "multirun.yaml", "optimization_results.yaml"
_DEEP = 3
"""Levels from `multirun` to a job: a day, a time, a number."""
_MOST = 50_000


def is_hydra(place: Path | str) -> bool:
    """Whether a place is a job's folder, or has one at most three levels below it."""
    if isinstance(place, str) or not place.is_dir():
        return False
    seen, top = 0, len(place.parts)
    for above, folders, names in os.walk(place):
        if INNER in folders and os.path.isfile(os.path.join(above, INNER, OVERRIDES)):
            return True
        seen += len(folders) + len(names)
        if seen > _MOST:
            return False
        if len(Path(above).parts) - top >= _DEEP:
            folders.clear()
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
