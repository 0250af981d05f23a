"""Where runs of DVCLive lie below a folder, told by names alone (C11)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

METRICS, PARAMS, CURVES = "metrics.json", "params.yaml", "plots/metrics"
OWN = "dvclive"
"""Name that DVCLive gives a run's folder by itself."""
LEVELS = 4
_MOST_FOLDERS = 2000
"""Folders that are looked at before the first run is found."""
_DIGITS = re.compile(r"(\d+)")


def is_dvclive(place: Path | str) -> bool:
    """Whether a folder is a run, or holds runs below it."""
    return isinstance(place, Path) and place.is_dir() and bool(next(_found(place), None))


def run_folders(folder: Path) -> list[Path]:
    """The folders of runs, by their names; numbers in names count as numbers."""
    return sorted(_found(folder, most=None), key=_in_order)


def _in_order(folder: Path) -> list[tuple[bool, int, str]]:
    parts = _DIGITS.split(str(folder))
    return [(p.isdecimal(), int(p) if p.isdecimal() else 0, p) for p in parts]


def _found(folder: Path, most: int | None = _MOST_FOLDERS) -> Iterator[Path]:
    """Breadth first, so that a run near the top is found without a walk through all below."""
    level, looked = [folder], 0
    for _ in range(LEVELS + 1):
        below: list[Path] = []
        for own in level:
            looked += 1
            if most is not None and looked > most:
                return
            if _is_run(own):
                yield own
                continue
            try:
                with os.scandir(own) as entries:
                    below += [
                        Path(e.path)
                        for e in entries
                        if not e.name.startswith(".") and e.is_dir(follow_symlinks=False)
                    ]
            except OSError:
                continue
        level = sorted(below)


def _is_run(folder: Path) -> bool:
    curves = os.path.isdir(folder / CURVES)
    return (os.path.isfile(folder / METRICS) and (curves or folder.name == OWN)) or (
        curves and folder.name == OWN
    )
