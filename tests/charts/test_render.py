"""PNG and SVG without a browser, in both themes, of every kind of picture."""

from __future__ import annotations

import json
import struct
import xml.etree.ElementTree as ET

import pytest

from tunebook.charts.render import to_png, to_svg
from tunebook.charts.theme import DARK, LIGHT
from tunebook.checks.boundaries import chart as boundaries
from tunebook.checks.training_length import chart as curves


@pytest.fixture
def picture(boundary_result, side):
    (drawn,) = boundaries.draw(
        boundary_result(infeasible_at=[0.3], best_at=[0.1], sides=[side("high", proposed=10.0)])
    )
    return drawn


def test_png_has_twice_the_nominal_size(picture):
    png = to_png(picture)
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    assert width > 2 * 320 and height > 2 * 220
    assert len(png) > 5_000


@pytest.mark.parametrize(("dark", "inks"), [(False, LIGHT), (True, DARK)])
def test_svg_is_xml_in_the_theme(picture, dark, inks):
    svg = to_svg(picture, dark=dark)
    root = ET.fromstring(svg)
    assert root.tag.endswith("svg")
    assert inks.paper in svg and inks.accent in svg and inks.infeasible in svg
    texts = [t.text for t in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "learning_rate" in texts and "infeasible" in texts and "1e-4" in texts


def test_svg_draws_one_mark_a_trial(picture):
    svg = to_svg(picture)
    root = ET.fromstring(svg)
    marks = [
        len(list(group))
        for group in root.iter("{http://www.w3.org/2000/svg}g")
        if group.get("class", "").startswith("mark-symbol role-mark")
        and group.get("class", "").split()[-1].startswith(("infeasible", "trials"))
    ]
    assert sorted(marks) == [1, 2]


def test_a_picture_with_two_axes_renders(curve, length_result):
    best = curve("1.0", [0.5, 0.3, 0.2], highlighted=True, training=[5.0, 3.0, 1.0])
    (drawn,) = curves.draw(length_result([best], training_metric="train/loss"))
    assert "train/loss" in to_svg(drawn)


def test_the_specification_is_strict_json(picture):
    for dark in (False, True):
        json.dumps(picture.full(dark=dark, page=True), allow_nan=False)


def test_a_page_picture_is_transparent_and_in_the_systems_font(picture):
    config = picture.full(page=True)["config"]
    assert config["background"] is None
    assert config["font"].startswith("system-ui")
