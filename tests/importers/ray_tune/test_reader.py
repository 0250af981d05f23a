"""Experiments that Ray Tune ran, read without it: its numbers, curves, ends and marks."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from stored_folders import (
    HOSTILE,
    cut_everywhere,
    first_format,
    snapshot,
    stored_and_own,
    unpack,
)
from tunebook.auditing import audit as audit_sweep
from tunebook.auditing import proposed_objectives
from tunebook.domain.errors import TableError
from tunebook.importers.sources import read_source

STORED = Path(__file__).parent / "stored"
NAMES = ("random", "searched", "population", "restored")


stored, own = stored_and_own(STORED / "ray-2.60.0.tar.xz")


def truth(folder, name):
    return folder / ("truth.json" if name == "random" else f"{name}.json")


def test_what_chose_the_trials_is_told_by_the_folder(stored):
    marks = {name: set(read_source(stored / name).chosen) for name in NAMES}
    assert marks == {
        "random": {"random"}, "searched": {"OptunaSearch"},
        "population": {"population-based training"}, "restored": {"random"},
    }  # fmt: skip


def test_what_chose_and_what_stopped_trials_is_known(stored):
    found = {name: read_source(stored / name) for name in NAMES}
    assert {name: own.adaptive for name, own in found.items()} == {
        "random": False, "searched": True, "population": True, "restored": False,
    }  # fmt: skip
    assert found["random"].rows.stated.pruner == "ASHA"
    assert set(found["random"].chosen) == {"random"}
    assert set(found["searched"].chosen) == {"OptunaSearch"}
    assert set(found["population"].chosen) == {"population-based training"}
    for name in ("random", "searched", "population"):
        assert found[name].objectives == ("minimize:loss",)


def test_the_table_leaves_pruned_trials_out_and_knows_why_others_failed(stored):
    found = read_source(stored / "random")
    assert proposed_objectives(found) == ["minimize:loss"]
    table = audit_sweep(found, objective="minimize:loss").table
    runs = json.loads(truth(stored, "random").read_text())["runs"]
    pruned = {name for name, run in runs.items() if run["status"] == "pruned"}
    assert pruned and {text.partition(":")[0] for text in table.left_out} == pruned
    reached = dict(zip(table.name, table.value.tolist(), strict=True))
    for name, run in runs.items():
        if run["status"] == "complete":
            assert reached[name] == run["results"]["loss"]
    failed = [i for i, name in enumerate(table.name) if runs[name]["status"] == "failed"]
    assert failed
    assert {table.cause[i] for i in failed} == {"out of memory"}
    assert list(table.config[0]) == ["lr", "optimizer", "model.layers", "model.norm", "batch"]


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        ("Traceback\nRuntimeError: shapes (3, 4) and (5,) differ\n", "crashed"),
        (
            "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB\n\n",
            "out of memory",
        ),
        (
            "ray.exceptions.ActorDiedError: The actor died because its node has died.\n",
            "machine lost",
        ),
    ],
)
def test_the_end_of_an_error_says_the_cause(error, cause, own):
    for file in (own / "random").glob("*/error.txt"):
        file.write_text(error)
    table = audit_sweep(own / "random", objective="minimize:loss").table
    assert {str(c) for c in table.cause if c} == {cause}


def test_a_population_is_said_to_change_its_configurations(stored):
    notes = " ".join(read_source(stored / "population").rows.notes)
    changed = [p for p in (stored / "population").glob("*/result.json") if _configs(p) > 1]
    assert changed
    assert f"{len(changed)} trial" in notes and "(lr)" in notes


def _configs(file):
    return len({json.dumps(json.loads(row)["config"]) for row in file.read_text().splitlines()})


def test_reports_before_a_restore_are_replaced_and_counted(stored):
    found = read_source(stored / "restored")
    assert any("8 reports" in note for note in found.rows.notes)
    for i in range(4):
        own = (found.curves.trial == i) & (found.curves.metric == 0)
        assert found.curves.step[own].tolist() == list(range(1, 10))


def test_reading_changes_nothing(own):
    before = snapshot(own)
    for path in own.rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    for name in NAMES:
        read_source(own / name)
    assert snapshot(own) == before
    for path in own.rglob("*"):
        path.chmod(0o755)


def test_params_json_that_is_missing_costs_nothing(own):
    expected = read_source(own / "random").rows.cells
    for file in own.rglob("params.json"):
        file.unlink()
    assert read_source(own / "random").rows.cells == expected


def test_without_a_state_trials_are_read_from_their_folders(own):
    whole = read_source(own / "random")
    for name in ("experiment_state-*", "tuner.pkl"):
        for file in (own / "random").glob(name):
            file.unlink()
    assert first_format(own / "random") == "ray"
    found = read_source(own / "random")
    same = dict(zip(whole.rows.cells["trial"], whole.rows.cells["config.lr"], strict=True))
    assert dict(zip(found.rows.cells["trial"], found.rows.cells["config.lr"], strict=True)) == same
    assert found.adaptive is None and not found.chosen
    pruned = whole.rows.cells["status"].count("pruned")
    assert found.rows.cells["status"].count("pruned") == pruned
    assert any("scheduler" in note and f"{pruned} trials" in note for note in found.rows.notes)


def test_several_experiments_are_listed(own):
    with pytest.raises(TableError) as refused:
        read_source(own)
    assert all(name in str(refused.value) for name in NAMES)
    assert "--study" in refused.value.next_step
    assert len(read_source(own, study="population").rows) == 4
    with pytest.raises(TableError, match="random"):
        read_source(own, study="randon")


def test_two_experiments_in_one_folder_are_told_apart_by_session(own):
    for path in (own / "searched").iterdir():
        shutil.move(path, own / "random" / path.name)
    with pytest.raises(TableError, match="2 experiments") as refused:
        read_source(own / "random")
    sessions = [p.name[17:-5] for p in (own / "random").glob("experiment_state-*")]
    assert all(session in str(refused.value) for session in sessions)
    rows = [len(read_source(own / "random", study=session).rows) for session in sessions]
    assert sorted(rows) == [6, 16]


def test_a_cut_file_never_ends_in_another_error(own):
    for unused in ("searched", "restored"):
        shutil.rmtree(own / unused)
    said = [*cut_everywhere(own / "population", "ray", 4)]
    assert any("half written" in text for text in said)
    for extra in (own / "random").glob("*0000[3-9]*"):
        shutil.rmtree(extra)
    assert [*cut_everywhere(own / "random", "ray", 4)]


def test_a_pickled_value_is_left_out_and_named(own):
    file = next((own / "random").glob("experiment_state-*"))
    state = json.loads(file.read_text())
    trial = json.loads(state["trial_data"][0][0])
    trial["config"]["callback"] = {"_type": "CLOUDPICKLE_FALLBACK", "value": "80054e2e"}
    state["trial_data"][0][0] = json.dumps(trial)
    file.write_text(json.dumps(state))
    (own / "random" / trial["relative_logdir"] / "result.json").unlink()
    found = read_source(own / "random")
    assert any("callback" in note and "pickled" in note for note in found.rows.notes)
    assert not any("callback" in name for name in found.rows.header)


def test_hostile_names_and_values_do_no_harm(own):
    file = next((own / "random").glob("*/result.json"))
    rows = [json.loads(row) for row in file.read_text().splitlines()]
    for row in rows:
        row |= {HOSTILE: 1.0, "loss": float("nan"), "text": HOSTILE, "big": 10**400}
        row["config"] |= {HOSTILE: HOSTILE, "deep": [{"a": 1}]}
    file.write_text("\n".join(json.dumps(row) for row in rows) + "\n[]\n")
    found = read_source(own / "random")
    assert f"config.{HOSTILE}" in found.rows.header
    assert any("no JSON object" in note for note in found.rows.notes)
    assert np.isnan(found.curves.value).any()
    assert len(audit_sweep(found, objective="minimize:loss").table)


def test_an_empty_folder_says_what_to_name(tmp_path):
    with pytest.raises(TableError, match="no experiment") as refused:
        read_source(tmp_path, format="ray")
    assert "folder" in refused.value.next_step
    (tmp_path / "experiment_state-2026.json").write_text("{}")
    with pytest.raises(TableError, match="no trials"):
        read_source(tmp_path)


def test_the_state_of_earlier_versions_is_read(tmp_path):
    """Until 2.6 a trial was one text; 2.5.1 reads `progress.csv`, with an error in the last bit."""
    folder = unpack(STORED / "ray-2.5.1.tar.xz", tmp_path)
    found = read_source(folder / "old")
    runs = json.loads((folder / "truth.json").read_text())["runs"]
    assert set(found.rows.cells["trial"]) == set(runs)
    for i, name in enumerate(found.rows.cells["trial"]):
        assert found.rows.cells["status"][i] == runs[name]["status"]
        assert float(found.rows.cells["config.lr"][i]) == runs[name]["config"]["lr"]
        own = found.curves.trial == i
        steps, values = runs[name]["curves"]["loss"]
        assert found.curves.step[own].tolist() == steps
        assert found.curves.value[own] == pytest.approx(values, rel=1e-15, abs=0)
    assert found.rows.stated.pruner == "ASHA"
    assert set(found.chosen) == {"random"}
