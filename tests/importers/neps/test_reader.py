"""Runs of NePS, read without it: its results, learning curves, rungs and marks."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from stored_folders import (
    HOSTILE,
    cut_everywhere,
    snapshot,
    stored_and_own,
)
from tunebook.auditing import audit, proposed_objectives
from tunebook.domain.errors import TableError
from tunebook.importers.neps.optimizer import Optimizer
from tunebook.importers.sources import read_source

STORED = Path(__file__).parent / "stored"
NAMES = ("bayesian", "asha", "random")
OBJECTIVE = "objective_to_minimize"


stored, own = stored_and_own(STORED / "neps-0.17.0.tar.xz")


def truth(folder, name):
    return folder / ("truth.json" if name == "bayesian" else f"{name}.json")


def test_trials_of_lower_rungs_are_pruned_and_epochs_are_no_hyperparameter(stored):
    found = read_source(stored / "asha")
    assert proposed_objectives(found) == [f"minimize:{OBJECTIVE}"]
    assert found.rows.stated.pruner == "asha"
    table = audit(found, objective=f"minimize:{OBJECTIVE}").table
    assert not any("epochs" in config for config in table.config)
    epochs = dict(zip(found.rows.cells["trial"], found.rows.cells["note.epochs"], strict=True))
    complete = [n for n, done in zip(table.name, table.complete, strict=True) if done]
    assert complete and {epochs[name] for name in complete} == {"9.0"}


def test_what_chose_each_trial_is_known(stored):
    found = {name: read_source(stored / name) for name in NAMES}
    results = found["bayesian"].rows.cells[f"result.{OBJECTIVE}"]
    before = [sum(map(bool, results[:i])) for i in range(len(results))]
    expected = ["random" if there < 3 else "bayesian_optimization" for there in before]
    assert list(found["bayesian"].chosen) == expected
    assert set(found["asha"].chosen) == set(found["random"].chosen) == {"random"}
    assert [found[name].adaptive for name in NAMES] == [True, False, False]


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ({"name": "hyperband", "sampler": "prior"}, "random"),
        ({"name": "hyperband", "sampler": "priorband"}, "hyperband"),
        ({"name": "neps_grid_search"}, "grid"),
        ({"name": "ifbo", "initial": "ndim"}, "ifbo"),
        ({"name": "bayesian_optimization"}, "bayesian_optimization"),
        ({}, ""),
    ],
)
def test_no_optimizer_but_a_known_one_passes_as_independent(told, name):
    assert Optimizer(**told).choosers(["1"], [True], 2) == [name]


def test_a_crashed_trial_has_its_cause_and_no_result(stored):
    found = {name: read_source(stored / name) for name in NAMES}
    crashed = [
        (found[name].rows.cells["cause"][i], found[name].rows.cells[f"result.{OBJECTIVE}"][i])
        for name in NAMES
        for i, status in enumerate(found[name].rows.cells["status"])
        if status == "crashed"
    ]
    assert crashed and set(crashed) == {("CUDA out of memory", "")}


def test_reading_changes_nothing(own):
    before = snapshot(own)
    for name in NAMES:
        read_source(own / name)
    assert snapshot(own) == before


def test_several_runs_are_listed(own):
    with pytest.raises(TableError) as refused:
        read_source(own)
    assert all(name in str(refused.value) for name in NAMES)
    assert len(read_source(own, study="random").rows) == 5


def test_a_configuration_that_is_half_written_is_left_out_and_named(own):
    configs = own / "random" / "configs"
    (configs / "config_2" / "config.yaml").write_text("lr: [0.1\n")
    (configs / "config_3" / "config.yaml").unlink()
    (configs / "config_4" / "report.yaml").unlink()
    (configs / "config_4" / "metadata.json").write_text('{"state": "evaluating"}')
    found = read_source(own / "random")
    assert sorted(text.partition(":")[0] for text in found.rows.left_out) == ["2", "3"]
    status = dict(zip(found.rows.cells["trial"], found.rows.cells["status"], strict=True))
    assert status["4"] == "running"


def test_a_cut_file_never_ends_in_another_error(own):
    for extra in ("4", "5"):
        shutil.rmtree(own / "random" / "configs" / f"config_{extra}")
    assert [*cut_everywhere(own / "random", "neps", 4)]


def test_tags_of_python_are_ignored_and_said(own):
    file = own / "random" / "configs" / "config_1" / "config.yaml"
    file.write_text(file.read_text() + "run: !!python/object/apply:os.system ['touch /tmp/x']\n")
    found = read_source(own / "random")
    assert any("python/object/apply" in note for note in found.rows.notes)


def test_hostile_names_and_values_do_no_harm(own):
    configs = own / "random" / "configs"
    (configs / "config_1" / "config.yaml").unlink()
    (configs / "config_1" / "config.json").write_text(
        json.dumps({HOSTILE: HOSTILE, "lr": 1e-3, "deep": [{}], "none": None})
    )
    (configs / "config_2" / "report.yaml").write_text("objective_to_minimize: [1, .nan, x]\n")
    (configs / "config_3" / "report.yaml").write_text("learning_curve: [1, [2], null]\n")
    found = read_source(own / "random")
    assert f"config.{HOSTILE}" in found.rows.header
    assert found.rows.cells[f"result.{OBJECTIVE}_0"][1] == "1.0"


def test_an_empty_run_says_what_to_name(tmp_path):
    (tmp_path / "configs").mkdir()
    (tmp_path / "optimizer_info.yaml").write_text("name: [x\n")
    with pytest.raises(TableError, match="no configuration") as refused:
        read_source(tmp_path)
    assert refused.value.next_step
