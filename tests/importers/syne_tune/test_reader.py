"""Tunings that Syne Tune ran, read without it: its reports, ranges, ends and marks."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from stored_folders import (
    HOSTILE,
    cut_everywhere,
    first_format,
    snapshot,
    stored_and_own,
)
from tunebook.auditing import audit, proposed_objectives
from tunebook.domain.errors import TableError
from tunebook.domain.space import Choice, Float, Integer, Scale
from tunebook.importers.sources import read_source

STORED = Path(__file__).parent / "stored"
NAMES = ("asha", "searched", "random")


stored, own = stored_and_own(STORED / "syne-tune-0.16.0.tar.xz")


def truth(folder, name):
    return folder / ("truth.json" if name == "asha" else f"{name}.json")


def rewrite(folder, change):
    """Put the table back as `change` leaves it, unzipped."""
    with zipfile.ZipFile(folder / "results.csv.zip") as packed:
        text = packed.read("results.csv").decode()
    (folder / "results.csv.zip").unlink()
    (folder / "results.csv").write_text(change(text))


def test_ranges_and_the_objective_are_those_that_were_declared(stored):
    found = read_source(stored / "asha")
    assert found.declared == {
        "lr": Float(1e-4, 1.0, Scale.LOG), "layers": Integer(1, 4), "dropout": Float(0.0, 0.5),
        "optimizer": Choice(("sgd", "adam")), "width": Integer(8, 64, Scale.LOG),
    }  # fmt: skip
    assert proposed_objectives(found) == ["minimize:loss"]
    assert proposed_objectives(read_source(stored / "random")) == ["maximize:accuracy"]


def test_what_chose_and_what_stopped_trials_is_known(stored):
    found = {name: read_source(stored / name) for name in NAMES}
    assert {name: set(own.chosen) for name, own in found.items()} == {
        "asha": {"random"}, "searched": {"REA"}, "random": {"random"},
    }  # fmt: skip
    assert [found[name].adaptive for name in NAMES] == [False, True, False]
    assert found["asha"].rows.stated.pruner == "ASHA"
    table = audit(found["asha"], objective="minimize:loss").table
    runs = json.loads(truth(stored, "asha").read_text())["runs"]
    pruned = {name for name, run in runs.items() if run["status"] == "pruned"}
    left_out = {text.partition(":")[0] for text in table.left_out if "pruned" in text}
    assert pruned and left_out == pruned


def test_a_scheduler_of_an_unknown_kind_is_no_independent_one(own):
    file = own / "random" / "metadata.json"
    read = json.loads(file.read_text())
    for name, searcher, expected in (
        ("MyScheduler", None, {"MyScheduler"}),
        ("AsynchronousSuccessiveHalving", None, set()),
    ):
        read["scheduler_name"] = name
        read["scheduler_kwargs"]["searcher"] = searcher
        file.write_text(json.dumps(read))
        assert set(read_source(own / "random").chosen) == expected


def test_a_trial_that_reported_nothing_is_named(own):
    (own / "random" / "99").mkdir()
    (own / "random" / "99" / "config.json").write_text("{}")
    assert any(text.startswith("99:") for text in read_source(own / "random").rows.left_out)


def test_reports_again_after_a_resume_replace_earlier_ones(own):
    def change(text):
        rows = text.strip().split("\n")
        first = [row for row in rows[1:] if row.split(",")[8] == "0"]
        again = [row.replace(",", ",9", 1) for row in first[3:6]]
        return "\n".join([*rows, *again]) + "\n"

    before = read_source(own / "searched")
    rewrite(own / "searched", change)
    after = read_source(own / "searched")
    at = after.rows.cells["trial"].index("0")
    assert len(before.curves.step[before.curves.trial == at]) == 18
    kept = (after.curves.trial == at) & (after.curves.metric == 0)
    assert after.curves.step[kept].tolist() == [1, 2, 3, 4, 5, 6]


def test_a_half_written_row_is_left_out_and_said(own):
    rewrite(own / "random", lambda text: text[: len(text.rstrip()) - 60])
    found = read_source(own / "random")
    assert any("half written" in note for note in found.rows.notes)


def test_reading_changes_nothing(own):
    before = snapshot(own)
    for name in NAMES:
        read_source(own / name)
    assert snapshot(own) == before


def test_results_beside_metadata_of_another_tool_are_no_tuning(tmp_path):
    (tmp_path / "results.csv").write_text("lr,loss\n0.1,1\n")
    (tmp_path / "metadata.json").write_text('{"created": "2026"}')
    assert first_format(tmp_path) != "syne-tune"


def test_several_tunings_are_listed(own):
    with pytest.raises(TableError) as refused:
        read_source(own)
    assert all(name in str(refused.value) for name in NAMES)
    assert len(read_source(own, study="searched").rows) == 7


def test_a_cut_file_never_ends_in_another_error(own):
    said = " ".join(cut_everywhere(own / "asha", "syne-tune", 6))
    assert "whole zip" in said and "not known" in said


def test_hostile_names_and_values_do_no_harm(own):
    quoted = '"' + HOSTILE.replace('"', '""') + '"'
    rewrite(own / "random", lambda t: t.replace("config_lr", quoted).replace("adam", quoted))
    found = read_source(own / "random")
    assert HOSTILE in found.rows.cells["config.optimizer"]


def test_no_trials_and_no_column_of_trials_are_refused(own):
    rewrite(own / "random", lambda text: text.partition("\n")[0] + "\n")
    with pytest.raises(TableError, match="no reports"):
        read_source(own / "random")
    (own / "random" / "results.csv").write_text("a,b\n1,2\n")
    with pytest.raises(TableError, match="trial_id"):
        read_source(own / "random")
