"""Pictures of one kind in several studies become the panels of one."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tunebook.charts.render import to_svg
from tunebook.charts.small_multiples import FEWEST, small_multiples
from tunebook.charts.theme import HOVER
from tunebook.checks.boundaries import chart as boundaries

STUDIES = ("optimizer=adam", "optimizer=sgd", "optimizer=lion")


@pytest.fixture
def pictures(boundary_result):
    (drawn,) = boundaries.draw(boundary_result(infeasible_at=[0.3], best_at=[0.1]))
    name = next(iter(drawn.about))

    def of(study, points):
        made = replace(
            drawn,
            name=f"{drawn.name}-{study.replace('=', '-')}",
            title=f"{drawn.title}[{study}]",
            about=frozenset({name, f"{name}[{study}]"}),
            check="C1",
            study=study,
        )
        heading = {**made.spec["title"], "subtitle": ["fitted response;", f"{points} trials"]}
        return replace(made, spec={**made.spec, "title": heading})

    return [of(study, points) for points, study in enumerate(STUDIES, start=20)]


def test_three_studies_share_a_picture_with_every_row_and_layer_of_theirs(pictures):
    (joined,) = small_multiples(pictures)
    assert [p["title"]["text"] for p in joined.spec["concat"]] == [[s] for s in STUDIES]
    for i, own in enumerate(pictures):
        assert joined.rows[f"trials-{i}"] == own.rows["trials"]
        for layer in own.layers:
            assert joined.layer(f"{layer}-{i}").rows == own.layer(layer).rows
    assert all(study in joined.alt for study in STUDIES)


def test_two_studies_stay_beside_each_other(pictures):
    assert small_multiples(pictures[: FEWEST - 1]) == pictures[: FEWEST - 1]


def test_pictures_of_other_kinds_keep_their_places(pictures):
    other = replace(pictures[0], name="reruns", study="")
    joined = small_multiples([other, pictures[0], replace(other, name="last"), *pictures[1:]])
    assert [p.name for p in joined] == ["reruns", pictures[0].name.rpartition("-o")[0], "last"]


def test_what_differs_between_subtitles_stands_in_the_panels(pictures):
    (joined,) = small_multiples(pictures)
    assert "fitted response" in " ".join(joined.spec["title"]["subtitle"])
    under = [" ".join(p["title"]["subtitle"]) for p in joined.spec["concat"]]
    assert under == ["20 trials", "21 trials", "22 trials"]


def test_one_selection_lights_a_trial_in_every_panel(pictures):
    (joined,) = small_multiples(pictures)
    (param,) = joined.spec["params"]
    assert param["name"] == HOVER and param["views"] == ["target-0", "target-1", "target-2"]


def legends(spec):
    channels = [c for c in spec.get("encoding", {}).values() if isinstance(c, dict)]
    found = [c["legend"] for c in channels if c.get("legend")]
    for part in [*spec.get("concat", ()), *spec.get("layer", ())]:
        found += legends(part)
    return found


def test_one_legend_names_what_any_panel_shows(pictures, boundary_result):
    (plain,) = boundaries.draw(boundary_result(infeasible_at=[], best_at=[0.1, 0.2]))
    other = json.loads(json.dumps(plain.spec).replace("? 'best trial'", "? 'best 2 trials'"))
    third = replace(pictures[2], spec={**other, "title": pictures[2].spec["title"]})
    (joined,) = small_multiples([*pictures[:2], replace(third, rows=plain.rows)])
    every = legends(joined.spec)
    assert len({str(legend["values"]) for legend in every}) == 1
    assert "infeasible" in every[0]["values"]
    assert not any("labelExpr" in legend for legend in every)  # 1 of them, and 2


def test_the_picture_can_be_drawn(pictures):
    svg = to_svg(small_multiples(pictures)[0])
    assert all(study in svg for study in STUDIES)


def test_a_finding_of_one_study_is_shown_by_the_picture_of_all(pictures):
    (joined,) = small_multiples(pictures)
    assert {s for s in STUDIES if s in joined.about} == set(STUDIES)
    assert all(f in joined.about for p in pictures for f in p.about)
