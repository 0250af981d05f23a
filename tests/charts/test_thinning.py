"""Fewer marks than trials: some of each kind, evenly, and said so."""

from __future__ import annotations

import numpy as np

from tunebook.charts.thinning import FEWEST, drawn_places, drawn_text


def test_few_are_all_drawn():
    assert drawn_places(["a", "b"] * 50, most=100) == list(range(100))
    assert drawn_text(100, 100) == ""


def test_of_many_each_kind_has_its_share_and_rare_ones_stay():
    kinds = np.array(["trial"] * 50_000)
    kinds[::5] = "best"
    kinds[17::700] = "infeasible"
    drawn = drawn_places(kinds.tolist(), most=1000)
    counts = {kind: int((kinds[drawn] == kind).sum()) for kind in ("trial", "best", "infeasible")}
    assert counts["infeasible"] == min(FEWEST, int((kinds == "infeasible").sum()))
    assert 180 <= counts["best"] <= 220 and 780 <= counts["trial"] <= 820
    assert drawn == sorted(set(drawn))


def test_they_are_spread_evenly_and_what_must_stay_stays():
    drawn = drawn_places(["trial"] * 10_000, keep=(4321,), most=100)
    assert 4321 in drawn and drawn[0] == 0 and drawn[-1] == 9999
    assert max(np.diff(drawn)) < 110
    assert "101" in drawn_text(len(drawn), 10_000)
