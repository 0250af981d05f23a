"""Axis plots as data: what is drawn where, and what a blind reader is told."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tunebook.charts import theme
from tunebook.charts.render import to_svg
from tunebook.charts.thinning import MOST
from tunebook.checks.boundaries import chart as boundaries
from tunebook.domain.design import Direction, Objective
from tunebook.domain.space import Choice, Float, Integer, Scale


def test_infeasible_trials_are_marked(boundary_result):
    (picture,) = boundaries.draw(boundary_result(infeasible_at=[0.3]))
    assert picture.layer("infeasible").column("value") == [0.3]
    assert picture.layer("infeasible").column("objective") == [None]
    assert "1 trial infeasible" in picture.alt


def test_infeasible_trials_stand_beyond_the_worst(boundary_result):
    (picture,) = boundaries.draw(boundary_result(infeasible_at=[0.3]))
    (strip,) = picture.layer("infeasible").column("shown")
    assert strip > max(picture.layer("trials").column("shown"))


def test_a_crowd_of_infeasible_trials_is_spread_within_the_strip(boundary_result):
    crowd = [0.01 * (i + 1) for i in range(40)]
    (picture,) = boundaries.draw(boundary_result(infeasible_at=crowd))
    places = picture.layer("infeasible").column("shown")
    assert len(set(places)) > 30
    assert max(_domain(picture, "y")) >= max(places)
    assert min(places) > max(picture.layer("trials").column("shown"))


def test_where_higher_is_better_the_strip_is_below(boundary_result):
    accuracy = Objective("valid/accuracy", Direction.MAXIMIZE)
    (picture,) = boundaries.draw(boundary_result(infeasible_at=[0.3], objective=accuracy))
    (strip,) = picture.layer("infeasible").column("shown")
    assert strip < min(picture.layer("trials").column("shown"))


def test_complete_trials_stand_at_their_value(boundary_result):
    (picture,) = boundaries.draw(boundary_result())
    trials = picture.layer("trials")
    assert trials.column("trial") == ["1.0", "1.1", "1.2"]
    assert trials.column("x") == [0.001, 0.01, 0.1]
    assert trials.column("shown") == trials.column("objective") == [0.4, 0.2, 0.1]


def test_the_best_region_is_a_layer_of_its_own(boundary_result):
    (picture,) = boundaries.draw(boundary_result(best_at=[0.1]))
    assert picture.layer("best").column("trial") == ["1.2"]
    assert picture.layer("trials").column("trial") == ["1.0", "1.1"]


def test_a_flagged_side_shows_the_proposed_range(boundary_result, side):
    (picture,) = boundaries.draw(boundary_result(sides=[side("high", proposed=10.0)]))
    (shade,) = picture.layer("proposed").rows
    assert (shade["x"], shade["x2"]) == (1.0, 10.0)
    assert picture.layer("bounds").column("bound") == [1.0]
    high = max(_domain(picture, "x"))
    assert high >= 10.0
    assert "up to 10" in picture.alt


def test_a_flagged_side_without_a_proposal_is_shaded_inside(boundary_result, side):
    (picture,) = boundaries.draw(boundary_result(sides=[side("low", proposed=None)]))
    (shade,) = picture.layer("proposed").rows
    assert shade["x"] == pytest.approx(1e-4)
    assert 1e-4 < shade["x2"] < 1.0


def test_a_side_without_an_alarm_is_not_shaded(boundary_result, side):
    (picture,) = boundaries.draw(boundary_result(sides=[side("high", alarm=False, proposed=10.0)]))
    assert "proposed" not in picture.layers
    assert max(_domain(picture, "x")) < 2


def test_a_diverged_finite_trial_does_not_press_the_others_flat(boundary_result):
    values = [0.001 * (i + 1) for i in range(20)]
    losses = [0.1 + 0.01 * i for i in range(19)] + [1e6]
    (picture,) = boundaries.draw(boundary_result(values=values, objective_values=losses))
    clipped = picture.layer("clipped")
    assert clipped.column("objective") == [1e6]
    assert clipped.column("shown")[0] < 1
    assert max(_domain(picture, "y")) < 1
    assert "1 trial above" in picture.alt and "triangles" in picture.alt


def test_losses_over_decades_get_a_log_axis(boundary_result):
    (picture,) = boundaries.draw(boundary_result(objective_values=[3.0, 0.5, 0.01]))
    assert _scale(picture, "y")["type"] == "log"
    accuracy = Objective("valid/accuracy", Direction.MAXIMIZE)
    (higher,) = boundaries.draw(
        boundary_result(objective_values=[3.0, 0.5, 0.01], objective=accuracy)
    )
    assert _scale(higher, "y")["type"] == "linear"  # a log axis would spread the bad end
    (narrow,) = boundaries.draw(boundary_result())
    assert _scale(narrow, "y")["type"] == "linear"


def test_momentum_lies_evenly_near_one(boundary_result):
    axis = Float(0.9, 0.999, Scale.NEAR_ONE)
    (picture,) = boundaries.draw(
        boundary_result(values=[0.9, 0.99, 0.999], axis=axis, subject="momentum")
    )
    assert picture.layer("trials").column("x") == pytest.approx([0.1, 0.01, 0.001])
    assert picture.layer("trials").column("value") == [0.9, 0.99, 0.999]
    assert _scale(picture, "x")["reverse"] is True


def test_choices_are_spread_the_same_in_every_drawing(boundary_result):
    axis = Choice(("relu", "gelu"))
    result = boundary_result(values=["relu", "relu", "gelu"], axis=axis, subject="activation")
    first, again = boundaries.draw(result)[0], boundaries.draw(result)[0]
    places = first.layer("trials").column("x")
    assert [round(x) for x in places] == [0, 0, 1]
    assert places[0] != places[1]
    assert places == again.layer("trials").column("x")


def test_the_value_of_a_spread_integer_stays_exact(boundary_result):
    result = boundary_result(values=[1, 2, 3], axis=Integer(1, 4), subject="layers")
    (picture,) = boundaries.draw(result)
    assert picture.layer("trials").column("value") == [1, 2, 3]
    assert [round(x) for x in picture.layer("trials").column("x")] == [1, 2, 3]


def test_a_conditional_hyperparameter_is_titled_as_in_findings(boundary_result):
    (picture,) = boundaries.draw(boundary_result(subject="learning_rate[optimizer=adam]"))
    assert picture.title.endswith("learning_rate[optimizer=adam]")
    assert picture.name == "boundaries-learning_rate-optimizer-adam"


def test_a_study_in_which_nothing_completed_is_drawn(boundary_result):
    (picture,) = boundaries.draw(
        boundary_result(values=[], objective_values=[], infeasible_at=[0.1, 0.2])
    )
    assert picture.layer("infeasible").column("value") == [0.1, 0.2]
    assert "none of which completed" in picture.alt


def test_a_name_with_quotes_is_no_expression(boundary_result):
    evil = "a'] + alert(1) + ['\"\\"
    result = boundary_result(values=[evil, "b", "b"], axis=Choice((evil, "b")), subject="kind")
    (picture,) = boundaries.draw(result)
    label = picture.spec["layer"][0]["encoding"]["x"]["axis"]["labelExpr"]
    assert label.endswith("[datum.value / 1]")
    assert len(json.loads(label.removesuffix("[datum.value / 1]"))) == 2


def test_of_thousands_of_values_a_few_are_named(boundary_result):
    values = tuple(f"policy {i}" for i in range(3000))
    result = boundary_result(values=values, objective_values=[0.1] * 3000, axis=Choice(values))
    (picture,) = boundaries.draw(result)
    axis = picture.spec["layer"][0]["encoding"]["x"]["axis"]
    assert axis["values"][:2] == [0, 250] and len(axis["values"]) == 12
    assert "policy 250" not in picture.alt and "and 2992 more" in picture.alt
    assert len(picture.layer("trials").rows) == MOST
    said = " ".join(picture.spec["title"]["subtitle"])
    assert "3000 trials" in said and f"{MOST:,} of them drawn" in said


def _encoding(picture, channel):
    return next(
        layer["encoding"][channel]
        for layer in picture.spec["layer"]
        if "scale" in layer.get("encoding", {}).get(channel, {})
    )


def _scale(picture, channel):
    return _encoding(picture, channel)["scale"]


def _domain(picture, channel):
    return _scale(picture, channel)["domain"]


def test_what_an_alarm_calls_for_goes_on_in_the_subtitle(boundary_result, side):
    (picture,) = boundaries.draw(boundary_result(sides=[side(proposed=1.0)]))
    subtitle = " ".join(picture.spec["title"]["subtitle"])
    assert "the best trials crowd the upper bound: go on up to 1" in subtitle
    assert "The best" not in subtitle


def test_trials_of_earlier_rounds_have_a_mark_of_their_own(boundary_result):
    result = boundary_result(best_at=(0.1,))
    (axis,) = result.axes
    (picture,) = boundaries.draw(
        replace(result, axes=(replace(axis, carried=(True, False, True)),))
    )
    kinds = {r["trial"]: r["kind"] for r in picture.rows["trials"]}
    assert kinds == {"1.0": "carried", "1.1": "trial", "1.2": "best"}
    assert "2 of earlier rounds" in " ".join(picture.spec["title"]["subtitle"])
    drawn = to_svg(picture)
    assert ">earlier rounds<" in drawn and "best trial<" in drawn
    styles = theme.config()["style"]
    assert styles["carried"]["shape"] != styles["trial"]["shape"] == "circle"
