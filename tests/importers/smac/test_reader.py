"""Runs of SMAC, read without it: its costs, replicates, ranges, and what chose each trial."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from stored_folders import (
    HOSTILE,
    assert_is_what_the_tool_says,
    cut_everywhere,
    first_format,
    snapshot,
    stored_and_own,
)
from tunebook.auditing import audit, proposed_objectives
from tunebook.domain.errors import TableError
from tunebook.domain.space import Choice, Float, Integer, Scale
from tunebook.importers.smac.space import chooser
from tunebook.importers.sources import read_source

STORED = Path(__file__).parent / "stored"
NAMES = ("blackbox", "hyperband", "random")


stored, own = stored_and_own(STORED / "smac-2.4.1.tar.xz")


def truth(folder, name):
    return folder / ("truth.json" if name == "blackbox" else f"{name}.json")


@pytest.mark.parametrize("name", NAMES)
def test_the_folder_of_one_run_is_read_as_well(stored, name):
    place = stored / name / "1"
    assert first_format(place) == "smac"
    assert_is_what_the_tool_says(read_source(place), stored, truth(stored, name))


def test_ranges_and_the_objective_are_those_that_were_declared(stored):
    found = read_source(stored / "blackbox")
    assert found.declared == {
        "lr": Float(1e-4, 1.0, Scale.LOG), "layers": Integer(1, 4), "rank": Integer(8, 32),
        "optimizer": Choice(("sgd", "adam")), "momentum": Float(0.0, 0.9),
    }  # fmt: skip
    assert proposed_objectives(found) == ["minimize:cost"]
    table = audit(found, objective="minimize:cost").table
    assert {"momentum" in branch.axes for branch in table.branches.values()} == {True, False}


def test_rows_of_one_configuration_are_replicates_by_seed(stored):
    found = read_source(stored / "blackbox")
    table = audit(found, objective="minimize:cost").table
    runs = json.loads(truth(stored, "blackbox").read_text())["runs"]
    seeds = dict(zip(table.name, table.seed, strict=True))
    assert seeds == {name: int(name.split(" seed ")[1]) for name in runs if name in seeds}
    assert len(set(seeds.values())) > 1
    assert not any("seed" in config for config in table.config)


def test_smaller_budgets_count_as_pruned(stored):
    found = read_source(stored / "hyperband")
    assert found.rows.stated.pruner == "Hyperband"
    short = [n for n in found.rows.cells["trial"] if not n.endswith("budget 9")]
    by_name = dict(zip(found.rows.cells["trial"], found.rows.cells["status"], strict=True))
    assert {by_name[name] for name in short} <= {"pruned", "crashed"}
    assert "pruned" not in {by_name[n] for n in by_name if n not in short}


def test_what_chose_each_configuration_is_known(stored):
    found = {name: read_source(stored / name) for name in NAMES}
    ids = found["blackbox"].rows.cells["note.config_id"]
    scenario = json.loads((stored / "blackbox" / "1" / "scenario.json").read_text())
    design = scenario["_meta"]["initial_design"]["n_configs"]
    chosen = dict(zip(ids, found["blackbox"].chosen, strict=True))
    assert all(chosen[str(i)] == "quasi-random" for i in range(1, design + 1))
    assert set(found["blackbox"].chosen) == {"quasi-random", "a Gaussian process"}
    assert found["blackbox"].adaptive and found["random"].adaptive is False
    assert set(found["random"].chosen) == {"by hand", "random"}


@pytest.mark.parametrize(
    ("origin", "name"),
    [
        ("Initial Design: Latin Hypercube", "quasi-random"),
        ("Initial Design: Factorial", "grid"),
        ("Random Search", "random"),
        ("Acquisition Function Maximizer: Random Search (sorted)", "Forest of a new kind"),
        ("Custom", ""),
        ("", ""),
    ],
)
def test_no_origin_but_a_known_one_passes_as_independent(origin, name):
    assert chooser(origin, 99, {"model": {"name": "Forest of a new kind"}}) == name


def test_crashed_trials_have_no_cost_but_a_cause(stored):
    found = read_source(stored / "blackbox")
    table = audit(found, objective="minimize:cost").table
    crashed = [i for i, status in enumerate(found.rows.cells["status"]) if status == "crashed"]
    assert crashed and all(found.rows.cells["result.cost"][i] == "" for i in crashed)
    names = {found.rows.cells["trial"][i] for i in crashed}
    causes = dict(zip(table.name, table.cause, strict=True))
    assert {causes[name] for name in names} == {"out of memory"}


def test_reading_changes_nothing(own):
    before = snapshot(own)
    for name in NAMES:
        read_source(own / name)
    assert snapshot(own) == before


def test_several_runs_are_listed_by_name_and_by_seed(own):
    with pytest.raises(TableError) as refused:
        read_source(own)
    assert all(name in str(refused.value) for name in NAMES)
    assert len(read_source(own, study="random").rows) == 8
    shutil.copytree(own / "random" / "1", own / "random" / "2")
    with pytest.raises(TableError, match="1, 2"):
        read_source(own / "random")
    assert len(read_source(own, study="random/2").rows) == 8
    assert len(read_source(own / "random", study="2").rows) == 8


def test_without_its_space_and_scenario_a_history_says_so(own):
    (own / "random" / "1" / "configspace.json").unlink()
    found = read_source(own / "random")
    assert not found.declared
    assert any("configspace.json" in note for note in found.rows.notes)


def test_a_cut_file_never_ends_in_another_error(own):
    assert any("whole JSON" in text for text in cut_everywhere(own / "blackbox", "smac", 5))


@pytest.mark.parametrize(
    "change",
    [
        lambda read: read["data"].append(5),
        lambda read: read.update(data=None),
        lambda read: read.update(data=[]),
        lambda read: read.pop("data"),
    ],
)
def test_another_form_is_refused_in_a_sentence(change, own):
    file = own / "random" / "1" / "runhistory.json"
    read = json.loads(file.read_text())
    change(read)
    file.write_text(json.dumps(read))
    with pytest.raises(TableError, match="no trials") as refused:
        read_source(own / "random")
    assert refused.value.next_step


def test_hostile_names_and_values_do_no_harm(own):
    file = own / "random" / "1" / "runhistory.json"
    read = json.loads(file.read_text())
    read["configs"]["1"] = {HOSTILE: HOSTILE, "lr": None, "deep": [{}]}
    read["configs"]["2"] = 5
    read["config_origins"] = []
    read["data"][2] |= {"status": HOSTILE, "cost": [1, "x"], "starttime": 1e300, "budget": []}
    file.write_text(json.dumps(read))
    found = read_source(own / "random")
    assert f"config.{HOSTILE}" in found.rows.header
    assert len(found.rows) == 8
