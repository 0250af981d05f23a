"""Every picture of a sweep that was published, from the real checks to strict JSON and SVG."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import pytest

from tunebook.charts.render import to_svg
from tunebook.checks import CHECKS, SPECS, load_check
from tunebook.checks.charts import pictures
from tunebook.domain.finding import NotApplicable
from tunebook.domain.table import TrialTable


@pytest.fixture
def results(shared_data):
    folder = shared_data / "deepobs"
    table = TrialTable.from_csv(
        folder / "fmnist_2c2d-trials.csv.gz",
        folder / "fmnist_2c2d-curves.csv.gz",
        objective="minimize:test_loss",
        hyperparameters=["lr"],
        scientific=["optimizer"],
        training_objective="train_loss",
    )
    return {check: load_check(check)(table, seed=0) for check in CHECKS}


def test_every_check_that_spoke_is_drawn(results):
    drawn = pictures(results)
    names = [p.name for p in drawn]
    assert len(names) == len(set(names))
    silent = isinstance(
        results["C5"], NotApplicable
    )  # its objective was best before the late part
    assert silent and {n.partition("-")[0] for n in names} == {
        "boundaries",
        "sampling",
        "curves",
        "overfitting",
        "suspect",
        "isolation",
        "sensitivity",
    }
    for picture in drawn:
        json.dumps(picture.full(), allow_nan=False)
        assert picture.alt.endswith(".") and any(c.isdigit() for c in picture.alt)
        ET.fromstring(to_svg(picture))


def test_axis_plots_are_titled_by_their_branch(results):
    titles = [p.title for p in pictures({"C1": results["C1"]})]
    assert titles == [f"test_loss by lr[optimizer={name}]" for name in ("adam", "sgd", "momentum")]


def test_every_number_of_a_finding_has_a_name_for_people(results):
    shown = {
        (f.check, name)
        for r in results.values()
        if not isinstance(r, NotApplicable)
        for f in r.findings
        for name in f.numbers
        if "_" in name
    }
    assert {check for check, _ in shown} >= {"C1", "C2", "C6", "C10"}
    assert not [(check, name) for check, name in shown if name not in SPECS[check].labels]
