"""Experiments that Ax ran, read without it: its values, curves, ranges, and what made each trial."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from stored_folders import (
    HOSTILE,
    assert_is_what_the_tool_says,
    first_format,
    snapshot,
    stored_and_own,
    unpack,
)
from tunebook.auditing import audit, proposed_objectives
from tunebook.domain.errors import TableError
from tunebook.domain.space import Choice, Float, Integer, Scale
from tunebook.importers.sources import read_source
from written_by_tools import write

STORED = Path(__file__).parent / "stored"
NAMES = ("bayesian", "two", "random")
MADE = {
    "Sobol": "quasi-random",
    "MBM": "BoTorch",
    "CenterOfSearchSpace": "by hand",
    "nan": "by hand",
}


stored, own = stored_and_own(STORED / "ax-1.3.1.tar.xz")


def truth(folder, name):
    return folder / ("truth.json" if name == "bayesian" else f"{name}.truth.json")


def changed(file, change):
    read = json.loads(file.read_text())
    change(read["experiment"])
    file.write_text(json.dumps(read))
    return file


@pytest.mark.parametrize("name", NAMES)
def test_every_number_and_generator_is_the_one_that_ax_has(stored, name):
    file = stored / f"{name}.json"
    assert first_format(file) == "ax"
    found = read_source(file)
    assert_is_what_the_tool_says(found, stored, truth(stored, name))
    runs = json.loads(truth(stored, name).read_text())["runs"]
    expected = [MADE[runs[trial]["chosen"]] for trial in found.rows.cells["trial"]]
    assert list(found.chosen) == expected
    assert found.adaptive is ("BoTorch" in expected)


def test_what_the_pinned_version_writes_is_read(tmp_path):
    folder = write("ax", tmp_path).folder
    for name in NAMES:
        found = read_source(folder / f"{name}.json")
        assert_is_what_the_tool_says(found, folder, truth(folder, name))
        assert all(found.chosen)


def test_ranges_and_objectives_are_those_that_were_declared(stored):
    found = read_source(stored / "bayesian.json")
    assert found.declared == {
        "lr": Float(1e-4, 1.0, Scale.LOG),
        "layers": Integer(1, 4),
        "dropout": Float(0.0, 0.5),
        "optimizer": Choice(("sgd", "adam", "lion")),
        "norm": Choice((False, True)),
    }
    assert proposed_objectives(found) == ["minimize:loss"]
    assert read_source(stored / "two.json").objectives == ("minimize:loss", "minimize:time")
    assert any("1 constraint" in note for note in found.rows.notes)
    limits = read_source(stored / "two.json").rows.notes
    assert any("1 outcome constraint" in note for note in limits)


def test_the_table_has_the_quasi_random_part_and_its_ends(stored):
    found = read_source(stored / "bayesian.json")
    assert found.rows.cells["status"][4:8] == ["failed", "pruned", "abandoned", "running"]
    table = audit(found, objective="minimize:loss").table
    assert table.adaptive
    assert [table.chosen[i] for i in np.flatnonzero(table.independent)] == ["quasi-random"] * 3
    assert table.cause[table.name.index("4")] == "out of memory"
    assert [text.partition(":")[0] for text in table.left_out] == ["5"]


def test_a_batch_is_a_row_for_each_arm(own):
    def change(experiment):
        trial = experiment["trials"]["2"]
        generator = trial.pop("generator_run")
        other = dict(generator["arms"][0], name="2_1", parameters={"lr": 0.5, "layers": 3})
        generator["arms"].append(other)
        trial |= {"__type": "BatchTrial", "generator_run_structs": [{"generator_run": generator}]}

    found = read_source(changed(own / "bayesian.json", change))
    assert found.rows.cells["trial"][2:4] == ["2/2_0", "2/2_1"]
    assert found.rows.cells["config.lr"][3] == "0.5"
    assert found.chosen[2:4] == ("quasi-random",) * 2


def test_objectives_of_earlier_versions_are_read(own):
    def single(experiment):
        experiment["optimization_config"]["objective"] = {
            "__type": "Objective", "metric": {"name": "loss"}, "minimize": False,
        }  # fmt: skip

    assert read_source(changed(own / "bayesian.json", single)).objectives == ("maximize:loss",)

    def scalar(experiment):
        experiment["optimization_config"]["objective"] = {"expression": "2*loss - time"}

    assert read_source(changed(own / "two.json", scalar)).objectives == ()


def test_reading_changes_nothing(own):
    before = snapshot(own)
    for name in NAMES:
        read_source(own / f"{name}.json")
    assert snapshot(own) == before


def test_a_cut_file_is_refused_in_a_sentence(own):
    file = own / "bayesian.json"
    whole = file.read_bytes()
    for end in (40, 100, len(whole) // 3, len(whole) // 2, len(whole) - 1):
        file.write_bytes(whole[:end])
        with pytest.raises(TableError, match="whole JSON") as refused:
            read_source(file, format="ax")
        assert refused.value.next_step


def test_another_file_and_an_empty_experiment_say_what_to_name(tmp_path):
    (tmp_path / "t.json").write_text("{}")
    with pytest.raises(TableError, match="no experiment of Ax") as refused:
        read_source(tmp_path / "t.json", format="ax")
    assert "save_to_json_file" in refused.value.next_step
    (tmp_path / "e.json").write_text('{"__type": "Experiment", "trials": {}}')
    with pytest.raises(TableError, match="no trials"):
        read_source(tmp_path / "e.json")
    with pytest.raises(TableError, match="can't be read"):
        read_source(tmp_path / "none.json", format="ax")


@pytest.mark.parametrize("odd", [None, 5, [], "x", {"x": {}}])
@pytest.mark.parametrize("part", ["search_space", "optimization_config", "data_by_trial"])
def test_parts_of_another_form_cost_only_what_they_say(part, odd, own):
    found = read_source(changed(own / "bayesian.json", lambda e: e.__setitem__(part, odd)))
    assert len(found.rows) == 9


def test_hostile_names_and_values_do_no_harm(own):
    def change(experiment):
        arm = experiment["trials"]["2"]["generator_run"]["arms"][0]
        arm["parameters"] |= {HOSTILE: HOSTILE, "deep": [None, {"a": float("nan")}]}
        experiment["search_space"]["parameters"] += [None, {"name": HOSTILE}, {"__type": 5}]
        experiment["trials"]["3"]["generator_run"] = None
        experiment["trials"]["8"]["time_completed"] = {"value": 5}

    found = read_source(changed(own / "bayesian.json", change))
    assert f"config.{HOSTILE}" in found.rows.header
    assert len(audit(found, objective="minimize:loss").table)


def test_what_the_client_of_earlier_versions_saved_is_read(tmp_path):
    folder = unpack(STORED / "ax-0.5.0.tar.xz", tmp_path)
    file, expected = folder / "axclient.json", folder / "axclient.truth.json"
    assert first_format(file) == "ax"
    found = read_source(file)
    assert_is_what_the_tool_says(found, folder, expected)
    made = {"None": "by hand", "Sobol": "quasi-random", "BoTorch": "BoTorch"}
    runs = json.loads(expected.read_text())["runs"]
    assert list(found.chosen) == [made[run["chosen"]] for run in runs.values()]
    assert found.objectives == ("minimize:loss",)
    assert found.declared["lr"] == Float(1e-4, 1.0, Scale.LOG)
