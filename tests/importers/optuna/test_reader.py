"""Studies that Optuna itself wrote, read without it: the same trials, ranges, curves, marks."""

from __future__ import annotations

import gzip
import hashlib
import json
import math
import sqlite3
import warnings
from pathlib import Path

import numpy as np
import pytest

from tunebook.auditing import audit as audit_sweep
from tunebook.auditing import proposed_objectives
from tunebook.domain.errors import TableError
from tunebook.domain.space import Choice, Float, Integer, Scale
from tunebook.importers.optuna.database import read_database
from tunebook.importers.optuna.journal import read_journal
from tunebook.importers.sources import read_source

optuna = pytest.importorskip("optuna")
optuna.logging.set_verbosity(optuna.logging.ERROR)

STORED = Path(__file__).parent / "stored"


def objective(trial):
    rate = trial.suggest_float("lr", 1e-5, 1, log=True)
    layers = trial.suggest_int("layers", 1, 4)
    chosen = trial.suggest_categorical("optimizer", ["sgd", "adam", None])
    momentum = trial.suggest_float("momentum", 0.5, 0.99) if chosen == "sgd" else 0.7
    for step in range(1, 9):
        value = (momentum - 0.7) ** 2 + 0.1 * layers + 2 / step + abs(math.log10(rate) + 2) / 9
        trial.report(value, step)
        if trial.should_prune():
            raise optuna.TrialPruned
    trial.set_user_attr("note", {"a": [1]})
    return float("nan") if rate > 0.5 else value


def storage(kind, folder):
    if kind == "database":
        return f"sqlite:///{folder}/o.db", folder / "o.db"
    file = folder / "o.log"
    backend = optuna.storages.journal.JournalFileBackend(str(file))
    return optuna.storages.JournalStorage(backend), file


def study_in(where, name="s", trials=30, sampler=None, **more):
    sampler = sampler or optuna.samplers.TPESampler(seed=0)
    pruner = optuna.pruners.MedianPruner(n_startup_trials=5)
    made = optuna.create_study(
        study_name=name, storage=where, sampler=sampler, pruner=pruner, **more
    )
    made.optimize(objective, n_trials=trials)
    return made


@pytest.fixture(scope="module", params=["database", "journal"])
def written(request, tmp_path_factory):
    where, file = storage(request.param, tmp_path_factory.mktemp(request.param))
    return study_in(where), file


def test_every_trial_has_the_numbers_that_optuna_gives(written):
    made, file = written
    read = read_source(file)
    cells = read.rows.cells
    assert len(read.rows) == len(made.trials)
    for i, trial in enumerate(made.trials):
        assert cells["state"][i] == trial.state.name
        assert cells["value"][i] == ("" if trial.value is None else repr(trial.value))
        own = {n: cells[f"params_{n}"][i] for n in trial.params}
        shown = {n: "null" if v is None else str(v) for n, v in trial.params.items()}
        assert own == shown
        absent = {"lr", "layers", "optimizer", "momentum"} - set(trial.params)
        assert all(cells[f"params_{n}"][i] == "" for n in absent)
        took = (trial.datetime_complete - trial.datetime_start).total_seconds()
        assert float(cells["duration"][i]) == pytest.approx(took, abs=1e-5)


def test_curves_are_those_that_were_reported(written):
    made, file = written
    curves = read_source(file).curves
    for i, trial in enumerate(made.trials):
        own = curves.trial == i
        points = zip(curves.step[own].tolist(), curves.value[own].tolist(), strict=True)
        assert list(points) == sorted(trial.intermediate_values.items())


def test_ranges_and_the_objective_are_those_that_were_declared(written):
    _, file = written
    read = read_source(file)
    assert read.declared == {
        "lr": Float(1e-5, 1.0, Scale.LOG),
        "layers": Integer(1, 4),
        "optimizer": Choice(("sgd", "adam", "null")),
        "momentum": Float(0.5, 0.99),
    }
    assert proposed_objectives(read) == ["minimize:value"]
    table = audit_sweep(read, objective="minimize:value").table
    assert not table.inferred_space
    assert all(b.axes["lr"] == Float(1e-5, 1.0, Scale.LOG) for b in table.branches.values())
    assert {"momentum" in b.axes for b in table.branches.values()} == {True, False}


def test_the_table_has_optunas_values_and_leaves_pruned_trials_out(written):
    made, file = written
    table = audit_sweep(file, objective="minimize:value").table
    values = {t.number: t.value for t in made.trials if t.state.name == "COMPLETE"}
    complete = {
        int(n): v for n, v, c in zip(table.name, table.value, table.complete, strict=True) if c
    }
    assert complete == values
    pruned = {t.number for t in made.trials if t.state.name == "PRUNED"}
    assert pruned
    assert {int(text.partition(":")[0]) for text in table.left_out} == pruned
    assert table.objective.reduce == "last"
    assert table.adaptive
    assert table.origin.sampler == "TPE"


def test_reading_changes_nothing(tmp_path):
    for kind in ("database", "journal"):
        where, file = storage(kind, tmp_path)
        study_in(where, trials=3)
        before = {p.name: hashlib.sha256(p.read_bytes()).digest() for p in tmp_path.iterdir()}
        file.chmod(0o444)
        read_source(file)
        after = {p.name: hashlib.sha256(p.read_bytes()).digest() for p in tmp_path.iterdir()}
        assert before == after


@pytest.mark.parametrize("kind", ["database", "journal"])
def test_of_several_studies_one_is_named(kind, tmp_path):
    where, file = storage(kind, tmp_path)
    study_in(where, "one", 4)
    two = optuna.create_study(study_name="two", storage=where, directions=["minimize", "maximize"])
    two.optimize(lambda t: (t.suggest_float("x", 0, 1), 1.0), n_trials=5)
    for asked, named in (("", ("one", "two")), ("onne", ("one",))):
        with pytest.raises(TableError) as told:
            read_source(file, study=asked)
        assert all(name in str(told.value) for name in named)
        assert "--study" in str(told.value)
    assert len(read_source(file, study="one").rows) == 4
    found = read_source(file, study="two")
    assert found.objectives == ("minimize:values_0", "maximize:values_1")
    assert found.declared == {"x": Float(0.0, 1.0)}


def test_a_half_written_journal_is_read_to_its_last_whole_line(tmp_path):
    where, file = storage("journal", tmp_path)
    study_in(where, trials=6)
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) - 30])
    _, found, notes = read_journal(file)
    assert len(found.trials) == 6
    assert any("half written" in note for note in notes)
    file.write_bytes(whole + b'{"op_code": 10, "worker_id": "w"}\n{"op_code": 99}\n')
    _, found, notes = read_journal(file)
    assert [t.state for t in found.trials].count("RUNNING") == 0
    assert any(note.startswith("2 operations") for note in notes)


def test_a_database_that_a_process_holds_is_refused_in_a_sentence(tmp_path, monkeypatch):
    where, file = storage("database", tmp_path)
    study_in(where, trials=2)
    monkeypatch.setattr("tunebook.importers.read_only.WAIT_S", 0.1)
    holder = sqlite3.connect(file)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(TableError, match="locked"):
        read_source(file, format="optuna")
    holder.rollback()
    holder.close()
    assert len(read_source(file).rows) == 2


def test_a_damaged_database_is_refused_in_a_sentence(tmp_path):
    where, file = storage("database", tmp_path)
    study_in(where, trials=2)
    content = bytearray(file.read_bytes())
    content[4096:60000] = bytes(60000 - 4096)
    file.write_bytes(content)
    with pytest.raises(TableError, match=r"o\.db"):
        read_source(file, format="optuna")


def test_a_range_that_changed_is_joined_and_said(tmp_path):
    where, file = storage("database", tmp_path)
    made = optuna.create_study(study_name="s", storage=where)
    made.optimize(lambda t: t.suggest_float("x", 0, 1), n_trials=3)
    made.optimize(lambda t: t.suggest_float("x", -1, 0.5), n_trials=3)
    read = read_source(file)
    assert read.declared["x"] == Float(-1.0, 1.0)
    assert any("x changed" in note for note in read.rows.notes)


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
@pytest.mark.parametrize(
    ("sampler", "adaptive"),
    [
        (lambda: optuna.samplers.TPESampler(seed=0), True),
        (lambda: optuna.samplers.NSGAIISampler(seed=0, population_size=4), True),
        (lambda: optuna.samplers.QMCSampler(seed=0), False),
        (lambda: optuna.samplers.RandomSampler(seed=0), False),
    ],
    ids=["tpe", "nsga", "qmc", "random"],
)
def test_what_chose_the_trials_is_known_by_its_marks(sampler, adaptive, tmp_path):
    where, file = storage("database", tmp_path)
    made = optuna.create_study(study_name="s", storage=where, sampler=sampler())
    made.optimize(lambda t: t.suggest_float("x", 0, 1) + t.suggest_float("y", 0, 1), n_trials=24)
    assert audit_sweep(file, objective="minimize:value").table.adaptive is adaptive


@pytest.mark.parametrize("version", ["2.3.0", "2.10.1", "3.6.1"])
def test_files_of_earlier_versions_are_read(version, tmp_path):
    """Written by these versions: their tables and distributions had other names."""
    file = tmp_path / "o.db"
    file.write_bytes(gzip.decompress((STORED / f"optuna-{version}.db.gz").read_bytes()))
    expected = json.loads((STORED / f"optuna-{version}.json").read_text())
    _, found = read_database(file)
    assert [t.number for t in found.trials] == [t["number"] for t in expected]
    assert [t.state for t in found.trials] == [t["state"] for t in expected]
    for trial, own in zip(found.trials, expected, strict=True):
        assert sorted(trial.reported.items()) == [tuple(point) for point in own["reported"]]
        assert own["value"] is None or trial.values == [own["value"]]
    read = read_source(file)
    assert read.declared["lr"] == Float(1e-5, 1.0, Scale.LOG)
    assert read.declared["width"] == Integer(16, 256, Scale.LOG)
    assert read.declared["dropout"] == Float(0.0, 0.5)
    for i, own in enumerate(expected):
        shown = {n: "null" if v is None else str(v) for n, v in own["params"].items()}
        assert {n: read.rows.cells[f"params_{n}"][i] for n in shown} == shown


def test_the_storage_and_its_table_as_csv_give_the_same_findings(tmp_path):
    pytest.importorskip("pandas")
    where, file = storage("database", tmp_path)
    made = study_in(where, sampler=optuna.samplers.RandomSampler(seed=1), trials=60)
    made.trials_dataframe().to_csv(tmp_path / "t.csv", index=False)
    read = read_source(file)
    alone = audit_sweep(tmp_path / "t.csv", objective="minimize:value")
    stored = audit_sweep(read, objective="minimize:value")
    np.testing.assert_array_equal(alone.table.value, stored.table.value)
    assert alone.table.status == stored.table.status
    # The table of pandas has an empty cell for the choice None.
    named = [{n: "none" if v == "null" else v for n, v in c.items()} for c in stored.table.config]
    assert list(alone.table.config) == named
    assert [f.check for f in stored.examination.findings if f.check == "C3"]


def test_a_url_is_read_and_its_password_never_shown(tmp_path):
    where, _ = storage("database", tmp_path)
    study_in(where, trials=3)
    assert len(read_source(where).rows) == 3
    with pytest.raises(TableError) as told:
        read_source("postgresql+psycopg://me:secret@127.0.0.1:1/none")
    assert "secret" not in str(told.value)


@pytest.mark.parametrize("place", ["http://host/t.csv", "s3://bucket/t.csv", "://x", "what://"])
def test_a_url_of_no_database_is_refused_in_a_sentence(place):
    with pytest.raises(TableError, match="no database") as told:
        read_source(place)
    assert "copy" in str(told.value)


def test_an_enqueued_value_outside_the_range_is_kept_and_said(tmp_path):
    where, file = storage("database", tmp_path)
    made = optuna.create_study(study_name="s", storage=where)
    made.enqueue_trial({"x": 1.5})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made.optimize(lambda t: t.suggest_float("x", 0, 1), n_trials=4)
    read = read_source(file)
    assert read.declared["x"] == Float(0.0, 1.5)
    assert any(note.startswith("1 trial has x outside") for note in read.rows.notes)
    table = audit_sweep(read, objective="minimize:value").table
    assert [c["x"] for c in table.config] == [t.params["x"] for t in made.trials]


def test_what_is_no_storage_says_what_to_name(tmp_path):
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    with pytest.raises(TableError, match="create_study"):
        read_source(tmp_path / "t.csv", format="optuna")
