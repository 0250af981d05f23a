"""Versions that Lightning's CSVLogger wrote: the numbers that it was given, the hyperparameters."""

from __future__ import annotations

import hashlib
import json
import shutil
import tarfile
from pathlib import Path

import pytest

from tunebook.auditing import audit, proposed_objectives
from tunebook.domain.errors import TableError, TunebookError
from tunebook.importers.sources import format_of, read_source
from written_by_tools import Written, differences, write

STORED = Path(__file__).parent / "stored"


@pytest.fixture
def logs(tmp_path):
    with tarfile.open(STORED / "lightning_logs.tar.gz") as kept:
        kept.extractall(tmp_path, filter="data")
    return tmp_path / "lightning_logs"


def test_every_number_is_one_that_lightning_gave_to_its_logger(tmp_path):
    written = write("lightning_csv", tmp_path, here=True)
    found = read_source(written.folder / "lightning_logs")
    assert differences(found, written) == []
    assert proposed_objectives(found)[0] == "minimize:val_loss"


def test_stored_logs_are_recognised_and_read_as_they_were(logs):
    written = Written(folder=logs, runs=json.loads((logs / "truth.json").read_text())["runs"])
    assert format_of(logs) == format_of(logs / "version_1") == "lightning"
    found = read_source(logs)
    assert differences(found, written) == []
    assert any("version_5 continues version_4" in note for note in found.rows.notes)
    assert any("python/tuple" in note for note in found.rows.notes)
    table = audit(found, objective="minimize:val_loss").table
    assert len(table) == 5 and {"lr", "width", "act"} <= set(table.config[0])
    assert [len(table.curves["val_loss"].of(i)[0]) for i in range(5)] == [5] * 5


def test_a_version_and_the_folder_above_are_read_too(logs):
    assert read_source(logs / "version_0").rows.cells["trial"] == ["version_0"]
    above = read_source(logs.parent).rows.cells["trial"]
    assert above[:2] == ["lightning_logs/version_0", "lightning_logs/version_1"]


def test_reading_changes_nothing(logs):
    def fingerprints():
        return {p: (hashlib.sha256(p.read_bytes()).digest(), p.stat().st_mtime_ns)
                for p in logs.rglob("*") if p.is_file()}  # fmt: skip

    before = fingerprints()
    read_source(logs)
    assert fingerprints() == before


def test_a_table_cut_anywhere_is_read_up_to_its_last_whole_line(logs):
    file = logs / "version_0/metrics.csv"
    whole = file.read_bytes()
    counts = []
    for end in range(0, len(whole), 7):
        file.write_bytes(whole[:end])
        found = read_source(logs)
        there = "version_0" in found.rows.cells["trial"]
        counts.append(int((found.curves.trial == 0).sum()) if there else 0)
        if not there:
            assert any(text.startswith("version_0: ") for text in found.rows.left_out)
        elif whole[end - 1 : end] not in (b"\r", b"\n"):
            assert any("half-written" in note for note in found.rows.notes)
    assert counts == sorted(counts) and counts[0] == 0


def test_yaml_cut_anywhere_gives_a_run_or_a_sentence(logs):
    file = logs / "version_2/hparams.yaml"
    whole = file.read_text()
    for end in range(0, len(whole), 3):
        file.write_text(whole[:end])
        found = read_source(logs)
        places = [t.split(":")[0] for t in found.rows.left_out] + found.rows.cells["trial"]
        assert "version_2" in places


@pytest.mark.parametrize(
    "content",
    [b"", b"step,loss\n", b"a,b\n1,2\n", b"step,loss\nx,1\n1,tensor(2)\n", b"\xff\xfe\x00\x01\n2\n",
     b'step,"lo', b"step,loss\n1e400,1\nnan,2\n", b"step,step\n1,2\n", b"step,loss\n1,2,3\n1\n"],
)  # fmt: skip
def test_other_tables_are_left_out_with_a_reason(logs, content):
    for version in range(1, 6):
        (logs / f"version_{version}/metrics.csv").write_bytes(content)
    found = read_source(logs)
    assert found.rows.cells["trial"] == ["version_0"]
    assert len(found.rows.left_out) == 5
    (logs / "version_0/metrics.csv").write_bytes(content)
    with pytest.raises(TunebookError):
        read_source(logs)


def test_replicates_are_no_resumed_runs(logs):
    shutil.copytree(logs / "version_0", logs / "version_6")
    assert read_source(logs).rows.cells["trial"][-1] == "version_6"


def test_two_sweeps_are_listed_and_one_is_named(logs, tmp_path):
    both = tmp_path / "both"
    shutil.copytree(logs, both / "a")
    shutil.copytree(logs, both / "b")
    assert len(read_source(both).rows) == 10  # of one script, with a name for each logger
    for file in (both / "b").glob("*/hparams.yaml"):
        file.write_text("momentum: 0.9\n")
    with pytest.raises(TableError) as told:
        read_source(both)
    assert "a, b" in str(told.value) and "--study" in str(told.value)
    assert len(read_source(both, study="a").rows) == 5
    with pytest.raises(TableError, match='"c"'):
        read_source(both, study="c")


def test_what_has_no_metrics_says_what_to_name(tmp_path):
    with pytest.raises(TableError, match=r"no metrics\.csv"):
        read_source(tmp_path, format="lightning")
    (tmp_path / "version_0").mkdir()
    (tmp_path / "version_0/hparams.yaml").write_text("lr: 1")
    with pytest.raises(TableError, match="no version has metrics"):
        read_source(tmp_path, format="lightning")
