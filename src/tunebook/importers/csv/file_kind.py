"""Files and folders that are no CSV, named for what they are (C11)."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from pathlib import Path
from urllib.parse import quote

from tunebook.domain.errors import TableError
from tunebook.domain.formats.numbers import listed

READ = "tb.read_sweep(FILE, ...) reads it, and so does tunebook audit"
PANDAS_CSV = 'DataFrame.to_csv("trials.csv")'

_DATABASES = (
    ({"trials", "trial_params", "studies"}, "an Optuna storage", READ),
    ({"runs", "params", "latest_metrics"}, "an MLflow store", READ),
    ({"round", "launch"}, "a book of Tunebook", "tunebook findings --book {name}"),
)
_FOLDERS: tuple[tuple[str, str, str], ...] = (
    ("experiment_state-*.json", "a folder of Ray Tune", READ),
    ("oracle.json", "a folder of Keras Tuner", READ),
    ("offline-run-*", "a folder of W&B", READ),
    ("run-*-*", "a folder of W&B", READ),
    ("wandb-metadata.json", "a folder of W&B", READ),
    ("multirun.yaml", "a Hydra multirun", READ),
    ("version_*", "a folder of Lightning logs", READ),
    ("*/meta.yaml", "an MLflow file store", READ),
    ("*/*/meta.yaml", "an MLflow file store", READ),
    ("*tfevents*", "a folder of TensorBoard", READ),
)
_SIGNS: tuple[tuple[bytes, str, str], ...] = (
    (b"PAR1", "a Parquet file", READ),
    (b":W&B", "a W&B run", READ),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook (xls)", "save the sheet as CSV UTF-8"),
    (b"\x89HDF", "an HDF5 file", f"read it with pandas, then {PANDAS_CSV}"),
    (b"\x93NUMPY", "a NumPy array", "write it with a header line, one row a trial"),
    (b"ARROW1", "an Arrow file", f"read it with pandas, then {PANDAS_CSV}"),
    (b"%PDF", "a PDF", "give the table itself as CSV"),
    (b"\x80\x04", "a pickle, which is never opened", f"load it where you trust it: {PANDAS_CSV}"),
    (b"\x80\x05", "a pickle, which is never opened", f"load it where you trust it: {PANDAS_CSV}"),
    (b"BZh", "a bzip2 archive", "unpack it first; gzip is read as it is"),
    (b"\xfd7zXZ", "an xz archive", "unpack it first; gzip is read as it is"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive", "unpack it first; gzip is read as it is"),
)


def refuse_folder(folder: Path) -> None:
    """Say what a folder is.

    Raises:
        TableError: always.
    """
    for pattern, what, way_out in _FOLDERS:
        if next(folder.glob(pattern), None) is not None:
            raise _refusal(folder.name or str(folder), what, way_out)
    tables = sorted(f.name for f in folder.glob("*.csv*"))
    raise TableError(
        f"{folder.name or folder} is a folder in which no sweep of a known tool is found",
        next_step=f"name one of its files: {listed(tables, 4)}"
        if tables
        else "name the folder into which the tool wrote its runs, or a table with one row a trial",
    )


def refuse_other(content: bytes, file: Path) -> None:
    """Say what a file is that is no text with columns; return where it may be one.

    Raises:
        TableError: it is something else; says what, and how to get a CSV from it.
    """
    for sign, what, way_out in _SIGNS:
        if content.startswith(sign):
            raise _refusal(file.name, what, way_out)
    if "tfevents" in file.name:
        raise _refusal(file.name, "a TensorBoard log", READ)
    for found in (_sqlite(content, file), _zip(content, file), _json(content), _html(content)):
        if found is not None:
            raise _refusal(file.name, *found)


def _refusal(name: str, what: str, way_out: str) -> TableError:
    return TableError(
        f"{name} is {what}, not a CSV file", next_step=way_out.replace("{name}", name)
    )


def _sqlite(content: bytes, file: Path) -> tuple[str, str] | None:
    if not content.startswith(b"SQLite format 3\x00"):
        return None
    tables: set[str] = set()
    try:
        uri = f"file:{quote(str(file.resolve()))}?mode=ro&immutable=1"
        connection = sqlite3.connect(uri, uri=True)
        try:
            rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            tables = {str(name) for (name,) in rows}
        finally:
            connection.close()
    except sqlite3.Error:
        pass
    for needed, what, way_out in _DATABASES:
        if needed <= tables:
            return f"an SQLite database, {what}", way_out
    if not tables:
        again = "copy it again while nothing writes into it"
        return "an SQLite database that is empty, damaged, cut or locked", again
    named = listed(sorted(tables), 4)
    return f"an SQLite database of no known tool ({named})", "export the table of trials as CSV"


def _zip(content: bytes, file: Path) -> tuple[str, str] | None:
    if not content.startswith(b"PK\x03\x04"):
        return None
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError):
        return "a damaged zip archive", "copy it anew"
    if any(name.startswith("xl/") for name in names):
        return "an Excel workbook (xlsx)", READ
    if any(name.endswith("content.xml") for name in names):
        return "an OpenDocument sheet", "save the sheet as CSV UTF-8"
    if any(name.endswith(".npy") for name in names):
        return "a NumPy archive", "write its arrays as columns of a CSV file"
    return "a zip archive", "unpack it, and name the CSV file in it"


def _json(content: bytes) -> tuple[str, str] | None:
    start = content[:1000].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start[:1] not in (b"{", b"["):
        return None
    first = start.split(b"\n", 1)[0]
    lines = _parses(first) and b"\n" in content.strip()
    if not lines and not _parses(content):
        return None
    return f"JSON{' lines' if lines else ''}", READ


def _parses(text: bytes) -> bool:
    try:
        return isinstance(json.loads(text), dict | list)
    except (ValueError, RecursionError):
        return False


def _html(content: bytes) -> tuple[str, str] | None:
    start = content[:300].lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "an HTML page", "save the table itself as CSV, not the page around it"
    return None
