"""Exports of Neptune: every number, steps with decimals, parts, the trash; cut off and hostile."""

from __future__ import annotations

import gzip
import hashlib
import json
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest

from tunebook.auditing import audit
from tunebook.domain.errors import TableError
from tunebook.importers.neptune.attributes import parted, setting_of
from tunebook.importers.sources import FORMATS, read_source
from written_by_tools import Written, differences, write

STORED = Path(__file__).parent / "stored"


@pytest.fixture
def stored(tmp_path):
    with tarfile.open(STORED / "export.tar.gz") as opened:
        opened.extractall(tmp_path, filter="data")
    truth = gzip.decompress((STORED / "export.json.gz").read_bytes())
    return Written(folder=tmp_path, runs=json.loads(truth)["runs"])


@pytest.fixture
def project(stored):
    pytest.importorskip("pyarrow")
    return stored.folder / "exports/data/team_sweep_1a2b3c"


@pytest.mark.parametrize("below", ["exports", "exports/data", "exports/data/team_sweep_1a2b3c"])
def test_an_export_has_the_numbers_that_were_written(stored, project, below):
    read = read_source(stored.folder / below)
    assert differences(read, stored) == []
    assert read.rows.cells["seconds"][0] == "60.5"
    assert read.rows.cells["start"][0].startswith("2026-01-05T12:00")
    notes = " ".join(read.rows.notes)
    for part in ("1 run in the trash", "times 10", "33 attributes"):
        assert part in notes
    assert [text.partition(":")[0] for text in read.rows.left_out] == ["SWEEP-half"]
    assert set(read.curves.metrics) == {"val/loss"}


def test_an_export_written_now_is_read_the_same(tmp_path):
    pytest.importorskip("pyarrow")
    written = write("neptune", tmp_path, here=True)
    assert differences(read_source(tmp_path / "exports"), written) == []


def test_an_audit_takes_settings_and_diverged_runs(project):
    found = audit(project, objective="minimize:val/loss")
    assert set(found.table.roles) == {"lr", "model/width", "optimizer", "nesterov"}
    statuses = dict(zip(found.table.name, found.table.status, strict=True))
    assert (statuses["SWEEP-5"], statuses["SWEEP-6"]) == ("failed", "running")
    assert found.page()


def test_without_pyarrow_the_extra_is_named(stored, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert FORMATS["neptune"].recognises(stored.folder / "exports")
    with pytest.raises(TableError, match=r"tunebook\[parquet\]"):
        read_source(stored.folder / "exports")


def test_reading_changes_nothing(stored, project):
    def state():
        files = [p for p in stored.folder.rglob("*") if p.is_file()]
        return {p: (hashlib.sha256(p.read_bytes()).digest(), p.stat().st_mtime_ns) for p in files}

    before = state()
    read_source(project)
    assert state() == before


def test_a_file_cut_off_leaves_its_run_out_by_name(project):
    file = project / "SWEEP-2_part_0.parquet"
    whole = file.read_bytes()
    for cut in range(0, len(whole), len(whole) // 60):
        file.write_bytes(whole[:cut])
        read = read_source(project)
        assert "SWEEP-2" not in read.rows.cells["trial"]
        assert any(text.startswith("SWEEP-2:") for text in read.rows.left_out)


def test_a_part_that_is_missing_leaves_its_run_out_by_name(project):
    (project / "SWEEP-4_part_1.parquet").unlink()
    read = read_source(project)
    assert "SWEEP-4: its export is not complete: part 1" in read.rows.left_out
    (project / "SWEEP-4_part_0.parquet").unlink()  # it gets its name last
    assert any(
        "SWEEP-4" in text and "part 0" in text for text in read_source(project).rows.left_out
    )


def test_of_several_projects_one_is_named(stored, project):
    other = project.parent / "other"
    other.mkdir()
    (project / "SWEEP-1_part_0.parquet").rename(other / "SWEEP-1_part_0.parquet")
    with pytest.raises(TableError) as told:
        read_source(stored.folder / "exports")
    assert "2 projects" in str(told.value) and "--study" in str(told.value)
    assert read_source(stored.folder / "exports", study="other").rows.cells["trial"] == ["SWEEP-1"]
    with pytest.raises(TableError, match="no project"):
        read_source(stored.folder / "exports", study="x")


def test_another_parquet_file_of_that_name_is_refused(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    parquet.write_table(pyarrow.table({"a": [1]}), tmp_path / "a_part_0.parquet")
    with pytest.raises(TableError, match=r"no column \w+_id"):
        read_source(tmp_path, format="neptune")
    (tmp_path / "empty").mkdir()
    with pytest.raises(TableError, match="no export of Neptune"):
        read_source(tmp_path / "empty", format="neptune")


def test_settings_are_told_by_their_folder_else_by_what_metrics_are_called():
    assert setting_of("training/hyperparams/lr") == "lr"
    assert setting_of("parameters") == ""
    told = parted({"params/lr": 0.1, "acc": 0.9, "note": "x"}, settings=True)
    assert (told.config, told.results, told.notes) == ({"lr": 0.1}, {"acc": 0.9}, {"note": "x"})
    plain = parted({"lr": 0.1, "acc": 0.9, "optimizer": "sgd"}, settings=False)
    assert (plain.config, plain.results) == ({"lr": 0.1, "optimizer": "sgd"}, {"acc": 0.9})
    twice = parted({"params/lr": 0.1, "config/lr": 0.2}, settings=True)
    assert twice.config == {"lr": 0.1, "config/lr": 0.2}


def test_values_that_are_absent_are_no_numbers(tmp_path):
    pa = pytest.importorskip("pyarrow")
    from tunebook.importers.neptune.reader import _numbers

    column = pa.array([None, 1.5, None, 2.5, 3.5], pa.float64()).slice(1, 3)
    assert [str(v) for v in _numbers(column, np.float64)] == ["1.5", "nan", "2.5"]
    assert _numbers(pa.array([4.5, 5.5], pa.float64()).slice(1), np.float64).tolist() == [5.5]
    assert len(_numbers(pa.array([], pa.float64()), np.float64)) == 0
