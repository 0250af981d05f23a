"""Importance and interactions as data: what is drawn where, and what a blind reader is told."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest
import responses

from tunebook.charts.render import to_svg
from tunebook.checks.importance import chart as sensitivity
from tunebook.checks.importance import check

VALLEY = responses.Response(
    4, lambda u: (u[:, 0] + u[:, 1] - 1) ** 2 + 0.1 * u[:, 2], fails=lambda u: u[:, 0] > 0.9
)


@pytest.fixture(scope="module")
def result():
    return check.check(responses.study(VALLEY, 160, np.random.default_rng(0)))


@pytest.fixture(scope="module")
def pictures(result):
    return {p.name.partition("-")[0]: p for p in sensitivity.draw(result)}


def test_a_study_has_three_pictures(pictures):
    assert list(pictures) == ["sensitivity", "interactions", "response"]
    for picture in pictures.values():
        json.dumps(picture.full(), allow_nan=False)
        ET.fromstring(to_svg(picture))
        assert picture.alt.endswith(".") and any(c.isdigit() for c in picture.alt)


def test_each_share_stands_at_its_estimate_with_its_interval(result, pictures):
    (study,) = result.studies
    rows = pictures["sensitivity"].layer("shares").rows
    for own in study.hyperparameters:
        of = {r["of"]: r for r in rows if r["hyperparameter"] == own.subject}
        assert of["by itself"]["share"] == own.first.estimate
        assert (of["with its pairs"]["low"], of["with its pairs"]["high"]) == (
            own.total.low, own.total.high
        )  # fmt: skip
        assert of["better half"]["share"] == own.better_total.estimate


def test_the_strongest_stands_first(result, pictures):
    rows = [r for r in pictures["sensitivity"].layer("shares").rows if r["of"] == "with its pairs"]
    assert [r["share"] for r in rows] == sorted((r["share"] for r in rows), reverse=True)
    assert "infeasible ranked last" in " ".join(pictures["sensitivity"].spec["title"]["subtitle"])


def test_told_pairs_are_a_layer_of_their_own(pictures):
    assert pictures["interactions"].layer("told").column("pair") == ["x0 × x1"]
    assert len(pictures["interactions"].layer("other").rows) == 5
    assert "Told: x0 and x1" in pictures["interactions"].alt


def test_no_empty_picture_where_no_pair_is_told():
    flat = responses.Response(2, lambda u: u[:, 0])
    drawn = sensitivity.draw(check.check(responses.study(flat, 40, np.random.default_rng(0))))
    assert not [p for p in drawn if p.name.startswith("interactions")]


def test_a_single_pair_is_shown_by_its_response_alone():
    crossed = responses.Response(2, lambda u: np.where(u[:, 0] > 0.5, u[:, 1], 1 - u[:, 1]))
    read = check.check(responses.study(crossed, 120, np.random.default_rng(0)))
    (pair,) = read.studies[0].pairs
    names = [p.name for p in sensitivity.draw(read)]
    assert pair.told and not [n for n in names if n.startswith("interactions")]
    assert [n for n in names if n.startswith("response")]


def test_the_legend_names_what_is_drawn_and_titles_have_a_blank_before_the_branch(result):
    (study,) = result.studies
    bare = [replace(h, better_total=None) for h in study.hyperparameters]
    thin = replace(study, hyperparameters=tuple(bare), study="batch_norm=true")
    picture = sensitivity.draw(replace(result, studies=(thin,)))[0]
    assert " [batch_norm=true]" in picture.title
    encodings = [layer["encoding"] for layer in picture.spec["layer"]]
    assert all(
        e["color"]["legend"]["values"] == ["by itself", "with its pairs"] for e in encodings
    )


def test_a_map_of_two_alone_is_averaged_over_nothing(result, pictures):
    flat = responses.Response(2, lambda u: u[:, 0])
    alone = sensitivity.draw(check.check(responses.study(flat, 40, np.random.default_rng(0))))
    (two,) = [p for p in alone if p.name.startswith("response")]
    assert "averaged" not in " ".join(two.spec["title"]["subtitle"])
    assert "averaged over the others" in " ".join(pictures["response"].spec["title"]["subtitle"])
    legend = two.spec["layer"][0]["encoding"]["color"]["legend"]
    assert legend["type"] == "gradient" and legend["title"]


def test_one_hyperparameter_has_no_pairs_to_draw():
    alone = responses.Response(1, lambda u: u[:, 0])
    drawn = sensitivity.draw(check.check(responses.study(alone, 40, np.random.default_rng(0))))
    assert [p.name for p in drawn] == ["sensitivity"]
