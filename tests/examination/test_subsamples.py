"""Small parts of published searches: what counts as the opposite, and that it is hardly said."""

from __future__ import annotations

import numpy as np
import pytest
import subsamples as measured
from claims_made import claims_of
from opposites import COMPARED_ONLY, OPPOSITES
from scipy.stats import binom
from surfaces import table

from tunebook.examination.examine import results

REPEATS = 16


@pytest.mark.slow
@pytest.mark.parametrize("name", ["opda/convnext", "opda/deberta-base"])
def test_a_part_of_a_search_hardly_says_the_opposite(shared_data, name):
    rows = measured.rows_of(measured.search(shared_data, name), REPEATS, 0)
    said = [r for r in rows if r.opposite is not None]
    assert len({r.claim[0] for r in said}) >= 8
    assert all(r.opposite <= binom.ppf(1 - 1e-6, REPEATS, 0.02) for r in said)
    assert sum(r.opposite for r in said) <= binom.ppf(1 - 1e-6, REPEATS * len(said), 0.01)
    # What the search says plainly is no secret of its size.
    plain = {r.subjects: r.made for r in rows if r.claim == ("C10", "matters most")}
    assert min(plain.values()) >= 0.8


def test_a_subsample_keeps_its_curves_and_its_order(shared_data):
    whole = measured.search(shared_data, "opda/convnext")
    part = measured.subsample(whole, np.random.default_rng(0))
    rows = [whole.name.index(n) for n in part.name]
    assert len(part) == measured.TRIALS and rows == sorted(rows)
    for own, i in enumerate(rows):
        assert np.array_equal(part.curves["top_1"].of(own)[1], whole.curves["top_1"].of(i)[1])


def test_the_other_side_of_a_cut_off_space_is_the_opposite():
    low, high = (
        claims_of(results(table(np.random.default_rng(0), 64, [at, 0.5]))) for at in (-0.25, 1.25)
    )
    assert low["C1", "x0"] == {"cut off below"} and high["C1", "x0"] == {"cut off above"}
    for own, other in ((low, high), (high, low)):
        (word,) = own["C1", "x0"]
        (against,), _ = OPPOSITES["C1", word]
        assert against[1] in other["C1", "x0"]


def test_every_opposite_is_a_word_that_a_check_may_say():
    said = {word for _, word in OPPOSITES} | COMPARED_ONLY | {"others at chance"}
    said |= {"chosen by results", "fails by nothing", "rising in most of the best"}
    assert {word for others, _ in OPPOSITES.values() for _, word in others} <= said


def test_without_the_published_studies_the_page_stays(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr("sys.argv", ["subsamples.py", "--shared", str(tmp_path / "nowhere")])
    monkeypatch.setattr(measured, "PAGE", tmp_path / "subsamples.md")
    measured.main()
    assert "--shared FOLDER" in capsys.readouterr().out
    assert not (tmp_path / "subsamples.md").exists()
