"""D2's picture as data: a row a source, its interval, and words where nothing was measured."""

from __future__ import annotations

import pytest

from tunebook.charts.render import to_svg
from tunebook.checks.variance_sources import chart as variance_sources
from tunebook.checks.variance_sources.check import VarianceSourcesResult
from tunebook.checks.variance_sources.components import Origin, Source
from tunebook.domain.design import Objective
from tunebook.domain.finding import Interval


def result(*deviations, with_trial=False):
    return VarianceSourcesResult(
        objective=Objective("valid/error"),
        sources=tuple(
            Source(origin=o, deviation=d, levels=5, groups=1, with_trial=with_trial and i == 1)
            for i, (o, d) in enumerate(zip(Origin, deviations, strict=True))
        ),
        seedless=False,
        findings=(),
    )


def test_each_source_has_its_row():
    (picture,) = variance_sources.draw(
        result(Interval(0.004, 0.003, 0.006), Interval(0.002, 0.0, 0.007), None)
    )
    assert picture.layer("deviations").column("x") == [0.004, 0.002]
    assert picture.layer("intervals").column("low") == [0.003, 0.0]
    assert picture.layer("missing").column("y") == [2]
    assert "data split not measured" in picture.alt
    assert "study 0.002 (0 to 0.007)" in picture.alt
    assert "<svg" in to_svg(picture)


def test_an_interval_beyond_the_picture_is_cut_and_marked():
    (picture,) = variance_sources.draw(
        result(Interval(0.004, 0.003, 0.006), Interval(0.002, 0.0, 0.9), None, with_trial=True)
    )
    (cut,) = picture.layer("cut").rows
    assert cut["y"] == 1 and cut["x"] == pytest.approx(0.0212)
    assert max(picture.layer("intervals").column("high_x")) == cut["x"]
    assert picture.layer("deviations").column("source")[1] == "study and trial"


def test_where_nothing_was_measured_there_is_no_picture():
    assert variance_sources.draw(result(None, None, None)) == ()


def test_a_single_number_is_no_picture():
    assert variance_sources.draw(result(Interval(0.004, 0.003, 0.006), None, None)) == ()
