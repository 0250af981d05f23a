"""Files of W&B that are cut, damaged, of another version, or written to do harm."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import struct
import tarfile
from contextlib import suppress

import numpy as np
import pytest

from importers.wandb.samples import (
    BLOCK,
    STORED,
    ended,
    file_of,
    history,
    message,
    run_record,
    unpack,
)
from tunebook.auditing import audit as audit_sweep
from tunebook.domain.errors import TableError
from tunebook.importers.sources import FORMATS, read_source
from tunebook.importers.wandb.log import read_log


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    return unpack(tmp_path_factory.mktemp("wandb")).folder


def place(folder, name, content):
    run = folder / "wandb" / f"offline-run-20260101_000000-{name}"
    run.mkdir(parents=True)
    (run / f"run-{name}.wandb").write_bytes(content)
    return run / f"run-{name}.wandb"


def points(found):
    values = [None if np.isnan(v) else v for v in found.curves.value.tolist()]
    return list(zip(found.curves.step.tolist(), values, strict=True))


def test_a_file_cut_anywhere_is_read_up_to_its_last_whole_record(stored, tmp_path):
    file = next((stored / "wandb").glob("*/*.wandb"))
    whole, content = read_source(file), file.read_bytes()
    cut = tmp_path / "run-cut.wandb"
    read = []
    sizes = range(0, len(content), 7)
    for size in sizes:
        cut.write_bytes(content[:size])
        try:
            found = read_source(cut)
        except TableError:
            continue
        read.append(len(found.curves.value) if found.curves else 0)
        assert read[-1] == 0 or set(points(found)) <= set(points(whole))
        assert found.rows.cells["status"][0] in ("running", "crashed")
        assert any("without a record of their end" in note for note in found.rows.notes)
    assert read == sorted(read)
    assert max(read) == len(whole.curves.value)
    assert len(read) > len(sizes) * 0.9


@pytest.mark.parametrize(("later", "status"), [(60, "running"), (7200, "crashed")])
def test_a_run_without_an_end_is_running_until_it_is_silent_for_an_hour(
    later, status, tmp_path, monkeypatch
):
    told = 1700000000 + 5000
    rows = [history({"_step": 0, "loss": 1.0, "_timestamp": told + 0.5})]
    place(tmp_path, "a", file_of([run_record("a", {"lr": 1}), *rows]))
    monkeypatch.setattr("time.time", lambda: told + later)
    found = read_source(tmp_path)
    assert found.rows.cells["status"] == [status]
    assert any(status in note and ": a." in note for note in found.rows.notes)


def test_damage_costs_the_rest_of_its_block_and_is_counted(tmp_path):
    rows = [history({"_step": i, "loss": float(i)}) for i in range(5000)]
    content = bytearray(file_of([run_record("a", {"lr": 0.1}), *rows, ended()]))
    assert len(content) > 4 * BLOCK
    content[2 * BLOCK + 100] ^= 1
    found = read_source(place(tmp_path, "a", bytes(content)))
    gaps = np.flatnonzero(np.diff(found.curves.step) > 1)
    assert len(gaps) == 1
    assert found.rows.cells["status"] == ["finished"]
    assert any("Damaged" in note and ": 1." in note for note in found.rows.notes)


def test_random_damage_never_gives_another_error(stored, tmp_path):
    draw = random.Random(0)
    for i, file in enumerate(sorted(stored.glob("*/wandb/*/*.wandb"))):
        content = bytearray(file.read_bytes())
        for _ in range(1 + i % 4):
            content[draw.randrange(len(content))] = draw.randrange(256)
        bad = tmp_path / f"run-{i}.wandb"
        bad.write_bytes(content)
        with suppress(TableError):
            read_source(bad, format="wandb")


def test_records_that_make_no_sense_are_counted(tmp_path):
    draw = random.Random(1)
    noise = [draw.randbytes(draw.randrange(1, 40)) for _ in range(300)]
    half = history({"_step": 2, "loss": 0.25})[:-3]
    records = [run_record("a", {"lr": 0.1}), history({"_step": 1, "loss": 0.5}), half, *noise]
    found = read_source(place(tmp_path, "a", file_of(records)))
    assert (1, 0.5) in points(found)
    assert any("made no sense" in note for note in found.rows.notes)


def test_reading_changes_nothing(stored):
    def state():
        files = [f for f in stored.rglob("*") if f.is_file()]
        return {f: (hashlib.sha256(f.read_bytes()).digest(), f.stat().st_mtime_ns) for f in files}

    before = state()
    for file in before:
        file.chmod(0o444)
    read_source(stored)
    assert state() == before


def test_every_place_that_holds_runs_is_recognised(stored, tmp_path):
    run = next((stored / "wandb").glob("offline-run-*"))
    for own in (stored, stored / "wandb", run, next(run.glob("*.wandb"))):
        assert FORMATS["wandb"].recognises(own)
    (tmp_path / "wandb").mkdir()
    (tmp_path / "t.csv").write_text("lr,loss\n1,2\n")
    for other in (tmp_path, tmp_path / "wandb", tmp_path / "t.csv", tmp_path / "none"):
        assert not FORMATS["wandb"].recognises(other)
    assert len(read_source(stored.parent, format="wandb", study="digits/none").rows) > 8
    (tmp_path / "wandb" / "latest-run").symlink_to(run)
    (tmp_path / "wandb" / "offline-run-1-a").symlink_to(run)
    (tmp_path / "wandb" / "offline-run-1-b").symlink_to(run)
    assert len(read_source(tmp_path).rows) == 1


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no record of the run"),
        (b":W&B", "no record of the run"),
        (struct.pack("<4sHB", b":W&B", 0xBEE1, 1), "version 1"),
        (struct.pack("<4sHB", b":W&B", 0xBEE0, 0), "no file of W&B"),
        (gzip.compress(b"a" * 99, mtime=0), "no file of W&B"),
        (file_of([history({"_step": 0, "loss": 1.0})]), "no record of the run"),
    ],
)
def test_a_file_without_a_run_says_so(content, told, tmp_path):
    place(tmp_path, "a", content)
    with pytest.raises(TableError, match=told) as error:
        read_source(tmp_path)
    assert "run-a.wandb" in str(error.value)


def test_a_folder_without_runs_says_what_to_name(tmp_path):
    for at in (tmp_path, tmp_path / "none"):
        with pytest.raises(TableError):
            read_source(at, format="wandb")


def test_a_project_on_the_server_says_how_to_get_its_runs():
    with pytest.raises(TableError, match="wandb://a/b") as told:
        read_source("wandb://a/b")
    assert "CSV" in told.value.next_step


def test_a_run_that_can_not_be_read_is_named_and_the_others_are_read(tmp_path):
    place(tmp_path, "good", file_of([run_record("good", {"lr": 1}), ended()]))
    place(tmp_path, "new", struct.pack("<4sHB", b":W&B", 0xBEE1, 7))
    place(tmp_path, "empty", b"")
    found = read_source(tmp_path)
    assert found.rows.cells["trial"] == ["good"]
    assert len(found.rows.left_out) == 2
    assert any("run-new.wandb" in text and "newer" in text for text in found.rows.left_out)


def test_numbers_words_and_missing_keys(tmp_path):
    rows = [
        {"_step": 0, "a": float("nan"), "b": 1},
        {"_step": 1, "a": "NaN", "c": 10**400},
        {"_step": 2, "a": "Infinity", "b": True},
        {"_step": 4, "a": 0.1 + 0.2, "b": None, "d": "text"},
        {"_step": 3, "b": 3},
        {"_step": 4, "a": 0.5},
    ]
    records = [run_record("a", {"lr": 1}), *map(history, rows), ended()]
    found = read_source(place(tmp_path, "a", file_of(records)))
    curves, read = found.curves, {}
    for m, metric in enumerate(curves.metrics):
        own = curves.metric == m
        read[metric] = (curves.step[own].tolist(), curves.value[own].tolist())
    steps, values = read["a"]
    assert steps == [0, 1, 2, 4]
    assert np.isnan(values[:2]).all()
    assert values[2:] == [float("inf"), 0.5]
    assert read["b"] == ([0, 3], [1, 3])
    assert read["c"] == ([1], [float("inf")])
    assert any("d (str)" in note for note in found.rows.notes)


def test_configurations_nested_wrapped_changed_and_removed(tmp_path):
    config = {
        "lr": {"desc": None, "value": 0.1},
        "model": {"width": 64, "deep": {"act": "relu"}},
        "gone": 1,
        "_wandb": {"telemetry": {}},
    }
    update = message(
        f1=[message(f2=["model", "width"], f16="128"), message(f1="late", f16="null")]
    )
    drop = message(f2=[message(f1="gone")])
    records = [run_record("a", config), message(f5=update), message(f5=drop), ended()]
    found = read_source(place(tmp_path, "a", file_of(records)))
    read = {n: own for n, own in found.rows.cells.items() if n.startswith("config.")}
    assert read == {
        "config.lr": ["0.1"],
        "config.model.width": ["128"],
        "config.model.deep.act": ["relu"],
        "config.late": ["null"],
    }


def test_a_long_record_crosses_blocks(tmp_path):
    text = "x" * 100_000
    records = [run_record("a", {"lr": 1, "text": text}), history({"_step": 0, "l": 1.0}), ended()]
    content = file_of(records)
    assert read_log(content).records == records
    found = read_source(place(tmp_path, "a", content))
    assert found.rows.cells["config.text"] == [text]
    for size in (BLOCK - 1, BLOCK, BLOCK + 3, 2 * BLOCK):
        assert read_log(content[:size]).cut


def test_hostile_names_reach_the_report_escaped(tmp_path):
    bad = "<script>alert(1)</script>"
    for i in range(12):
        config = {bad: 10.0 ** -(i % 4), "lr": 0.1 * (i + 1), "a\x00\u202e": i}
        more = {"f8": f"{bad} {i}", "f6": bad, "f3": bad}
        rows = [history({"_step": s, bad + "loss": 1 / (s + i + 1)}) for s in range(3)]
        place(tmp_path, f"r{i}", file_of([run_record(f"r{i}", config, **more), *rows, ended()]))
    found = audit_sweep(read_source(tmp_path), objective=f"minimize:{bad}loss")
    assert "<script>alert" not in found.page()
    assert len(found.table.name) == 12


def test_files_beside_a_deleted_log_give_configuration_and_summary(tmp_path):
    for i in range(2):
        files = tmp_path / "wandb" / f"run-20260101_00000{i}-id{i}" / "files"
        files.mkdir(parents=True)
        (files / "config.yaml").write_text(
            "wandb_version: 1\n_wandb:\n  desc: null\n  value: {cli_version: 0.16.0}\n"
            f"lr:\n  desc: null\n  value: {0.1 * (i + 1)}\nopt: !!python/name:os.system\n"
            "model:\n  value:\n    width: 64\n"
        )
        summary = {
            "loss": 0.5 - i / 4,
            "nested": {"acc": 0.9},
            "_wandb": {"runtime": 7},
            "bad": "NaN",
        }
        (files / "wandb-summary.json").write_text(json.dumps(summary))
        about = {"startedAt": f"2026-01-01T00:00:0{2 - i}.5Z", "host": "node"}
        (files / "wandb-metadata.json").write_text(json.dumps(about))
    found = read_source(tmp_path)
    cells = found.rows.cells
    assert cells["trial"] == ["id1", "id0"]
    assert cells["config.lr"] == ["0.2", "0.1"]
    assert cells["config.model.width"] == ["64", "64"]
    assert cells["result.loss"] == ["0.25", "0.5"]
    assert cells["result.nested.acc"] == ["0.9", "0.9"]
    assert cells["result.bad"] == ["nan", "nan"]
    assert cells["seconds"] == ["7.0", "7.0"]
    assert found.curves is None
    assert any("id1, id0" in note for note in found.rows.notes)
    (files / "config.yaml").write_text("a: [")
    found = read_source(tmp_path)
    assert len(found.rows) == 1
    assert "config.yaml" in found.rows.left_out[0]


def test_a_summary_of_another_value_is_named_and_can_be_the_objective(tmp_path):
    for i in range(8):
        rows = [history({"_step": s, "loss": i + 1 / (1 + s)}) for s in range(4)]
        own = message(f3=message(f1=[message(f1="loss", f16=str(i * 2.5 + 1))]))
        records = [run_record(f"r{i}", {"lr": 0.1 * (i + 1)}), *rows, own, ended()]
        place(tmp_path, f"r{i}", file_of(records))
    found = read_source(tmp_path)
    assert any("result.loss" in note for note in found.rows.notes)
    curve = audit_sweep(found, objective="minimize:loss").table
    assert curve.value.tolist() == [i + 0.25 for i in range(8)]
    summary = audit_sweep(found, objective="minimize:result.loss").table
    assert summary.value.tolist() == [i * 2.5 + 1 for i in range(8)]


def test_a_fork_of_a_run_that_is_not_here_says_so(tmp_path):
    fork = message(f1="trunk", f2=3)
    rows = [history({"_step": s, "loss": 1.0}) for s in (4, 5)]
    place(tmp_path, "f", file_of([run_record("f", {"lr": 0.1}, f23=fork), *rows, ended()]))
    found = read_source(tmp_path)
    assert found.curves.step.tolist() == [4, 5]
    assert any("begin late" in note and ": f." in note for note in found.rows.notes)


def test_an_online_run_reads_the_same_from_its_log_and_from_the_files_beside_it(tmp_path):
    with tarfile.open(STORED.with_name("online-0.31.0.tar.xz")) as archive:
        archive.extractall(tmp_path, filter="data")
    from_log = read_source(tmp_path)
    next(tmp_path.glob("wandb/run-*/*.wandb")).unlink()
    from_files = read_source(tmp_path)
    assert from_log.rows.cells["status"] == ["finished"]
    assert from_log.curves.value[:5].tolist() == [1 / (1 + step) for step in range(5)]
    assert from_files.curves is None
    for found in (from_log, from_files):
        cells = found.rows.cells
        read = {n: own for n, own in cells.items() if n.startswith(("config.", "result."))}
        assert read == {
            "config.lr": ["0.1"],
            "config.model.width": ["64"],
            "config.s": ["1e-3"],
            "config.t": ["[1, 2]"],
            "result.loss": ["0.2"],
            "result.v.a": ["4.0"],
        }
        assert cells["trial"] == ["rid"]
        assert cells["start"][0].startswith("2026-12-01T06:")
        assert cells["note.host"] == ["vm"]
