"""Where an export of Neptune lies, told by names of files alone (C11)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_PART = re.compile(r"(?P<run>.+)_part_(?P<part>\d+)\.parquet(?P<half>\.tmp)?")
_LEVELS = 2
"""Folders between the one that is named and those of the projects: `exports/data/PROJECT`."""
_MOST_FOLDERS = 500


@dataclass(slots=True)
class Exported:
    """The files of one run.

    Attributes:
        name: as its files have it; the real one is in them.
        parts: number to file.
        half: a part is still being written.
    """

    name: str
    parts: dict[int, Path] = field(default_factory=dict)
    half: bool = False

    @property
    def missing(self) -> str:
        """Why it is not whole; empty where it is. Its first part gets its name last."""
        absent = [i for i in range(max(self.parts, default=0) + 1) if i not in self.parts]
        if absent or self.half:
            return f"its export is not complete: part {absent[0] if absent else 'being written'}"
        return ""


def is_neptune(place: Path | str) -> bool:
    """Whether a folder holds parts of exported runs, or folders of them."""
    return isinstance(place, Path) and place.is_dir() and next(_projects(place), None) is not None


def project_folders(place: Path) -> list[Path]:
    """The folders of projects at or below a folder."""
    return list(_projects(place))


def runs_of(folder: Path) -> list[Exported]:
    """The runs of a project's folder, by name."""
    runs: dict[str, Exported] = {}
    for name in sorted(os.listdir(folder)):
        if match := _PART.fullmatch(name):
            run = runs.setdefault(match["run"], Exported(match["run"]))
            if match["half"]:
                run.half = True
            else:
                run.parts[int(match["part"])] = folder / name
    return list(runs.values())


def _projects(place: Path) -> Iterator[Path]:
    level, looked = [place], 0
    for _ in range(_LEVELS + 1):
        below: list[Path] = []
        for folder in level:
            looked += 1
            if looked > _MOST_FOLDERS:
                return
            try:
                with os.scandir(folder) as entries:
                    found = list(entries)
            except OSError:
                continue
            if any(_PART.fullmatch(entry.name) for entry in found):
                yield folder
                continue
            below += [
                Path(e.path)
                for e in found
                if not e.name.startswith(".") and e.is_dir(follow_symlinks=False)
            ]
        level = sorted(below)
