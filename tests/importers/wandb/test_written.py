"""Runs that W&B itself writes offline, read without it: the numbers of `wandb leet inspect`."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from importers.wandb.samples import unpack
from tunebook.auditing import audit as audit_sweep
from tunebook.domain.errors import TableError
from tunebook.importers.sources import read_source
from written_by_tools import Written, differences, write


@pytest.fixture(scope="module", params=["stored", "written now"])
def written(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("wandb")
    return unpack(folder) if request.param == "stored" else write("wandb", folder)


def part(written, name):
    runs = json.loads((written.folder / f"{name}.json").read_text("utf-8"))["runs"]
    return read_source(written.folder / name), Written(folder=written.folder, runs=runs)


def curve(found, trial, metric):
    curves = found.curves
    own = (curves.trial == curves.trials.index(trial)) & (
        curves.metric == curves.metrics.index(metric)
    )
    return curves.step[own].tolist(), curves.value[own].tolist()


def test_every_number_of_the_sweep_is_the_tools(written):
    found = read_source(written.folder)
    assert differences(found, written) == []
    assert Counter(found.rows.cells["status"]) == {"finished": 6, "failed": 2}
    assert not found.rows.left_out
    assert found.reduce["val/loss"] == "last"
    single = next((written.folder / "wandb").glob("offline-run-*"))
    assert (
        len(read_source(single).rows) == len(read_source(next(single.glob("*.wandb"))).rows) == 1
    )


def test_the_table_has_the_last_values_and_the_error_as_infeasible(written):
    table = audit_sweep(written.folder, objective="minimize:val/loss").table
    told = {
        n: r["results"]["val/loss"] for n, r in written.runs.items() if r["status"] == "finished"
    }
    read = zip(table.name, table.value, table.complete, strict=True)
    assert {n: v for n, v, ok in read if ok} == told
    assert Counter(str(c) for c in table.cause if c) == {"crashed": 2}
    assert sorted(table.seed) == list(range(8))
    assert not table.left_out


def test_a_metric_counts_its_steps_as_defined_where_that_rises(written):
    found, told = part(written, "epochs")
    assert found.objectives == ("minimize:val/loss",)
    assert found.reduce["val/loss"] == "best"
    for run in told.runs.values():
        assert run["results"].pop("epoch") == 2
        del run["curves"]["epoch"]
        for metric in ("val/loss", "val/acc"):
            run["curves"][metric][0] = [0, 1, 2]
    assert differences(found, told) == []
    names = sorted(told.runs)
    assert len(names) == 3
    assert any(name.startswith("same (") for name in names)
    assert "other" in names
    notes = " ".join(found.rows.notes)
    assert "train/loss" in notes
    assert "weights (histogram)" in notes
    assert "said (str)" in notes
    assert audit_sweep(found, objective="minimize:val/loss").table.value.tolist() == [
        4.0,
        5.0,
        6.0,
    ]


def test_a_run_in_two_folders_is_one_run(written):
    found, told = part(written, "resumed")
    (first, second) = told.runs["again"]
    assert found.rows.cells["trial"] == ["again"]
    assert found.rows.cells["status"] == ["finished"]
    assert found.rows.cells["config.until"] == ["12"]
    old, new = first["curves"]["loss"], second["curves"]["loss"]
    assert old[0] == list(range(7))
    assert new[0] == list(range(5, 12))
    assert curve(found, "again", "loss") == (list(range(12)), [*old[1][:5], *new[1]])
    assert sum("again" in note for note in found.rows.notes) == 2


def test_a_fork_has_the_begin_of_its_trunk_and_a_return_drops_what_came_later(written):
    found, told = part(written, "branched")
    assert sorted(found.rows.cells["trial"]) == ["fork", "trunk"]
    assert [len(own) for own in told.runs.values()] in ([1, 2], [2, 1])
    assert curve(found, "fork", "loss") == ([0, 1, 2, 3, 4, 5], [9, 8, 7, 6, 3, 2])
    assert curve(found, "trunk", "loss") == ([0, 1, 2, 3, 4, 5, 6], [9, 8, 7, 6, 5, 1, 0.5])


def test_several_projects_or_sweeps_are_listed_until_one_is_named(written):
    folder = written.folder / "several"
    with pytest.raises(TableError) as told:
        read_source(folder)
    for name in ("digits/s1 (2 runs)", "digits/none (1 run)", "faces/s2 (1 run)", "--study"):
        assert name in str(told.value)
    sizes = {"digits/s1": 2, "s1": 2, "digits": 3, "digits/none": 1, "faces": 1}
    assert {name: len(read_source(folder, study=name).rows) for name in sizes} == sizes
    with pytest.raises(TableError, match="faces"):
        read_source(folder, study="face")
    assert len(read_source(written.folder, study="odd").rows) == 4  # a group


def test_how_runs_end(written):
    found, told = part(written, "ended")
    ends = dict(zip(found.rows.cells["trial"], found.rows.cells["status"], strict=True))
    assert ends["finished"] == "finished"
    assert ends["raised"] == told.runs["raised"]["status"] == "failed"
    assert ends["interrupted"] == "killed"  # by Ctrl-C; W&B calls it failed
    assert ends["preempted"] == "preempted"
    assert told.runs["killed"]["status"] == "running"
    assert ends["killed"] in ("running", "crashed")  # within the hour, or later
    left = [note for note in found.rows.notes if "orphaned" in note]
    assert len(left) == 1
    assert "finished" not in left[0].partition(":")[2]
