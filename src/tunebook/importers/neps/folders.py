"""Which folders are runs of NePS, and the files in them."""

from __future__ import annotations

from pathlib import Path

from tunebook.importers.folders import folders_in, holds

CONFIGS, OPTIMIZER = "configs", "optimizer_info.yaml"
CONFIG = ("config.yaml", "config.json")
REPORT = ("report.yaml", "report.json")
METADATA = "metadata.json"


def is_neps(place: Path | str) -> bool:
    """Whether a folder is a run, or holds runs."""
    return holds(place, is_run)


def is_run(folder: Path) -> bool:
    """Whether a folder has configurations beside the optimizer, or with metadata."""
    if not (folder / CONFIGS).is_dir():
        return False
    if (folder / OPTIMIZER).is_file():
        return True
    trials = (own for own in folders_in(folder / CONFIGS) if own.name.startswith("config_"))
    return any((own / METADATA).is_file() and first(own, CONFIG) for own in trials)


def first(folder: Path, names: tuple[str, ...]) -> Path | None:
    """The first of these files that is there."""
    return next((folder / name for name in names if (folder / name).is_file()), None)
