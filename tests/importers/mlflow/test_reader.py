"""Experiments of MLflow as they lie: cut off, damaged, hostile, in the trash; nothing is lost."""

from __future__ import annotations

import gzip
import hashlib
import json
import sqlite3
import tarfile
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tunebook.auditing import audit as audit_sweep
from tunebook.domain.errors import TableError
from tunebook.importers.mlflow.file_store import read_history
from tunebook.importers.mlflow.meta import read_meta
from tunebook.importers.sources import FORMATS, read_source
from written_by_tools import Written, differences

STORED = Path(__file__).parent / "stored"
SWEEP = 'a "sweep": one'
FOLDERS = sorted(STORED.glob("mlruns-*.tar.gz"))
DATABASES = sorted(STORED.glob("mlflow-*.db.gz"))


def unpacked(archive, out):
    """The store in an archive, with what its own MLflow says of it."""
    if archive.name.endswith(".tar.gz"):
        with tarfile.open(archive) as opened:
            opened.extractall(out, filter="data")
        place = out / "mlruns"
    else:
        place = out / "mlflow.db"
        place.write_bytes(gzip.decompress(archive.read_bytes()))
    truth = archive.with_name(archive.name.split(".tar.")[0].split(".db.")[0] + ".json.gz")
    runs = json.loads(gzip.decompress(truth.read_bytes()))["runs"]
    return place, Written(folder=out, runs=runs)


def runs_of(store):
    """The folders of the runs of the sweep, by the name of the run."""
    metas = {file.parent: read_meta(file.read_text()) for file in store.glob("*/*/meta.yaml")}
    return {f["run_name"]: folder for folder, f in metas.items() if "run_name" in f}


@pytest.fixture
def store(tmp_path):
    return unpacked(FOLDERS[-1], tmp_path)[0]


@pytest.mark.parametrize("archive", [*FOLDERS, *DATABASES], ids=lambda path: path.name)
def test_stores_of_several_versions_have_mlflows_own_numbers(archive, tmp_path):
    place, written = unpacked(archive, tmp_path)
    read = read_source(place, study=SWEEP)
    assert differences(read, written) == []
    assert len(written.runs) > 5
    assert all(cell == "inf" for cell in read.rows.cells["result.far"])


def digests(folder):
    return {
        p: (hashlib.sha256(p.read_bytes()).digest(), p.stat().st_mtime_ns)
        for p in folder.rglob("*")
        if p.is_file()
    }


@pytest.mark.parametrize("archive", [FOLDERS[-1], DATABASES[-1]], ids=lambda path: path.name)
def test_reading_changes_nothing(archive, tmp_path):
    place, _ = unpacked(archive, tmp_path)
    before = digests(tmp_path)
    audit_sweep(read_source(place, study=SWEEP), objective="minimize:val/loss")
    assert digests(tmp_path) == before


def test_a_store_is_recognised_where_it_lies(store, tmp_path):
    assert FORMATS["mlflow"].recognises(store)
    assert FORMATS["mlflow"].recognises(tmp_path)  # the project's folder
    assert all(
        FORMATS["mlflow"].recognises(own) for own in store.iterdir() if own.name.isdecimal()
    )
    other = tmp_path / "conda"
    (other / "package").mkdir(parents=True)
    (other / "package/meta.yaml").write_text("package:\n  name: a\n")
    assert not FORMATS["mlflow"].recognises(other)
    assert not FORMATS["mlflow"].recognises(tmp_path / "absent")
    assert len(read_source(store.as_uri(), study=SWEEP).rows) == 12
    assert len(read_source(tmp_path, study=SWEEP).rows) == 12


def test_a_database_of_optuna_is_no_other_tools(tmp_path):
    optuna = pytest.importorskip("optuna")
    url = f"sqlite:///{tmp_path}/o.db"
    study = optuna.create_study(storage=url)
    study.optimize(lambda t: t.suggest_float("x", 0, 1), n_trials=2)
    for place in (url, tmp_path / "o.db"):
        assert not FORMATS["mlflow"].recognises(place)
        assert len(read_source(place).rows) == 2
    file, _ = unpacked(DATABASES[-1], tmp_path)
    for place in (file, f"sqlite:///{file}"):
        assert FORMATS["mlflow"].recognises(place)
        assert len(read_source(place, study=SWEEP).rows) == 12


@pytest.mark.parametrize("archive", [FOLDERS[-1], DATABASES[-1]], ids=lambda path: path.name)
def test_of_several_experiments_one_is_named(archive, tmp_path):
    place, _ = unpacked(archive, tmp_path)
    for study, parts in (("", (SWEEP, "(14 runs)", "other (1 run)", "--study")),
                         ("othre", ("othre", "other", "--study"))):  # fmt: skip
        with pytest.raises(TableError) as told:
            read_source(place, study=study)
        assert all(part in str(told.value) for part in parts)
        assert "gone" not in str(told.value)
    assert len(read_source(place, study="other").rows) == 1


def test_an_empty_store_and_one_run_are_refused_in_a_sentence(store, tmp_path):
    (tmp_path / "mlruns2/0").mkdir(parents=True)
    empty = tmp_path / "mlruns2/0/meta.yaml"
    empty.write_text("experiment_id: '0'\nlifecycle_stage: active\nname: Default\n")
    with pytest.raises(TableError, match="no run"):
        read_source(tmp_path / "mlruns2")
    run = runs_of(store)["run 0"]
    with pytest.raises(TableError, match="one run of MLflow"):
        read_source(run)
    with pytest.raises(TableError, match="no file"):
        read_source(tmp_path / "absent", format="mlflow")


def test_two_stores_in_one_folder_are_listed(store, tmp_path):
    unpacked(DATABASES[-1], tmp_path)
    with pytest.raises(TableError) as told:
        read_source(tmp_path)
    assert "mlruns" in str(told.value) and "mlflow.db" in str(told.value)


def test_a_metric_cut_off_is_read_to_its_last_whole_line(store):
    file = runs_of(store)["run 2"] / "metrics/train_loss"
    whole = file.read_bytes()
    lines = whole.splitlines(keepends=True)
    for cut in range(len(whole)):
        file.write_bytes(whole[:cut])
        read = read_source(store, study=SWEEP)
        own = read.curves.trial == read.curves.trials.index("run 2")
        own &= read.curves.metric == read.curves.metrics.index("train_loss")
        complete = whole[:cut].count(b"\n")
        expected = {int(line.split()[2]): float(line.split()[1]) for line in lines[:complete]}
        found = dict(
            zip(read.curves.step[own].tolist(), read.curves.value[own].tolist(), strict=True)
        )
        assert found == expected
        half = any("half-written" in note for note in read.rows.notes)
        assert half == (cut > 0 and not whole[:cut].endswith(b"\n"))


def test_a_run_cut_off_is_left_out_by_name(store):
    meta = runs_of(store)["run 2"] / "meta.yaml"
    whole = meta.read_bytes()
    for cut in range(0, len(whole), 7):
        meta.write_bytes(whole[:cut])
        read = read_source(store, study=SWEEP)
        assert len(read.rows) + len(read.rows.left_out) == 12
        if len(read.rows) < 12:
            assert meta.parent.name in read.rows.left_out[0]


def test_a_database_cut_off_is_refused_in_a_sentence(tmp_path):
    place, _ = unpacked(DATABASES[-1], tmp_path)
    whole = place.read_bytes()
    for cut in [*range(0, 200, 50), *range(4096, len(whole), len(whole) // 40)]:
        place.write_bytes(whole[:cut])
        try:
            read_source(place, format="mlflow", study=SWEEP)
            said = place.name
        except TableError as error:
            said = str(error)
        assert place.name in said


def test_a_database_that_a_process_holds_is_refused_in_a_sentence(tmp_path, monkeypatch):
    place, _ = unpacked(DATABASES[-1], tmp_path)
    monkeypatch.setattr("tunebook.importers.read_only.WAIT_S", 0.1)
    holder = sqlite3.connect(place)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(TableError, match="locked"):
        read_source(place, format="mlflow", study=SWEEP)
    holder.rollback()
    holder.close()


@pytest.mark.parametrize(
    ("content", "steps", "values", "broken"),
    [
        (b"1 0.5 3\n2 0.25 4\n", [3, 4], [0.5, 0.25], 0),
        (b"1 0.5 3 data 0a\n2 0.25 4 data 0a\n", [3, 4], [0.5, 0.25], 0),
        (b"1 0.5 3 my own data 0a\n2 nan 4\n", [3, 4], [0.5, np.nan], 0),
        (b"1 0.5\n2 0.25\n", [0, 0], [0.5, 0.25], 0),  # the first versions
        (b"1 0.5 3\r\n2 -inf -4\r\n", [3, -4], [0.5, -np.inf], 0),
        (b"1 0.5 3\nx\n2 y 4\n3 0.1 9223372036854775808\n\n", [3], [0.5], 3),
        (b"1 0.5 3 a\n2 0.25\n", [3, 0], [0.5, 0.25], 0),  # six words in two lines
        (b"", [], [], 0),
    ],
)
def test_lines_of_metrics(content, steps, values, broken):
    history, found, half = read_history(content)
    assert history.steps.tolist() == steps
    assert np.array_equal(history.values, values, equal_nan=True)
    assert (found, half) == (broken, False)


FIELDS = ("artifact_uri", "end_time", "lifecycle_stage", "name", "run_name", "status", "user_id")


@given(
    st.dictionaries(
        st.sampled_from(FIELDS), st.text(max_size=200) | st.integers(0, 9) | st.none(), min_size=1
    )
)
def test_fields_are_those_that_pyyaml_wrote(fields):
    text = yaml.safe_dump(fields, default_flow_style=False, allow_unicode=True)
    expected = {k: "" if v is None else str(v) for k, v in fields.items()}
    assert read_meta(text) == expected


def test_names_with_html_stay_text(store):
    html = "<script>alert(1)</script>"
    run = runs_of(store)["run 2"]
    meta = (run / "meta.yaml").read_text().replace("run_name: run 2", f"run_name: {html}")
    (run / "meta.yaml").write_text(meta)
    (run / "params/a<b>").write_text(html)
    (run / "metrics/x<b>").write_text("1 0.5 3\n2 0.1 4\n")
    found = audit_sweep(read_source(store, study=SWEEP), objective="minimize:val/loss")
    assert html in found.table.name
    page = found.page()
    assert html not in page and "&lt;script&gt;" in page


def test_a_search_by_scikit_learn_says_what_it_lacks(store):
    parent = runs_of(store)["above"]
    (parent / "metrics").mkdir(exist_ok=True)
    (parent / "metrics/best_cv_score").write_text("1 0.5 0\n")
    notes = read_source(store, study=SWEEP).rows.notes
    assert any("cv_results.csv" in note for note in notes)


def test_runs_without_the_objective_are_told_by_name(store):
    (runs_of(store)["run 2"] / "metrics/val/loss").unlink()
    found = audit_sweep(read_source(store, study=SWEEP), objective="minimize:val/loss")
    rows = dict(zip(found.table.name, found.table.status, strict=True))
    assert "run 2" in rows or any(text.startswith("run 2:") for text in found.table.left_out)


def test_a_folder_that_may_not_be_read_is_told_in_a_sentence(store, monkeypatch):
    def refuse(folder):
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr("tunebook.importers.mlflow.file_store.os.scandir", refuse)
    with pytest.raises(TableError, match="Permission denied"):
        read_source(store, format="mlflow", study=SWEEP)
