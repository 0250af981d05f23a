"""A picture is data: layers can be read, rows are attached late, names are unique."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys

import jsonschema
import pytest

from tunebook.charts.layers import file_name, wrapped
from tunebook.charts.picture import Picture
from tunebook.charts.theme import HOVER, TRIAL_FIELD
from tunebook.checks import SPECS
from tunebook.checks.boundaries import chart as boundaries
from tunebook.checks.charts import draw, pictures
from tunebook.domain.finding import NotApplicable


@pytest.fixture
def picture(boundary_result) -> Picture:
    (drawn,) = boundaries.draw(boundary_result(infeasible_at=[0.3], best_at=[0.1]))
    return drawn


def test_an_unknown_layer_is_an_error_that_names_the_known_ones(picture):
    with pytest.raises(KeyError, match="trials, infeasible"):
        picture.layer("infeasable")


def test_a_column_that_is_not_there_is_none(picture):
    assert picture.layer("infeasible").column("nothing") == [None]


def test_the_specification_holds_no_rows_until_asked(picture):
    assert "datasets" not in picture.spec
    assert picture.full()["datasets"]["trials"] == picture.rows["trials"]


def test_rows_are_attached_as_they_are(picture):
    """None is copied or looked through."""
    rows = [{"trial": f"1.{i}", "x": 0.1, "shown": 0.2, "kind": "trial"} for i in range(100)]
    many = Picture(
        name="many", title="many", spec=picture.spec, rows={"trials": rows}, alt="Many trials."
    )
    attached = many.full(dark=True)["datasets"]["trials"]
    assert len(attached) == 100
    assert all(one is given for one, given in zip(attached, rows, strict=True))


def test_full_is_a_copy(picture):
    full = picture.full()
    full["layer"].clear()
    assert picture.spec["layer"]


def test_every_picture_of_trials_has_the_hover_selection(picture):
    (param,) = picture.spec["params"]
    assert param["name"] == HOVER
    assert param["select"]["fields"] == [TRIAL_FIELD]
    assert param["views"] == ["target"]
    assert all(row[TRIAL_FIELD] for row in picture.rows["trials"])


def test_the_specification_names_no_colour(picture):
    assert "#" not in json.dumps(picture.spec).replace("vega-lite/v", "")


def test_drawing_twice_gives_the_same_specification(boundary_result):
    first, second = (boundaries.draw(boundary_result())[0] for _ in range(2))
    assert json.dumps(first.spec) == json.dumps(second.spec)


def test_pictures_come_in_the_order_of_the_catalogue():
    order = ["C1", "C3", "C2", "C4", "C6", "C5", "C8", "C9", "C10", "D2"]
    assert [i for i, spec in SPECS.items() if spec.chart and i in order] == order


def test_a_check_without_a_result_or_a_chart_has_no_picture():
    silent = NotApplicable(check="C1", reason="one trial", needs="ten")
    assert draw("C1", silent) == ()
    assert draw("C7", object()) == draw("C42", object()) == ()


def test_pictures_of_a_round_have_names_of_their_own(boundary_result):
    result = boundary_result()
    twice = type(result)(objective=result.objective, axes=result.axes * 2, findings=())
    names = [p.name for p in pictures({"C1": twice})]
    assert names == ["boundaries-learning_rate", "boundaries-learning_rate-2"]


def test_the_alternative_text_reaches_the_drawing(picture):
    assert picture.spec["description"] == picture.alt
    assert picture.alt.endswith(".") and any(c.isdigit() for c in picture.alt)


def test_names_are_safe_for_files():
    assert file_name("curves-a/b: ../c[d=e]") == "curves-a-b-..-c-d-e"
    assert "/" not in file_name("../../etc/passwd")


def test_a_long_title_breaks_before_its_condition():
    assert wrapped("learning_rate[optimizer=distributed_shampoo, schedule=cosine]", 320) == [
        "learning_rate",
        "[optimizer=distributed_shampoo,",
        "schedule=cosine]",
    ]


def test_a_picture_survives_being_written_as_json(picture):
    read = Picture.from_data(json.loads(json.dumps(picture.to_data(), allow_nan=False)))
    assert read == picture
    assert read.full(dark=True) == picture.full(dark=True)


def test_a_broken_specification_fails_the_tests_of_charts(picture):
    spec = {**picture.spec, "width": "wide"}
    with pytest.raises(jsonschema.ValidationError):
        dataclasses.replace(picture, spec=spec)


def test_drawing_loads_no_drawing_library():
    code = (
        "import sys, tunebook.report.gallery\n"
        "from tunebook.checks import SPECS\n"
        "for spec in SPECS.values():\n"
        "    spec.chart and __import__(spec.chart.partition(':')[0])\n"
        "print([m for m in ('altair', 'jsonschema', 'pandas', 'narwhals') if m in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
