"""Studies that Optuna's callback logged to MLflow: ranges, direction and pruned trials by tags."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from tunebook.auditing import audit
from tunebook.domain.space import Choice, Float, Integer, Scale
from tunebook.importers.mlflow.experiment import Recorded
from tunebook.importers.mlflow.optuna_tags import take_tags
from tunebook.importers.sources import read_source

STORED = Path(__file__).parent / "stored/optuna-callback-5.0.0.tar.gz"
PRUNED = {"2", "4", "5", "7", "9", "10"}


@pytest.fixture
def store(tmp_path):
    with tarfile.open(STORED) as opened:
        opened.extractall(tmp_path, filter="data")
    return tmp_path / "mlruns"


def test_ranges_direction_and_pruned_trials_are_those_of_the_study(store):
    read = read_source(store)
    assert read.declared == {
        "lr": Float(1e-5, 1.0, Scale.LOG),
        "width": Integer(16, 64),
        "opt": Choice(("sgd", "a'd\"am", "None")),
    }
    assert read.objectives == ("minimize:loss",)
    states = dict(zip(read.rows.cells["trial"], read.rows.cells["status"], strict=True))
    assert {name for name, state in states.items() if state == "pruned"} == PRUNED


def test_an_audit_counts_no_pruned_trial_and_takes_the_declared_space(store):
    found = audit(store)
    assert not found.table.inferred_space
    assert {text.partition(":")[0] for text in found.table.left_out} == PRUNED
    assert all("opt" in config for config in found.table.config)


def run(**tags):
    return Recorded(
        id="a", tags={"number": "0", "state": "COMPLETE", "direction": "MINIMIZE", **tags}
    )


def test_tags_that_say_nothing_are_left_as_they_are():
    for text in ("__import__('os').system('x')", "FloatDistribution(", "Other(low=1)", "x" * 9):
        assert take_tags([run(lr_distribution=text)]).declared == {}
    told = take_tags(
        [run(lr_distribution="FloatDistribution(high=1.0, low=0.0)"), Recorded(id="b")]
    )
    assert (told.declared, told.direction) == ({}, "")
    own = Recorded(id="c", tags={"x_distribution": "normal"})
    assert take_tags([own]).declared == {} and own.tags == {"x_distribution": "normal"}


def test_a_range_that_changed_is_joined_and_said():
    texts = ("FloatDistribution(high=1.0, low=0.0)", "FloatDistribution(high=3.0, low=2.0)")
    told = take_tags([run(lr_distribution=text) for text in texts])
    assert told.declared == {"lr": Float(0.0, 3.0)} and told.differ == ("lr",)
