"""An experiment of MLflow as a sweep: its runs, with their parameters and histories (C11)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tunebook.domain.errors import TableError, nearest
from tunebook.domain.formats.numbers import listed, plural
from tunebook.importers.mlflow.experiment import Experiment, Store
from tunebook.importers.mlflow.file_store import FileStore
from tunebook.importers.mlflow.place import (
    DATABASE,
    FOLDER,
    SERVER,
    is_database,
    is_file_store,
)
from tunebook.importers.mlflow.trials import Trials, trials_of
from tunebook.importers.runs import sweep_of_runs
from tunebook.importers.source import SweepSource, shown


def read_mlflow(place: str | Path, study: str = "") -> SweepSource:
    """Read an experiment without changing its store, and without MLflow.

    Args:
        place: a folder `mlruns`, or one that holds it; a database, or its URL; the URL of a
            server.
        study: name or number of the experiment; may be empty where only one has runs.

    Raises:
        TableError: it can't be read, several experiments have runs and none is named, or there
            are no runs.
    """
    source = shown(place)
    store, named = _store(place)
    experiment = _chosen(store.experiments(), source, study or named)
    reading = store.read(experiment)
    trials = trials_of(reading)
    if not trials.runs:
        why = f"; {plural(len(reading.left_out), 'run')} can't be read" if reading.left_out else ""
        raise TableError(
            f'experiment "{experiment.name}" of {source} has no run that is a trial{why}',
            next_step="name another one: --study NAME",
        )
    return sweep_of_runs(
        trials.runs,
        tool="MLflow",
        source=source,
        notes=trials.notes,
        left_out=reading.left_out,
        declared=trials.told.declared,
        objectives=_objectives(trials),
    )


def _objectives(trials: Trials) -> tuple[str, ...]:
    """The one that Optuna's tags give the direction of, where there is only one metric."""
    metrics = {metric for run in trials.runs for metric in run.results}
    if not trials.told.direction or len(metrics) != 1:
        return ()
    return (f"{trials.told.direction}:{metrics.pop()}",)


def _store(place: str | Path) -> tuple[Store, str]:
    """The store, and the experiment that a server's URL names."""
    if isinstance(place, str) and place.startswith(SERVER):
        from tunebook.importers.mlflow.server import Server

        server = Server(place)
        return server, server.shown_experiment
    if isinstance(place, Path) and place.is_dir():
        if is_file_store(place):
            return FileStore(place), ""
        return _store(_inside(place))
    from tunebook.importers.mlflow.database import Database

    return Database(place), ""


def _inside(folder: Path) -> Path:
    """The store that a project's folder holds.

    Raises:
        TableError: it holds none, or two.
    """
    runs, database = folder / FOLDER, folder / DATABASE
    there = [runs] if is_file_store(runs) else []
    there += [database] if is_database(database) else []
    if len(there) == 1:
        return there[0]
    if there:
        raise TableError(
            f"{folder.name or folder} holds two stores of MLflow: {FOLDER} and {DATABASE}",
            next_step=f"name one of them: {runs} or {database}",
        )
    raise TableError(
        f"{folder.name or folder} is no folder of MLflow",
        next_step="name the folder mlruns, the file mlflow.db, or the server's address",
    )


def _chosen(experiments: Sequence[Experiment], source: str, wanted: str) -> Experiment:
    filled = [own for own in experiments if own.runs != 0]
    if wanted:
        found = [own for own in experiments if own.name == wanted]
        found = found or [own for own in experiments if own.id == wanted]
        if len(found) == 1:
            return found[0]
        names = [own.name for own in filled]
        if found:
            numbers = listed([own.id for own in found])
            raise TableError(
                f'{source} has {len(found)} experiments "{wanted}": {numbers}',
                next_step="name one by its number: --study NUMBER",
            )
        raise TableError(
            f'{source} has no experiment "{wanted}".{nearest(wanted, names)} It has '
            f"{listed(names, 6) or 'none with runs'}",
            next_step="name one: --study NAME",
        )
    if len(filled) == 1:
        return filled[0]
    if not filled:
        raise TableError(f"{source} holds no run of MLflow", next_step="name another store")
    told = [
        own.name if own.runs is None else f"{own.name} ({plural(own.runs, 'run')})"
        for own in filled
    ]
    raise TableError(
        f"{source} holds {len(filled)} experiments: {listed(told, 6)}",
        next_step="name one: --study NAME",
    )
