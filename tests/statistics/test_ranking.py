"""Ranking with its uncertainty: orders, ranges, groups, bad input, error rate, published runs."""

from __future__ import annotations

import algoperf as measured
import numpy as np
import pytest
from scipy import stats

from tunebook.domain.errors import EvidenceError
from tunebook.statistics.ranking import ERROR_RATE, ranked, told_better

FAR = {"a": np.array([1.0, 1.1, 0.9]), "b": np.array([5.0, 5.1, 4.9]), "c": np.array([9.0, 9.1, 8.9])}  # fmt: skip


def test_values_far_apart_have_their_rank_alone():
    made = ranked(FAR, worst=20.0)
    assert [v.name for v in made.values] == ["a", "b", "c"]
    assert [(v.best, v.rank, v.worst) for v in made.values] == [(1, 1, 1), (2, 2, 2), (3, 3, 3)]
    assert made.differing == (("a", "b"), ("a", "c"), ("b", "c"))
    assert made.groups == (("a",), ("b",), ("c",))


def test_values_that_can_not_be_told_apart_share_their_ranges():
    made = ranked({**FAR, "d": np.array([4.8, 5.3, 4.95])}, worst=20.0)
    by = {v.name: v for v in made.values}
    assert (by["b"].best, by["b"].worst) == (by["d"].best, by["d"].worst) == (2, 3)
    assert set(made.groups[1]) == {"b", "d"}


def test_the_smallest_p_value_is_held_to_the_level_of_all_pairs():
    rng = np.random.default_rng(0)
    scores = [rng.normal(size=6) + 0.8 * k for k in range(5)]
    pairs = [(i, j) for i in range(5) for j in range(i + 1, 5)]
    p = {ij: stats.ttest_ind(scores[ij[0]], scores[ij[1]], equal_var=False).pvalue for ij in pairs}
    expected = set()
    for k, ij in enumerate(sorted(pairs, key=lambda ij: p[ij])):
        if p[ij] > ERROR_RATE / (len(pairs) - k):
            break
        expected.add(ij if scores[ij[0]].mean() < scores[ij[1]].mean() else ij[::-1])
    better = told_better(scores)
    assert {(int(i), int(j)) for i, j in zip(*np.nonzero(better), strict=True)} == expected
    assert expected


def test_a_repeat_without_a_score_counts_with_the_worst_value():
    made = ranked({**FAR, "d": np.array([0.5, np.inf, np.nan])}, worst=20.0)
    (d,) = [v for v in made.values if v.name == "d"]
    assert d.mean == pytest.approx((0.5 + 20 + 20) / 3)
    assert (d.reached, d.repeats, d.rank) == (1, 3, 4)
    never = ranked({**FAR, "d": np.full(3, np.inf)}, worst=20.0)
    assert (never.values[-1].name, never.values[-1].best) == ("d", 4)


def test_values_that_never_vary_are_not_told_apart():
    assert not told_better([np.full(5, 1.0), np.full(5, 2.0)]).any()


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        ({"a": np.zeros(5)}, "got 1"),
        ({**FAR, "d": np.zeros(2)}, '"d" has 2'),
        ({**FAR, "d": np.array([1.0, 2.0, 30.0])}, "a score of 30"),
    ],
)
def test_bad_input_is_refused_by_name(scores, said):
    with pytest.raises(EvidenceError, match=said):
        ranked(scores, worst=20.0)


@pytest.mark.parametrize("noise", measured.NOISE)
def test_false_alarms_over_all_pairs(noise, fresh_rng):
    repeats = 300
    told = sum(
        told_better(list(measured.NOISE[noise](fresh_rng, (11, 5)))).any() for _ in range(repeats)
    )
    assert told <= stats.binom.ppf(1 - 1e-6, repeats, ERROR_RATE)


def test_published_training_algorithms(shared_data):
    """What SOURCE.md counts, and what five studies tell of eleven."""
    found, longest = measured.read(shared_data, "ogbg")
    assert sum(int(np.isfinite(s.seconds).sum()) for s in found.values()) == 139
    assert [n for n, s in found.items() if s.seeds == 5] == ["baseline"]
    assert all(s.at_common.shape == (5, 5) and np.isfinite(s.at_common).all() for s in found.values())  # fmt: skip
    made = ranked(measured.best_times(found), worst=float(np.log(longest)))
    assert [v.name for v in made.values[:2]] == ["caspr_adaptive", "shampoo_submission"]
    assert (made.values[0].best, made.values[0].worst) == (1, 1)
    # One study of schedule_free_prodigy never reached the target, and it counts.
    assert [v.reached for v in made.values if v.name == "schedule_free_prodigy"] == [4]
    found, longest = measured.read(shared_data, "wmt")
    made = ranked(measured.best_times(found), worst=float(np.log(longest)))
    assert made.values[0].name == "schedule_free_adamw"
    assert made.values[-1].name == "schedule_free_prodigy" and made.values[-1].reached == 0
