"""Projects that Keras Tuner searched, read without it: its values, ranges, ends and marks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stored_folders import (
    HOSTILE,
    cut_everywhere,
    first_format,
    snapshot,
    stored_and_own,
)
from tunebook.auditing import audit as audit_sweep
from tunebook.auditing import proposed_objectives
from tunebook.domain.errors import TableError
from tunebook.domain.space import Choice, Float, Integer, Scale
from tunebook.importers.sources import read_source

STORED = Path(__file__).parent / "stored"
NAMES = ("bayesian", "random", "hyperband", "grid")


stored, own = stored_and_own(STORED / "keras-tuner-1.4.8.tar.xz")


def truth(folder, name):
    return folder / ("truth.json" if name == "bayesian" else f"{name}.json")


def test_ranges_and_the_objective_are_those_that_were_declared(stored):
    found = read_source(stored / "bayesian")
    assert found.declared["lr"] == Float(1e-4, 10.0, Scale.LOG)
    assert found.declared["layers"] == Integer(0, 2)
    assert found.declared["width_1"] == Integer(2, 16, Scale.LOG)
    assert found.declared["bias"] == Choice((False, True))
    assert found.declared["optimizer"] == Choice(("sgd", "adam"))
    assert proposed_objectives(found) == ["minimize:val_loss"]
    table = audit_sweep(found, objective="minimize:val_loss").table
    momentum = {"momentum" in branch.axes for branch in table.branches.values()}
    assert momentum == {True, False}
    assert not table.inferred_space


def test_what_chose_each_trial_is_known_where_the_oracle_says_so(stored):
    found = {name: read_source(stored / name) for name in NAMES}
    runs = json.loads(truth(stored, "bayesian").read_text())["runs"]
    ended = [runs[name]["status"] == "complete" for name in found["bayesian"].rows.cells["trial"]]
    fitted = [sum(ended[:i]) >= 4 for i in range(len(ended))]
    assert [name == "a Gaussian process" for name in found["bayesian"].chosen] == fitted
    assert set(found["hyperband"].chosen) == {"random"}
    assert found["hyperband"].rows.stated.pruner == "Hyperband"
    for name in ("random", "grid"):
        assert found[name].adaptive is None and not found[name].chosen
        assert any("look alike" in note for note in found[name].rows.notes)


def test_hyperbands_own_values_are_no_hyperparameters_and_short_trials_are_pruned(stored):
    found = read_source(stored / "hyperband")
    table = audit_sweep(found, objective="minimize:val_loss").table
    assert not any(name.startswith("tuner/") for config in table.config for name in config)
    epochs = dict(
        zip(found.rows.cells["trial"], found.rows.cells["note.tuner/epochs"], strict=True)
    )
    short = {name for name, own in epochs.items() if own != "4"}
    runs = json.loads(truth(stored, "hyperband").read_text())["runs"]
    ended = {name for name, run in runs.items() if run["status"] != "failed"}
    assert {text.partition(":")[0] for text in table.left_out} == short & ended


def test_reading_changes_nothing(own):
    before = snapshot(own)
    for name in NAMES:
        read_source(own / name)
    assert snapshot(own) == before


def test_a_trial_that_is_half_written_is_left_out_and_named(own):
    file = own / "random" / "trial_1" / "trial.json"
    file.write_bytes(file.read_bytes()[:300])
    (own / "random" / "trial_2" / "trial.json").unlink()
    found = read_source(own / "random")
    assert len(found.rows) == 3
    assert [text.partition(":")[0] for text in found.rows.left_out] == ["1", "2"]


def test_without_the_oracle_trials_say_the_space(own):
    whole = read_source(own / "bayesian")
    (own / "bayesian" / "oracle.json").unlink()
    assert first_format(own / "bayesian") == "keras-tuner"
    found = read_source(own / "bayesian")
    assert found.declared == whole.declared
    assert any("oracle.json is missing" in note for note in found.rows.notes)


def test_several_projects_are_listed(own):
    assert first_format(own) == "keras-tuner"
    with pytest.raises(TableError) as refused:
        read_source(own)
    assert all(name in str(refused.value) for name in NAMES)
    assert len(read_source(own, study="grid").rows) == 4


def test_a_cut_file_never_ends_in_another_error(own):
    said = [*cut_everywhere(own / "bayesian", "keras-tuner", 5)]
    assert any("whole JSON" in text for text in said)


def test_hostile_names_and_values_do_no_harm(own):
    file = own / "random" / "trial_0" / "trial.json"
    state = json.loads(file.read_text())
    state["hyperparameters"]["values"] |= {HOSTILE: HOSTILE, "deep": [None, {"a": 1}]}
    state["hyperparameters"]["space"] += [None, {"config": None}, {"config": {"name": 5}}]
    state["metrics"]["metrics"] |= {HOSTILE: {"observations": [{"value": ["x"]}, 3]}, "m": 5}
    file.write_text(json.dumps(state))
    found = read_source(own / "random")
    assert f"config.{HOSTILE}" in found.rows.header
    assert len(found.rows) == 5
    assert len(audit_sweep(found, objective="minimize:val_loss").table)


@pytest.mark.parametrize("text", ["[]", "", "{", '"x"'])
def test_files_of_another_form_are_refused_in_a_sentence(text, tmp_path):
    (tmp_path / "trial_0").mkdir()
    (tmp_path / "trial_0" / "trial.json").write_text(text)
    (tmp_path / "oracle.json").write_text(text)
    with pytest.raises(TableError, match="no trial that can be read") as refused:
        read_source(tmp_path)
    assert refused.value.next_step


def test_a_trial_without_values_and_metrics_is_a_row_without_a_result(own):
    state = {"hyperparameters": 5, "metrics": [], "status": "RUNNING"}
    (own / "random" / "trial_0" / "trial.json").write_text(json.dumps(state))
    found = read_source(own / "random")
    assert found.rows.cells["status"][0] == "running"
    assert found.rows.cells["result.val_loss"][0] == ""
