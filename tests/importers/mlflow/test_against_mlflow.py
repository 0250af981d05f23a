"""Experiments that MLflow itself logs: what is read is what its own client says."""

from __future__ import annotations

import contextlib
import json
import math
import os
import signal
import socket
import subprocess
import time
import urllib.request
from dataclasses import replace

import pytest

from tunebook.auditing import audit as audit_sweep
from tunebook.domain.errors import TableError
from tunebook.importers.sources import read_source
from written_by_tools import ENVIRONMENTS, differences, write

SWEEP = 'a "sweep": one'


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return write("mlflow", tmp_path_factory.mktemp("mlflow"))


@pytest.fixture(scope="module")
def of_database(written):
    truth = json.loads((written.folder / "truth-database.json").read_text("utf-8"))
    return replace(written, runs=truth["runs"])


@pytest.fixture(scope="module")
def server(written):
    """A server of MLflow over the database."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        ENVIRONMENTS / "mlflow/bin/mlflow", "server", "--workers", "1", "--port", str(port),
        "--backend-store-uri", f"sqlite:///{written.folder}/store/mlflow.db",
    ]  # fmt: skip
    log = (written.folder / "server.log").open("wb")
    started = subprocess.Popen(
        command, stdout=log, stderr=log, cwd=written.folder, start_new_session=True
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            assert started.poll() is None, (written.folder / "server.log").read_text()[-3000:]
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/health", timeout=5):
                break
            time.sleep(0.2)
        yield url
    finally:
        os.killpg(started.pid, signal.SIGTERM)
        started.wait(60)
        log.close()


def test_a_folder_has_the_numbers_that_mlflow_gives(written):
    read = read_source(written.folder / "mlruns", study=SWEEP)
    assert differences(read, written) == []
    assert set(read.curves.metrics) == {"val/loss", "train_loss", "unnumbered", "of_dataset"}
    assert "far" in {c.removeprefix("result.") for c in read.rows.header}
    assert all(cell == "inf" for cell in read.rows.cells["result.far"])


def test_steps_of_metrics_with_a_dataset_are_those_that_were_logged(written):
    curves = read_source(written.folder / "mlruns", study=SWEEP).curves
    own = curves.metric == curves.metrics.index("of_dataset")
    assert curves.step[own].tolist() == [3, 4, 7] * 2
    assert curves.value[own].tolist() == [1 / 3, 1 / 4, 1 / 7] * 2


def test_a_database_has_the_numbers_that_mlflow_gives(written, of_database):
    file = written.folder / "store/mlflow.db"
    for place in (file, f"sqlite:///{file}"):
        read = read_source(place, study=SWEEP)
        assert differences(read, of_database) == []
        assert all(cell == "inf" for cell in read.rows.cells["result.far"])


def test_folder_and_database_are_one_sweep(written):
    folder = read_source(written.folder / "mlruns", study=SWEEP)
    database = read_source(written.folder / "store/mlflow.db", study=SWEEP)
    same = set(folder.rows.header) - {"note.run_id", "trial", "seconds", "start"}
    assert set(folder.rows.header) == set(database.rows.header)
    for column in same:
        assert folder.rows.cells[column] == database.rows.cells[column], column
    assert (folder.curves.value.tolist(), folder.curves.step.tolist()) != ([], [])
    for metric in folder.curves.metrics:
        curves = [
            (c.step[own].tolist(), [repr(v) for v in c.value[own]])
            for c in (folder.curves, database.curves)
            for own in [c.metric == c.metrics.index(metric)]
        ]
        assert curves[0] == curves[1], metric


def test_trials_are_neither_deleted_nor_parents(written):
    read = read_source(written.folder / "mlruns", study=SWEEP)
    names = read.rows.cells["trial"]
    assert len(names) == 12 and "above" not in names and "run 8" not in names
    assert sum(name.startswith("twice ") for name in names) == 2
    folds = [
        cell
        for name, cell in zip(names, read.rows.cells["config.folds"], strict=True)
        if name.startswith("fold")
    ]
    assert folds == ["3"] * 3
    notes = " ".join(read.rows.notes)
    for part in ("1 run in the trash", "1 run with nested runs", "folds", "unnumbered"):
        assert part in notes


def test_an_audit_reads_a_folder_by_itself(written):
    experiments = (written.folder / "mlruns").iterdir()
    place = next(
        e
        for e in experiments
        if (e / "meta.yaml").is_file() and "sweep" in (e / "meta.yaml").read_text()
    )
    found = audit_sweep(place, objective="minimize:val/loss")
    assert set(found.table.config[0]) >= {"lr", "model/width"}
    assert found.table.origin.tool == "MLflow"
    statuses = dict(zip(found.table.name, found.table.status, strict=True))
    assert [str(statuses[f"run {i}"]) for i in (5, 6, 7)] == ["failed", "failed", "running"]
    losses = json.loads((written.folder / "truth.json").read_text())["runs"]
    diverged = {n for n, run in losses.items() if math.isnan(run["results"]["val/loss"])}
    counted = {n for n, s in statuses.items() if s == "infeasible"}
    assert diverged and counted == diverged - {"run 5", "run 6", "run 7"}


def test_a_server_has_the_numbers_that_mlflow_gives(server, of_database):
    read = read_source(server, study=SWEEP)
    assert differences(read, of_database) == []
    assert read_source(f"{server}/", format="mlflow", study="other").rows.cells["result.loss"] == [
        "1.0"
    ]


def test_a_server_gives_every_page(server, of_database, monkeypatch):
    monkeypatch.setattr("tunebook.importers.mlflow.server._PAGE", 2)
    monkeypatch.setattr("tunebook.importers.mlflow.server._VALUES", 3)
    assert differences(read_source(server, study=SWEEP), of_database) == []


def test_a_server_with_several_experiments_lists_them(server):
    with pytest.raises(TableError) as told:
        read_source(server)
    assert (
        SWEEP in str(told.value) and "other" in str(told.value) and "gone" not in str(told.value)
    )
    assert "--study" in str(told.value)
