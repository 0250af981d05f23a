"""Experiments in a database of MLflow: SQLite files and servers, opened to read alone (C11)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from tunebook.domain.errors import TableError
from tunebook.domain.formats.numbers import plural
from tunebook.importers.mlflow.experiment import (
    DELETED,
    OWN_TAGS,
    PARENT,
    SYSTEM_METRICS,
    Experiment,
    History,
    Reading,
    Recorded,
)
from tunebook.importers.mlflow.place import NEEDED
from tunebook.importers.read_only import read_only_engine
from tunebook.importers.source import shown

_BLOCK = 1 << 16
_LARGEST = 1.7976931348623157e308
"""What MLflow writes in place of an infinity."""


class Database:
    """A database as `mlflow.set_tracking_uri` takes it.

    Args:
        place: an SQLite file, or a URL.
    """

    def __init__(self, place: str | Path) -> None:
        self._place, self._source = place, shown(place)

    @contextmanager
    def _connected(self) -> Iterator[sa.Connection]:
        engine = read_only_engine(self._place)
        try:
            with engine.connect() as connection:
                yield connection
        except sa.exc.SQLAlchemyError as error:
            said = str(getattr(error, "orig", None) or error).splitlines()[0]
            way_out = "check the URL, and whether the server answers there"
            if "locked" in said:
                way_out = "wait until the process that writes it is done, or name a copy of it"
            elif isinstance(self._place, Path):
                way_out = "name the file that the tracking URI has, such as mlflow.db"
            raise TableError(f"{self._source} can't be read: {said}", next_step=way_out) from None
        finally:
            engine.dispose()

    def experiments(self) -> list[Experiment]:
        """Those that are not deleted, with the number of their runs."""
        with self._connected() as connection:
            have = set(sa.inspect(connection).get_table_names())
            if not have >= NEEDED:
                raise TableError(
                    f"{self._source} is no database of MLflow: it has no table "
                    f"{', '.join(sorted(NEEDED - have))}",
                    next_step="name the file that the tracking URI has, such as mlflow.db",
                )
            of = _table("experiments", "experiment_id", "name", "lifecycle_stage")
            runs = _table("runs", "experiment_id")
            sums = connection.execute(
                sa.select(runs.c.experiment_id, sa.func.count()).group_by(runs.c.experiment_id)
            )
            sizes = {own: int(size) for own, size in sums}
            rows = connection.execute(sa.select(of).order_by(of.c.experiment_id))
            return [
                Experiment(id=str(own), name=str(name), runs=sizes.get(own, 0))
                for own, name, stage in rows
                if stage != DELETED
            ]

    def read(self, experiment: Experiment) -> Reading:
        """Every run of one experiment."""
        with self._connected() as connection:
            runs = _runs(connection, int(experiment.id))
            for run, name, value in _parts(connection, "params", experiment, ("key", "value")):
                if run in runs:
                    runs[run].params[name] = str(value)
            for run, name, value in _parts(connection, "tags", experiment, ("key", "value")):
                if run in runs and (name == PARENT or not name.startswith(OWN_TAGS)):
                    runs[run].tags[name] = "" if value is None else str(value)
            system = _fill_metrics(connection, experiment, runs)
        notes = (
            [f"Not read: {plural(system, 'metric')} of the machine (system/...)."]
            if system
            else []
        )
        return Reading(runs=list(runs.values()), notes=tuple(notes))


def _table(name: str, *columns: str) -> sa.TableClause:
    return sa.table(name, *(sa.column(c) for c in columns))


def _runs(connection: sa.Connection, experiment: int) -> dict[str, Recorded]:
    of = _table(
        "runs", "run_uuid", "name", "status", "start_time", "end_time", "lifecycle_stage",
        "experiment_id",
    )  # fmt: skip
    rows = connection.execute(
        sa.select(of).where(of.c.experiment_id == experiment).order_by(of.c.start_time)
    )
    return {
        str(own): Recorded(
            id=str(own),
            name=str(name or ""),
            status=str(status or "").lower(),
            started=started,
            ended=ended,
            deleted=stage == DELETED,
        )
        for own, name, status, started, ended, stage, _ in rows
    }


def _parts(
    connection: sa.Connection, table: str, experiment: Experiment, columns: Sequence[str]
) -> Iterator[Any]:
    """Rows of a table that belong to runs of an experiment, the run's id first."""
    for block in _blocks(connection, table, experiment, columns):
        yield from block


def _blocks(
    connection: sa.Connection, table: str, experiment: Experiment, columns: Sequence[str]
) -> Iterator[Sequence[Any]]:
    own = _table(table, "run_uuid", *columns)
    runs = _table("runs", "run_uuid", "experiment_id")
    asked = (
        sa.select(own.c.run_uuid, *(own.c[c] for c in columns))
        .join(runs, runs.c.run_uuid == own.c.run_uuid)
        .where(runs.c.experiment_id == int(experiment.id))
    )
    if table == "params":
        asked = asked.order_by(own.c.run_uuid, own.c.key)
    found = connection.execution_options(stream_results=True, yield_per=_BLOCK).execute(asked)
    yield from found.partitions()


def _fill_metrics(
    connection: sa.Connection, experiment: Experiment, runs: dict[str, Recorded]
) -> int:
    """Give each run its metrics; returns the number of metrics that are the machine's."""
    have = {str(c["name"]) for c in sa.inspect(connection).get_columns("metrics")}
    later = [c for c in ("step", "is_nan") if c in have]  # since version 1
    order, keys, system = {own: i for i, own in enumerate(runs)}, dict[str, int](), set[str]()
    parts: list[list[NDArray[Any]]] = []
    for block in _blocks(connection, "metrics", experiment, ("key", "timestamp", "value", *later)):
        own, name, time, value, *more = zip(*block, strict=True)
        system.update(n for n in set(name) if n.startswith(SYSTEM_METRICS))
        for n in dict.fromkeys(name):
            keys.setdefault(n, len(keys))
        steps = more[later.index("step")] if "step" in later else [0] * len(own)
        nans = more[later.index("is_nan")] if "is_nan" in later else [False] * len(own)
        number = np.array([math.nan if v is None else v for v in value], np.float64)
        number[np.array(nans, bool)] = math.nan
        far = np.abs(number) >= _LARGEST
        number[far] = np.copysign(np.inf, number[far])
        columns = [
            np.array([order.get(o, -1) for o in own], np.int64),
            np.array([keys[n] for n in name], np.int64),
            np.array([s or 0 for s in steps], np.int64),
            np.array(time, np.int64),
            number,
        ]
        parts.append(columns)
    if not parts:
        return 0
    run, key, step, moment, values = (np.concatenate(c) for c in zip(*parts, strict=True))
    place = run * len(keys) + key
    sort = np.argsort(place, kind="stable")
    bounds = np.flatnonzero(np.diff(place[sort], prepend=-1 - len(keys)))
    every, names = list(runs.values()), list(keys)
    for a, b in zip(bounds, [*bounds[1:], len(sort)], strict=True):
        rows = sort[a:b]
        owner, name = int(run[rows[0]]), names[key[rows[0]]]
        if owner >= 0 and name not in system:
            every[owner].metrics[name] = History(step[rows], moment[rows], values[rows])
    return len(system)
