"""Version folders of Lightning's CSVLogger."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePath

from tunebook.importers.below import MOST_ENTRIES, natural

METRICS, HPARAMS = "metrics.csv", "hparams.yaml"
_VERSION = re.compile(r"version_\d+")


def is_lightning(place: Path | str) -> bool:
    """Whether a place is a version's folder, or has one below it among the first entries."""
    if isinstance(place, str) or not place.is_dir():
        return False
    seen = 0
    for above, folders, names in os.walk(place):
        if METRICS in names and (HPARAMS in names or _VERSION.fullmatch(Path(above).name)):
            return True
        seen += len(folders) + len(names)
        if seen > MOST_ENTRIES:
            return False
    return False


def version_folders(place: Path) -> list[PurePath]:
    """The folders below a place that have a table of metrics or hyperparameters, in order."""
    found = []
    for above, folders, names in os.walk(place):
        folders[:] = [name for name in folders if name != "checkpoints"]
        if METRICS in names or (HPARAMS in names and _VERSION.fullmatch(Path(above).name)):
            found.append(PurePath(os.path.relpath(above, place)))
    return sorted(found, key=lambda at: natural(at.as_posix()))
