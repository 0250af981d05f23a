"""What trackio recorded of a project: rows of its database, and fragments beside it (C11)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tunebook.domain.errors import TableError
from tunebook.domain.formats.numbers import plural
from tunebook.importers.sqlite_files import connect_to_read

SCHEMA_VERSION = 2
"""The newest that is known; databases of trackio before 0.24 have 0 or 1, and no id of a run."""


@dataclass(slots=True, kw_only=True)
class Recorded:
    """One run.

    Attributes:
        id: of the run; in old databases its name.
        name: as it is shown.
        config: nested, with trackio's own keys.
        rows: step, time and metrics of each row, in the order in which they were logged; the step
            is None where the next one is meant.
    """

    id: str
    name: str
    config: dict[str, Any] = field(default_factory=dict)
    rows: list[tuple[int | None, str, dict[str, Any]]] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Project:
    """The runs of a project, by id, and what was not plain."""

    name: str
    runs: dict[str, Recorded] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    unread: int = 0
    newer: int = 0
    waiting: int = 0

    def run(self, id: str, name: str) -> Recorded:
        """The run with this id, which is made if it is new."""
        return self.runs.setdefault(id, Recorded(id=id, name=name))

    def notes(self) -> list[str]:
        """What was not plain, a sentence each."""
        said = []
        if self.newer:
            said.append(
                f"The database has schema version {self.newer}, newer than {SCHEMA_VERSION}; the "
                "tables that are known were read."
            )
        if self.waiting:
            said.append(f"{plural(self.waiting, 'row')} came from fragments in the inbox.")
        if self.unread:
            said.append(f"{plural(self.unread, 'row')} can't be read.")
        return said


def read_database(file: Path, project: Project) -> None:
    """Add the runs of a database to a project.

    Raises:
        TableError: it can't be read, or is no database of trackio.
    """
    try:
        connection = connect_to_read(file)
        connection.text_factory = lambda text: text.decode("utf-8", "replace")
        try:
            _read(connection, project, file.name)
        finally:
            connection.close()
    except (sqlite3.Error, UnicodeError, OSError) as error:
        locked = "locked" in str(error) or "busy" in str(error)
        raise TableError(
            f"{file.name} can't be read: {error}",
            next_step="wait until the process that writes it is done, or name a copy of it"
            if locked
            else "copy it anew, with its -wal file if there is one",
        ) from None


def _read(connection: sqlite3.Connection, project: Project, source: str) -> None:
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    project.newer = version if version > SCHEMA_VERSION else 0
    have = {name: _columns(connection, name) for name in ("metrics", "configs")}
    needed = {"run_name", "step", "timestamp", "metrics"}
    if not have["metrics"] >= needed:
        missing = ", ".join(sorted(needed - have["metrics"]))
        raise TableError(
            f"{source} has no table of metrics as trackio writes it: {missing} is missing",
            next_step="a newer trackio may have written it; export the runs as CSV or JSON",
        )
    run_id = _or_null(have["metrics"], "run_id", "run_name")
    log_id = _or_null(have["metrics"], "log_id", "NULL")
    # Rows of one step keep the order in which they were logged, as trackio's own reader has it.
    for id, name, step, time, text, log in connection.execute(
        f"SELECT {run_id}, run_name, step, timestamp, metrics, {log_id} FROM metrics "
        "ORDER BY timestamp, rowid"
    ):
        metrics = _table(text)
        if metrics is None:
            project.unread += 1
            continue
        if log:
            project.known.add(str(log))
        project.run(str(id), str(name)).rows.append((_whole(step), str(time), metrics))
    if {"run_name", "config"} <= have["configs"]:
        run_id = _or_null(have["configs"], "run_id", "run_name")
        for id, name, text in connection.execute(
            f"SELECT {run_id}, run_name, config FROM configs"
        ):
            project.run(str(id), str(name)).config = _table(text) or {}


def _columns(connection: sqlite3.Connection, table: str) -> set[str]:
    return {str(row[1]) for row in connection.execute(f"PRAGMA table_info({table})")}


def _or_null(columns: set[str], name: str, otherwise: str) -> str:
    return name if name in columns else otherwise


def _table(text: object) -> dict[str, Any] | None:
    if not isinstance(text, str | bytes):
        return None
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return read if isinstance(read, dict) else None


def _whole(step: object) -> int | None:
    if isinstance(step, float) and step.is_integer():
        return int(step)
    return step if isinstance(step, int) else None


def read_fragments(files: Iterable[Path], projects: dict[str, Project]) -> None:
    """Add the rows of fragments to their projects, without those that a database has too."""
    for file in files:
        for record in _lines(file, projects):
            project = projects.setdefault(
                str(record.get("project")), Project(name=str(record.get("project")))
            )
            name, log = str(record.get("run")), record.get("log_id")
            run = project.run(str(record.get("run_id") or name), name)
            config = record.get("config")
            if isinstance(config, dict):
                run.config = {**run.config, **config}
            metrics = record.get("metrics")
            if not isinstance(metrics, dict) or (log and str(log) in project.known):
                continue
            if log:
                project.known.add(str(log))
            run.rows.append((_whole(record.get("step")), str(record.get("timestamp")), metrics))
            project.waiting += 1


def _lines(file: Path, projects: dict[str, Project]) -> Iterator[dict[str, Any]]:
    """Records of metrics; a line that is no JSON is counted for the first project."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise TableError(
            f"{file.name} can't be read: {error.strerror or error}",
            next_step="name a file that you may read",
        ) from None
    for line in content.splitlines():
        if not line.strip():
            continue
        record = _table(line)
        if record is None:
            next(iter(projects.values()), Project(name="")).unread += 1
        elif record.get("kind") == "metric" and record.get("project") and record.get("run"):
            yield record
