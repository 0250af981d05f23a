"""Which tool wrote a file, folder or database, and what reads it (C11)."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tunebook.domain.doing import doing
from tunebook.domain.errors import DesignError, TableError, nearest
from tunebook.domain.formats.numbers import listed
from tunebook.importers.ax.file_kind import is_ax
from tunebook.importers.csv.measurements import Measurements
from tunebook.importers.dvclive.folders import is_dvclive
from tunebook.importers.huggingface.folders import is_huggingface
from tunebook.importers.hydra.folders import is_hydra
from tunebook.importers.keras_tuner.folders import is_keras_tuner
from tunebook.importers.ledger.groups import is_ledger
from tunebook.importers.lightning.folders import is_lightning
from tunebook.importers.mlflow.place import is_mlflow
from tunebook.importers.neps.folders import is_neps
from tunebook.importers.neptune.folders import is_neptune
from tunebook.importers.optuna.journal import is_journal
from tunebook.importers.optuna.study import NEEDED
from tunebook.importers.ray_tune.folders import is_ray
from tunebook.importers.smac.folders import is_smac
from tunebook.importers.source import SweepSource, shown
from tunebook.importers.sqlite_files import tables_of
from tunebook.importers.syne_tune.folders import is_syne_tune
from tunebook.importers.tables.forms import (
    is_json,
    is_parquet,
    is_workbook,
    read_curves_of,
    table_in,
)
from tunebook.importers.tensorboard.folders import is_tensorboard
from tunebook.importers.trackio.place import is_trackio
from tunebook.importers.wandb.folders import is_wandb

Place = Path | str
"""A file or folder, or the URL of a database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One tool's record.

    Attributes:
        recognises: whether a place holds it; looks at the first bytes or the names alone.
        reader: `module:function` of the place, and of the name of one study where it holds
            several.
    """

    recognises: Callable[[Place], bool]
    reader: str

    def read(self, place: Place, study: str) -> SweepSource:
        """Read a place with a reader that is loaded only now."""
        module, _, name = self.reader.partition(":")
        found: SweepSource = getattr(import_module(module), name)(place, study)
        return found


def read_source(
    place: str | os.PathLike[str],
    curves: str | os.PathLike[str] | None = None,
    *,
    format: str = "",
    study: str = "",
) -> SweepSource:
    """Read a sweep where it lies; nothing is changed, imported from its tool or executed.

    Args:
        place: a file, a folder, or a database's URL.
        curves: a file or folder with curves, in place of those that the source has.
        format: one of FORMATS; told from what is there if left out.
        study: of several in one storage.

    Raises:
        TableError: it can't be read; says what it is and what to do.
        DesignError: there is no such format.

    Returns:
        Its trials, with what the tool says of them.

    Example:
        >>> _ = Path("t.csv").write_text("lr,loss\\n0.1,0.5\\n0.01,0.3\\n")
        >>> len(read_source("t.csv").rows)
        2
    """
    at = _place(place)
    if format and format not in FORMATS:
        raise DesignError(
            f'there is no format "{format}".{nearest(format, FORMATS)}',
            next_step=f"give one of {listed([*FORMATS], len(FORMATS))}, or leave --from out",
        )
    chosen = format or format_of(at)
    if chosen == "csv" and not format and isinstance(at, Path) and at.is_dir():
        at = table_in(at) or at
        chosen = format_of(at)
    found = FORMATS[chosen].read(at, study)
    if not format and isinstance(at, Path) and at.is_dir():
        found = _with_others(found, at, chosen)
    if curves is None:
        return found
    doing(f"Reading {shown(_place(curves))}")
    return replace(found, curves=_curves(_place(curves)))


_WITHIN = ("huggingface", "lightning", "tensorboard")
"""Formats that other tools' folders hold beside their own records of the same runs."""


def _with_others(found: SweepSource, folder: Path, chosen: str) -> SweepSource:
    """With a note where the folder holds the records of a second tool."""
    alone = ("hydra", *_WITHIN, *TABLES)
    if chosen in alone:
        return found
    apart = [name for name in FORMATS if name not in (chosen, *alone)]
    others = [name for name in apart if FORMATS[name].recognises(folder)]
    notes = tuple(
        f"{folder.name} also holds a record of {name}, which is not read: --from {name} reads it."
        for name in others
    )
    return replace(found, rows=replace(found.rows, notes=(*found.rows.notes, *notes)))


def format_of(place: Place) -> str:
    """The first of FORMATS that recognises a place; "csv" where none does."""
    return next((n for n, own in FORMATS.items() if own.recognises(place)), "csv")


def _place(place: str | os.PathLike[str]) -> Place:
    if not isinstance(place, str | os.PathLike):
        raise TableError(
            f"a sweep lies at a path or a URL; got {place!r}", next_step="give a path, or a URL"
        )
    at: Place = place if isinstance(place, str) and "://" in place else Path(place)
    if isinstance(at, str) and at.startswith("file://"):
        return Path(unquote(urlsplit(at).path))
    return at


def _curves(place: Place) -> Measurements:
    """The curves at a place: a table of them, or those of a tool's record."""
    form = format_of(place)
    if form in TABLES and isinstance(place, Path):
        return read_curves_of(place)
    found = FORMATS[form].read(place, "").curves
    if found is None:
        raise TableError(f"{shown(place)} has no curves", next_step="leave --curves-from out")
    return found


def _is_optuna(place: Place) -> bool:
    if isinstance(place, str):
        return True
    return is_journal(place) or tables_of(place) >= NEEDED


_READERS = "tunebook.importers."

FORMATS: Mapping[str, Format] = {
    # Its jobs' folders may hold the records of any other.
    "hydra": Format(recognises=is_hydra, reader=_READERS + "hydra.reader:read_hydra"),
    "ax": Format(recognises=is_ax, reader=_READERS + "ax.reader:read_ax"),
    "mlflow": Format(recognises=is_mlflow, reader=_READERS + "mlflow.reader:read_mlflow"),
    "wandb": Format(recognises=is_wandb, reader=_READERS + "wandb.reader:read_wandb"),
    "trackio": Format(recognises=is_trackio, reader=_READERS + "trackio.reader:read_trackio"),
    "optuna": Format(recognises=_is_optuna, reader=_READERS + "optuna.reader:read_optuna"),
    "keras-tuner": Format(
        recognises=is_keras_tuner, reader=_READERS + "keras_tuner.reader:read_keras_tuner"
    ),
    "smac": Format(recognises=is_smac, reader=_READERS + "smac.reader:read_smac"),
    "syne-tune": Format(
        recognises=is_syne_tune, reader=_READERS + "syne_tune.reader:read_syne_tune"
    ),
    "neps": Format(recognises=is_neps, reader=_READERS + "neps.reader:read_neps"),
    "ray": Format(recognises=is_ray, reader=_READERS + "ray_tune.reader:read_ray"),
    "neptune": Format(recognises=is_neptune, reader=_READERS + "neptune.reader:read_neptune"),
    "dvclive": Format(recognises=is_dvclive, reader=_READERS + "dvclive.reader:read_dvclive"),
    "huggingface": Format(
        recognises=is_huggingface, reader=_READERS + "huggingface.reader:read_huggingface"
    ),
    "lightning": Format(
        recognises=is_lightning, reader=_READERS + "lightning.reader:read_lightning"
    ),
    "tensorboard": Format(
        recognises=is_tensorboard, reader=_READERS + "tensorboard.reader:read_tensorboard"
    ),
    "json": Format(recognises=is_json, reader=_READERS + "tables.json_table:read_json"),
    "parquet": Format(recognises=is_parquet, reader=_READERS + "tables.parquet:read_parquet"),
    "excel": Format(recognises=is_workbook, reader=_READERS + "tables.workbook:read_workbook"),
    "ledger": Format(recognises=is_ledger, reader=_READERS + "ledger.reader:read_ledger"),
    "csv": Format(
        recognises=lambda place: isinstance(place, Path), reader=_READERS + "csv.sweep:read_table"
    ),
}
"""By the name that `--from` takes; the first that recognises a place reads it."""

TABLES = ("json", "parquet", "excel", "csv")
"""Formats of no tool: files with one row a trial, or one a measurement."""
