"""Which folders are tunings of Syne Tune."""

from __future__ import annotations

from pathlib import Path

from tunebook.importers.folders import holds

RESULTS = ("results.csv.zip", "results.csv")
METADATA = "metadata.json"


def is_syne_tune(place: Path | str) -> bool:
    """Whether a folder is a tuning, or holds tunings."""
    return holds(place, is_tuning)


def is_tuning(folder: Path) -> bool:
    """Whether a folder has results beside the metadata of a tuner."""
    return (folder / METADATA).is_file() and any((folder / name).is_file() for name in RESULTS)
