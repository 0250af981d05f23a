"""Where runs of W&B lie in a folder; looks at names alone, and loads nothing heavy (C11)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

MAGIC = b":W&B"
_RUN = re.compile(r"(offline-)?run-.+")
_END = ".wandb"
OWN_FILES = ("config.yaml", "wandb-summary.json")
"""What W&B writes beside a run's log when it is online."""


def is_wandb(place: Path | str) -> bool:
    """True for a run's file, the folder of one run, a `wandb` folder, and one that holds it."""
    if isinstance(place, str):
        return place.startswith("wandb://")
    if place.is_dir():
        return next(iter(_near(place)), None) is not None
    try:
        with place.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


def run_places(place: Path) -> list[Path]:
    """The file of each run, in order of name; its `files` folder where there is no such file.

    Runs are looked for where W&B puts them, and anywhere below if there are none.
    """
    if not place.is_dir():
        return [place]
    found = dict[str, Path]()
    for one in _near(place):
        found.setdefault(os.path.realpath(one), one)
    if not found:
        for top, folders, files in os.walk(place):
            folders.sort()
            found |= {f"{top}/{name}": Path(top, name) for name in sorted(files) if _is_file(name)}
    return sorted(found.values(), key=lambda one: (one.parent.name, one.name))


def _near(place: Path) -> Iterator[Path]:
    yield from _of_run(place, any_name=True)
    for folder in (place, place / "wandb"):
        try:
            with os.scandir(folder) as entries:
                names = [entry.name for entry in entries if _RUN.fullmatch(entry.name)]
        except OSError:
            continue
        for name in sorted(names):
            yield from _of_run(folder / name, any_name=False)


def _of_run(folder: Path, *, any_name: bool) -> Iterator[Path]:
    """The run's files in a folder; several where a file was copied into another's folder."""
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries)
    except OSError:
        return
    logs = [name for name in names if _is_file(name)]
    yield from (folder / name for name in logs)
    if logs or (any_name and not _RUN.fullmatch(folder.name)):
        return
    for own in (folder / "files", folder):
        if all((own / name).is_file() for name in OWN_FILES):
            yield own
            return


def _is_file(name: str) -> bool:
    """A run's log: `run-ID.wandb`."""
    return name.endswith(_END) and name != _END
