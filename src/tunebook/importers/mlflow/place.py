"""Where MLflow keeps experiments, told by names, first bytes and tables (C11)."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from tunebook.importers.database_tables import tables_at
from tunebook.importers.sqlite_files import tables_of

NEEDED = frozenset({"experiments", "runs", "params", "metrics"})
"""Tables that a database of every version has."""

META = "meta.yaml"
FOLDER, DATABASE = "mlruns", "mlflow.db"
"""Names that MLflow gives by itself, in the folder where training ran."""
SERVER = ("http://", "https://")


def is_mlflow(place: Path | str) -> bool:
    """Whether a place holds experiments: a folder, a database, or an address."""
    if isinstance(place, str):
        if place.startswith(SERVER):
            # With a suffix it is the address of a file.
            return not PurePosixPath(urlsplit(place).path).suffix
        return tables_at(place) >= NEEDED
    if not place.is_dir():
        return tables_of(place) >= NEEDED
    return is_file_store(place) or is_file_store(place / FOLDER) or is_database(place / DATABASE)


def is_database(file: Path) -> bool:
    """Whether an SQLite file holds experiments."""
    return os.path.isfile(file) and tables_of(file) >= NEEDED


def is_file_store(folder: Path) -> bool:
    """Whether a folder is a store, an experiment, or a run, by the first `meta.yaml` in it."""
    if kind_of(folder / META):
        return True
    try:
        return any(kind_of(own / META) == "experiment" for own in folder.iterdir())
    except OSError:
        return False


def kind_of(file: Path) -> str:
    """What a `meta.yaml` is of: "experiment", "run", or nothing that is known."""
    try:
        with file.open("rb") as opened:
            start = opened.read(2048)
    except OSError:
        return ""
    if b"experiment_id:" not in start or b"lifecycle_stage:" not in start:
        return ""
    return "run" if b"run_id:" in start or b"run_uuid:" in start else "experiment"
