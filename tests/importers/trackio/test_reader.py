"""Projects that trackio itself wrote, read without it: the numbers of its own storage."""

from __future__ import annotations

import gzip
import json
import random
import shutil
import sqlite3
import tarfile
from contextlib import suppress
from pathlib import Path

import pytest

from tunebook.auditing import audit as audit_sweep
from tunebook.domain.errors import TableError
from tunebook.importers.sources import FORMATS, read_source
from written_by_tools import Written, differences, write

STORED = Path(__file__).parent / "stored"


def unpack(folder):
    with tarfile.open(STORED / "trackio-0.43.0.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    runs = json.loads((folder / "truth.json").read_text("utf-8"))["runs"]
    return Written(folder=folder, runs=runs)


@pytest.fixture(scope="module", params=["stored", "written now"])
def written(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trackio")
    return unpack(folder) if request.param == "stored" else write("trackio", folder)


@pytest.fixture
def stored(tmp_path):
    return unpack(tmp_path).folder


def state(folder):
    return {
        f: (f.read_bytes(), f.stat().st_mtime_ns) for f in sorted(folder.rglob("*")) if f.is_file()
    }


def test_every_number_is_that_of_trackios_own_storage(written):
    for place in (written.folder / "store", written.folder / "store" / "digits.db"):
        before = state(written.folder)
        found = read_source(place)
        assert differences(found, written) == []
        assert state(written.folder) == before
        assert len(found.rows) == 6
        assert sum(name.startswith("twice (") for name in found.rows.cells["trial"]) == 2
        assert found.reduce["val.loss"] == "last"
        notes = " ".join(found.rows.notes)
        assert "said (str)" in notes
        assert "flag (bool)" in notes
        assert "does not record how runs end" in notes


def test_the_table_has_the_last_values_and_the_seeds(written):
    table = audit_sweep(written.folder / "store", objective="minimize:val.loss").table
    told = {name: run["results"]["val.loss"] for name, run in written.runs.items()}
    assert dict(zip(table.name, table.value.tolist(), strict=True)) == told
    assert sorted(table.seed) == list(range(6))
    assert table.origin.tool == "trackio"


def test_fragments_are_what_trackio_would_put_into_its_database(written):
    runs = json.loads((written.folder / "fragments.json").read_text("utf-8"))["runs"]
    told = Written(folder=written.folder, runs=runs)
    folder = written.folder / "fragments"
    for place in (folder, folder / "inbox"):
        found = read_source(place)
        assert differences(found, told) == []
    single = next(folder.glob("inbox/*/*.jsonl"))
    assert set(read_source(single).rows.cells["trial"]) <= set(runs)


def test_rows_that_the_database_has_too_are_read_once(written, tmp_path):
    shutil.copytree(written.folder / "fragments", tmp_path / "both")
    database = tmp_path / "both" / "digits.db"
    connection = sqlite3.connect(database)
    connection.execute(
        "CREATE TABLE metrics (id INTEGER PRIMARY KEY, run_id TEXT, timestamp TEXT, "
        "run_name TEXT, step INTEGER, metrics TEXT, log_id TEXT)"
    )
    connection.execute("CREATE TABLE system_metrics (id INTEGER)")
    for file in (tmp_path / "both").glob("inbox/*/*.jsonl"):
        for line in file.read_text("utf-8").splitlines()[:10]:
            r = json.loads(line)
            row = (r["run_id"], r["timestamp"], r["run"], r["step"], json.dumps(r["metrics"]))
            connection.execute(
                "INSERT INTO metrics (run_id, timestamp, run_name, step, metrics, log_id) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (*row, r["log_id"]),
            )
    connection.commit()
    connection.close()
    runs = json.loads((written.folder / "fragments.json").read_text("utf-8"))["runs"]
    told = Written(folder=written.folder, runs=runs)
    assert differences(read_source(tmp_path / "both"), told) == []
    assert differences(read_source(database), told) == []


def test_several_projects_are_listed_until_one_is_named(written):
    folder = written.folder / "two"
    with pytest.raises(TableError, match="digits, faces") as told:
        read_source(folder)
    assert "--study" in str(told.value)
    with pytest.raises(TableError, match="faces"):
        read_source(folder, study="face")
    assert len(read_source(folder, study="faces").rows) == 1
    assert len(read_source(folder / "digits.db").rows) == 2
    with pytest.raises(TableError, match="digits"):
        read_source(folder / "digits.db", study="faces")


def test_what_is_in_the_log_of_a_live_writer_is_read(stored):
    file = stored / "store" / "digits.db"
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA journal_mode = wal")
    connection.execute("UPDATE metrics SET metrics = '{\"train/loss\": 0.25}' WHERE step = 19")
    connection.commit()
    before = state(stored)
    found = read_source(file)
    assert state(stored) == before
    curves = found.curves
    own = (curves.metric == curves.metrics.index("train/loss")) & (curves.step == 19)
    assert curves.value[own].tolist() == [0.25] * 6
    connection.close()


def old_database(folder, version=0):
    """As trackio before 0.24 has it: the name of a run is its key."""
    folder.mkdir(exist_ok=True)
    connection = sqlite3.connect(folder / "old.db")
    connection.execute(
        "CREATE TABLE metrics (id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp TEXT NOT NULL, "
        "run_name TEXT NOT NULL, step INTEGER NOT NULL, metrics TEXT NOT NULL)"
    )
    connection.execute(
        "CREATE TABLE configs (id INTEGER PRIMARY KEY AUTOINCREMENT, run_name TEXT NOT NULL, "
        "config TEXT NOT NULL, created_at TEXT NOT NULL, UNIQUE(run_name))"
    )
    connection.execute("CREATE TABLE system_metrics (id INTEGER PRIMARY KEY, run_name TEXT)")
    for run in ("a", "b"):
        config = json.dumps({"lr": 0.1, "_Created": "2025-09-01T00:00:00+00:00"})
        connection.execute("INSERT INTO configs VALUES (NULL, ?, ?, '')", (run, config))
        for step in range(3):
            metrics = json.dumps({"loss": 1 / (1 + step)})
            row = (f"2025-09-01T00:00:{step + 1:02}", run, step, metrics)
            connection.execute("INSERT INTO metrics VALUES (NULL, ?, ?, ?, ?)", row)
    connection.execute(f"PRAGMA user_version = {version}")
    connection.commit()
    return connection


def test_a_database_without_ids_of_runs_is_read_by_their_names(tmp_path):
    """Written by trackio 0.20.0, with schema version 0."""
    file = tmp_path / "old.db"
    file.write_bytes(gzip.decompress((STORED / "trackio-0.20.0.db.gz").read_bytes()))
    runs = {
        f"run-{i}": {
            "config": {"lr": 0.1 * 2**-i, "model.width": 64},
            "results": {"loss": 1 / 6 + i, "nan": 1.0},
            "curves": {
                "loss": [[*range(6)], [1 / (1 + step) + i for step in range(6)]],
                "nan": [[*range(6)], [1, 1, None, 1, 1, 1]],
            },
        }
        for i in range(3)
    }
    found = read_source(file)
    assert differences(found, Written(folder=tmp_path, runs=runs)) == []
    assert [f.name for f in tmp_path.iterdir()] == ["old.db"]
    old_database(tmp_path / "made").close()
    assert read_source(tmp_path / "made").rows.cells["seconds"] == ["3.0", "3.0"]


def test_a_newer_database_is_read_as_far_as_it_is_known(tmp_path):
    connection = old_database(tmp_path, version=3)
    found = read_source(tmp_path / "old.db")
    assert any("version 3" in note for note in found.rows.notes)
    connection.execute("ALTER TABLE metrics RENAME COLUMN metrics TO blobs")
    connection.commit()
    connection.close()
    with pytest.raises(TableError, match="metrics is missing") as told:
        read_source(tmp_path / "old.db")
    assert "newer" in told.value.next_step


def test_a_locked_database_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "tunebook.importers.sqlite_files.connect_to_read.__kwdefaults__", {"wait_s": 0.0}
    )
    connection = old_database(tmp_path)
    connection.execute("BEGIN EXCLUSIVE")
    with pytest.raises(TableError, match="locked") as told:
        read_source(tmp_path / "old.db", format="trackio")
    assert "wait" in told.value.next_step
    connection.close()


def test_damage_and_cuts_never_give_another_error(stored, tmp_path):
    content = (stored / "store" / "digits.db").read_bytes()
    draw = random.Random(0)
    file = tmp_path / "cut.db"
    for i in range(40):
        damaged = bytearray(content)
        if i % 2:
            del damaged[draw.randrange(len(content)) :]
        for _ in range(i):
            if damaged:
                damaged[draw.randrange(len(damaged))] = draw.randrange(256)
        file.write_bytes(damaged)
        with suppress(TableError):
            read_source(file, format="trackio")
    lines = next((stored / "fragments").glob("inbox/*/*.jsonl")).read_bytes()
    cut = tmp_path / "cut.jsonl"
    for size in range(300, len(lines), 97):
        cut.write_bytes(lines[:size])
        with suppress(TableError):
            found = read_source(cut, format="trackio")
            assert lines[:size].endswith(b"}\n") or any(
                "can't be read" in n for n in found.rows.notes
            )


def test_places_that_hold_no_project(tmp_path):
    (tmp_path / "t.csv").write_text("lr,loss\n1,2\n")
    (tmp_path / "t.jsonl").write_text('{"lr": 1, "loss": 2}\n')
    sqlite3.connect(tmp_path / "empty.db").close()
    (tmp_path / "a.db").write_bytes(gzip.compress(b"a"))
    for place in (tmp_path, *tmp_path.iterdir(), tmp_path / "none"):
        assert not FORMATS["trackio"].recognises(place)
        with pytest.raises(TableError):
            read_source(place, format="trackio")


def test_hostile_names_reach_the_report_escaped(tmp_path):
    bad = "<script>alert(1)</script>"
    connection = old_database(tmp_path)
    for i in range(12):
        config = {"lr": 0.1 * (i + 1), bad: i % 3}
        row = (f"{bad}{i}", json.dumps(config))
        connection.execute("INSERT INTO configs VALUES (NULL, ?, ?, '')", row)
        metrics = json.dumps({bad: 1 / (1 + i)})
        row = ("2025-09-01T00:00:00", f"{bad}{i}", 0, metrics)
        connection.execute("INSERT INTO metrics VALUES (NULL, ?, ?, ?, ?)", row)
    connection.commit()
    connection.close()
    found = audit_sweep(tmp_path / "old.db", objective=f"minimize:{bad}")
    assert "<script>alert" not in found.page()
