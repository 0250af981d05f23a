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
    metadata = folder / METADATA
    if not metadata.is_file():
        return False
    packed, plain = (folder / name for name in RESULTS)
    return packed.is_file() or (plain.is_file() and _is_of_tuner(metadata))


def _is_of_tuner(metadata: Path) -> bool:
    """Whether metadata is a tuner's; many tools have a file of that name."""
    try:
        with metadata.open("rb") as file:
            return b'"st_tuner_' in file.read(100_000)
    except OSError:
        return False
