"""Studies in a database of Optuna 2 to 5: SQLite files and servers, opened to read alone (C11)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tunebook.domain.errors import TableError
from tunebook.importers.optuna.study import NEEDED, Study, StudyTrial, decoded
from tunebook.importers.read_only import read_only_engine
from tunebook.importers.source import shown

_INFINITE = {"INF_POS": math.inf, "INF_NEG": -math.inf, "NAN": math.nan}


def read_database(place: str | Path, study: str = "") -> tuple[list[str], Study | None]:
    """Read a study of a database.

    Args:
        place: an SQLite file, or a URL as Optuna's `storage` takes it.
        study: its name; where it is empty, the only one.

    Returns:
        The names of all studies, and the study; None where several are there and none is named.

    Raises:
        TableError: it can't be opened, is locked, or holds no studies.
    """
    engine = read_only_engine(place)
    source = shown(place)
    try:
        with engine.connect() as connection:
            return _read(connection, source, study)
    except sa.exc.SQLAlchemyError as error:
        said = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise TableError(
            f"{source} can't be read: {said}",
            next_step=_way_out(place, said),
        ) from None
    finally:
        engine.dispose()


def _way_out(place: str | Path, said: str) -> str:
    if "locked" in said:
        return "wait until the process that writes it is done, or name a copy of it"
    if isinstance(place, str):
        return "check the URL, and whether the server answers there"
    return "name the SQLite file or the journal that storage= of create_study had"


def _read(connection: sa.Connection, source: str, wanted: str) -> tuple[list[str], Study | None]:
    have = {
        table: {str(c["name"]) for c in sa.inspect(connection).get_columns(table)}
        for table in sa.inspect(connection).get_table_names()
    }
    if not set(have) >= NEEDED:
        missing = ", ".join(sorted(NEEDED - set(have)))
        raise TableError(
            f"{source} is no storage of Optuna: it has no table {missing}",
            next_step="name the file that storage= of create_study had",
        )
    ids = {str(n): int(i) for i, n in _rows(connection, "studies", ("study_id", "study_name"))}
    name = wanted or (next(iter(ids)) if len(ids) == 1 else "")
    if name not in ids:
        return list(ids), None
    return list(ids), _study(connection, have, name, ids[name])


def _study(connection: sa.Connection, have: dict[str, set[str]], name: str, number: int) -> Study:
    if "study_directions" in have:
        of = ("objective", "direction")
        pairs = _rows(connection, "study_directions", of, study_id=number)
        directions = [str(way).lower() for _, way in sorted(pairs)]
    else:  # before 2.4
        ((way,),) = _rows(connection, "studies", ("direction",), study_id=number)
        directions = [str(way).lower()]
    attributes = _rows(
        connection, "study_system_attributes", ("key", "value_json"), study_id=number
    )
    columns = ["trial_id", "state", "datetime_start", "datetime_complete"]
    old = "value" in have["trials"]
    columns += [c for c in ("number", "value") if c in have["trials"]]
    by_id: dict[int, StudyTrial] = {}
    for row in _rows(connection, "trials", columns, study_id=number):
        of_row = dict(zip(columns, row, strict=True))
        place = of_row.get("number")
        by_id[int(of_row["trial_id"])] = StudyTrial(
            number=len(by_id) if place is None else int(place),
            state=str(of_row["state"]),
            values=[float(of_row["value"])] if of_row.get("value") is not None else [],
            start=str(of_row["datetime_start"] or ""),
            complete=str(of_row["datetime_complete"] or ""),
        )
    _fill(connection, have, by_id, number, old=old)
    trials = sorted(by_id.values(), key=lambda t: t.number)
    return Study(name=name, directions=directions, system=decoded(attributes), trials=trials)


def _fill(
    connection: sa.Connection,
    have: dict[str, set[str]],
    by_id: dict[int, StudyTrial],
    number: int,
    *,
    old: bool,
) -> None:
    """Parameters, values and attributes of the trials."""

    def of_trials(table: str, *columns: str) -> Iterator[tuple[StudyTrial, Any]]:
        if table in have:
            for trial, *rest in _of_study(connection, table, columns, number):
                if trial in by_id:
                    yield by_id[trial], rest

    params = ("param_name", "param_value", "distribution_json")
    for trial, (name, value, text) in of_trials("trial_params", *params):
        trial.params[name] = (float(value), text)
    steps = "trial_values" if old else "trial_intermediate_values"
    value = "value" if old or "value" in have.get(steps, ()) else "intermediate_value"
    kinds = [c for c in ("intermediate_value_type",) if c in have.get(steps, ())]
    for trial, (step, reached, *kind) in of_trials(steps, "step", value, *kinds):
        trial.reported[int(step)] = _number(reached, *kind)
    if not old:
        kinds = [c for c in ("value_type",) if c in have["trial_values"]]
        read = of_trials("trial_values", "objective", "value", *kinds)
        for trial, (_, reached, *kind) in read:
            trial.values.append(_number(reached, *kind))
    for table, field in (("trial_user_attributes", "user"), ("trial_system_attributes", "system")):
        for trial, (key, text) in of_trials(table, "key", "value_json"):
            getattr(trial, field).update(decoded([(key, text)]))


def _number(value: Any, kind: str = "") -> float:
    if kind in _INFINITE:
        return _INFINITE[kind]
    return math.nan if value is None else float(value)


def _rows(
    connection: sa.Connection, table: str, columns: Sequence[str], **where: int
) -> list[tuple[Any, ...]]:
    """Rows of a table in the order of their first column; times as text, as they are stored."""
    own = sa.table(table, *(sa.column(c) for c in {*columns, *where}))
    asked = sa.select(*(own.c[c] for c in columns)).order_by(own.c[columns[0]])
    for name, value in where.items():
        asked = asked.where(own.c[name] == value)
    return [tuple(row) for row in connection.execute(asked)]


def _of_study(
    connection: sa.Connection, table: str, columns: Sequence[str], number: int
) -> Iterator[tuple[Any, ...]]:
    """Rows of a table of trials' parts that belong to a study, the trial's id first."""
    order = {"trial_params": "param_id"}.get(table, columns[0])
    own = sa.table(table, *(sa.column(c) for c in {"trial_id", order, *columns}))
    trials = sa.table("trials", sa.column("trial_id"), sa.column("study_id"))
    asked = (
        sa.select(own.c.trial_id, *(own.c[c] for c in columns))
        .join(trials, trials.c.trial_id == own.c.trial_id)
        .where(trials.c.study_id == number)
        .order_by(own.c.trial_id, own.c[order])
    )
    for row in connection.execute(asked):
        yield tuple(row)
