"""Runs of DVCLive: DVC's own numbers; cut off, damaged, hostile, and only one."""

from __future__ import annotations

import gzip
import hashlib
import json
import tarfile
from pathlib import Path

import pytest

from tunebook.auditing import audit as audit_sweep
from tunebook.domain.errors import TableError
from tunebook.importers.sources import FORMATS, read_source
from written_by_tools import Written, differences, write

STORED = Path(__file__).parent / "stored"


@pytest.fixture
def stored(tmp_path):
    with tarfile.open(STORED / "dvclive-3.49.1.tar.gz") as opened:
        opened.extractall(tmp_path, filter="data")
    truth = gzip.decompress((STORED / "dvclive-3.49.1.json.gz").read_bytes())
    return Written(folder=tmp_path, runs=json.loads(truth)["runs"])


def test_stored_runs_have_dvcs_own_numbers(stored):
    read = read_source(stored.folder / "exps")
    assert differences(read, stored) == []
    assert len(read.rows) == 12 and set(read.curves.metrics) == {"train/loss", "accuracy"}
    assert read.rows.cells["trial"] == [f"run{i}" for i in range(12)]  # 10 behind 9
    assert any("step 5, and count as complete: 1" in note for note in read.rows.notes)
    assert read.rows.cells["note.verdict"] == ["good"] * 12


def test_runs_of_dvclive_have_dvcs_own_numbers(tmp_path):
    written = write("dvclive", tmp_path)
    assert differences(read_source(tmp_path / "exps"), written) == []
    assert FORMATS["dvclive"].recognises(tmp_path)


def test_an_audit_takes_parameters_and_diverged_runs(stored):
    found = audit_sweep(stored.folder / "exps", objective="minimize:train/loss")
    assert set(found.table.config[0]) >= {"lr", "model.width", "model.act", "bias"}
    diverged = {
        name for name, run in stored.runs.items()
        if run["curves"]["train/loss"][1][-1] != run["curves"]["train/loss"][1][-1]
    }  # fmt: skip
    status = dict(zip(found.table.name, found.table.status, strict=True))
    assert diverged == {name for name, s in status.items() if s == "infeasible"} != set()


def test_reading_changes_nothing(stored):
    def state():
        files = [p for p in stored.folder.rglob("*") if p.is_file()]
        return {p: (hashlib.sha256(p.read_bytes()).digest(), p.stat().st_mtime_ns) for p in files}

    before = state()
    read_source(stored.folder / "exps")
    assert state() == before


def test_files_cut_off_are_read_to_their_last_whole_line(stored):
    run = stored.folder / "exps/run2"
    for file in (run / "plots/metrics/train/loss.tsv", run / "metrics.json", run / "params.yaml"):
        whole = file.read_bytes()
        for cut in range(len(whole)):
            file.write_bytes(whole[:cut])
            read = read_source(stored.folder / "exps")
            assert len(read.rows) + len(read.rows.left_out) == 12
            if file.suffix == ".tsv" and cut:
                own = read.curves.trial == 2
                own &= read.curves.metric == read.curves.metrics.index("train/loss")
                assert own.sum() == max(whole[:cut].count(b"\n") - 1, 0)
                half = any("half written" in note for note in read.rows.notes)
                assert half == (not whole[:cut].endswith(b"\n"))
            if file.suffix == ".json":
                assert read.rows.cells["result.train/loss"][2] != ""
        file.write_bytes(whole)


def test_one_run_and_no_run_are_refused_in_a_sentence(stored):
    with pytest.raises(TableError, match="dvc exp show"):
        read_source(stored.folder / "exps/run1")
    with pytest.raises(TableError, match="no run of DVCLive"):
        read_source(stored.folder / "exps", format="dvclive", study="absent")
    (stored.folder / "empty").mkdir()
    assert not FORMATS["dvclive"].recognises(stored.folder / "empty")
    with pytest.raises(TableError):
        read_source(stored.folder / "empty")


def test_parameters_beside_the_folder_of_a_run_are_taken(stored):
    run = stored.folder / "exps/run1"
    (run / "dvclive/params.yaml").rename(run / "params.yaml")
    read = read_source(stored.folder / "exps")
    assert differences(read, stored) == []
    assert any("params.yaml beside" in note for note in read.rows.notes)


def test_names_with_html_and_tags_of_yaml_stay_text(stored):
    html = "<script>alert(1)</script>"
    run = stored.folder / "exps/run2"
    (run / "params.yaml").write_text(f"lr: 0.1\n'{html}': !!python/object/apply:os.system ['x']\n")
    (run / "plots/metrics/<b>.tsv").write_text("step\t<b>\n0\t1\nx\ty\n1\t2\n1\t3\n")
    read = read_source(stored.folder / "exps")
    assert any("python/object/apply" in note for note in read.rows.notes)
    assert any(note.startswith("1 row of curves") for note in read.rows.notes)
    own = read.curves.metric == read.curves.metrics.index("<b>")
    assert read.curves.value[own].tolist() == [1.0, 3.0]
    page = audit_sweep(read, objective="minimize:train/loss").page()
    assert html not in page


def test_runs_without_the_objective_are_named(stored):
    found = audit_sweep(stored.folder / "exps", objective="minimize:train/loss")
    assert len(found.table.name) == 12
    with pytest.raises(TableError, match="train/los"):
        audit_sweep(stored.folder / "exps", objective="minimize:train/los")
