"""C2: tuning curves with their bands, the good region, thin sampling."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import sampling as measured
from scipy.stats import binom
from surfaces import table

from tunebook.checks.sampling import check as sampling
from tunebook.checks.sampling.optimality_gap import distance_from_best
from tunebook.domain.design import Direction, Objective
from tunebook.domain.finding import NotApplicable, RemedyKind, Severity
from tunebook.domain.trial import Status
from tunebook.report.check_texts import remedy_text
from tunebook.statistics.tuning_band import best_of_budget


def test_infeasible_trials_count_as_infinitely_bad(fresh_rng):
    made = table(fresh_rng, 40, [0.2, 0.5], fails_above=0.6)
    (study,) = sampling.check(made).studies
    assert study.trials == 40
    whole = sampling.check(made.take(made.complete)).studies[0]
    assert study.median[0] > whole.median[0]
    assert study.median[-1] == pytest.approx(whole.median[-1])


def test_thin_sampling_asks_for_more_trials():
    found = sampling.check(table(np.random.default_rng(0), 10, [0.5] * 6, noise=0.0)).findings[0]
    assert found.severity is Severity.NOTE
    assert "Not enough evidence" in found.sentence and "38 more would" in found.sentence
    assert found.remedy.kind is RemedyKind.MORE_TRIALS
    assert found.remedy.values["trials"] == 48


def test_the_number_in_the_sentence_is_the_one_of_the_remedy():
    """12 trials of two hyperparameters: 16 would show the distance, and twice 12 are advised."""
    found = sampling.check(table(np.random.default_rng(0), 12, [0.5] * 2, noise=0.3)).findings[0]
    wanted = found.remedy.values
    assert wanted["trials"] == 24 and f"{wanted['more']} more would" in found.sentence


def test_more_trials_are_asked_for_by_what_they_bring():
    """How far the best of the space may be is no reason: twice the trials need not reach it."""
    made = (table(np.random.default_rng(i), 20, [0.5] * 2, noise=0.3) for i in range(20))
    found = [f for t in made for f in sampling.check(t).findings]
    asked = [f for f in found if f.remedy and "distance_from_best" in f.numbers]
    assert asked
    for one in asked:
        assert f"about {one.numbers['expected_gain'].estimate:.2g} " in one.remedy.because
        assert "may be" not in one.remedy.because


def test_a_gain_too_small_to_matter_asks_for_no_trials():
    """Few trials of which the best agree in all that matters: twice as many would bring nothing."""
    base = table(np.random.default_rng(0), 12, [0.5] * 2, noise=0.3)
    losses = np.concatenate([0.1 + 1e-5 * np.arange(6), np.linspace(1, 2, 6)])
    (found,) = sampling.check(replace(base, value=losses)).findings
    gain = found.numbers["expected_gain"].estimate
    assert 0 < gain < 0.01 * (np.median(losses) - 0.1)
    assert found.severity is Severity.NOTE and found.remedy is None
    assert "1 %" in found.sentence


@pytest.mark.parametrize(("least", "asked"), [(0.0, True), (1e-6, True), (0.5, False)])
def test_a_gain_is_judged_by_the_least_improvement_of_the_round(least, asked):
    made = table(np.random.default_rng(0), 10, [0.5] * 6, noise=0.1)
    (found,) = sampling.check(replace(made, least_improvement=least)).findings
    assert (found.remedy is not None) is asked
    assert ("least improvement (0.5)" in found.sentence) is not asked


def test_more_trials_are_counted_from_those_that_count():
    """Of 16 trials ten count, two are still to come, and 48 that count are wanted."""
    made = table(np.random.default_rng(0), 16, [0.5] * 6, noise=0.0)
    status = (Status.FAILED,) * 4 + (Status.RUNNING,) * 2 + (Status.COMPLETE,) * 10
    value = np.where([s is Status.COMPLETE for s in status], made.value, np.nan)
    (found,) = sampling.check(replace(made, status=status, value=value)).findings
    assert found.numbers["trials"] == 10
    assert dict(found.remedy.values) == {"trials": 16 + 36, "more": 36}
    assert "Run 36 more trials, 52 in all" in remedy_text(found)


def test_dense_sampling_passes():
    found = sampling.check(table(np.random.default_rng(0), 200, [0.5], noise=0.01)).findings[0]
    assert found.severity is Severity.PASS
    assert "Sampled densely enough" in found.sentence
    assert found.numbers["distance_from_best"].high < 0.1


REPEATS = 40


@pytest.mark.parametrize("case", measured.SPACES)
def test_dense_is_rarely_said_of_what_is_not(case, fresh_rng):
    space = measured.SPACES[case]
    said = [measured.read(space, fresh_rng, 64) for _ in range(REPEATS)]
    assert sum(r.falsely_dense for r in said) <= binom.ppf(1 - 1e-7, REPEATS, 0.05)


@pytest.mark.parametrize("case", ["1 axis, no noise", "2 axes, no noise", "4 axes, no noise"])
def test_the_best_that_there_is_is_within_the_bound(case, fresh_rng):
    space = measured.SPACES[case]
    held = sum(measured.read(space, fresh_rng, 64).held for _ in range(REPEATS))
    assert held >= binom.ppf(1e-7, REPEATS, 0.95)


def test_the_distance_of_a_known_law_is_found():
    ordered = 2 + np.sort(np.random.default_rng(0).random(500) ** 0.5)
    found = distance_from_best(ordered, 4)
    assert found.low <= ordered[0] - 2 <= found.high < 0.4
    far = distance_from_best(1e18 * ordered, 4)
    assert far.high == pytest.approx(1e18 * found.high)


def test_the_distance_is_not_told_of_few_or_equal_losses():
    assert distance_from_best(np.arange(30.0), 4) is None
    assert distance_from_best(np.zeros(100), 1) is None
    assert distance_from_best(np.r_[np.arange(5.0), np.full(95, np.inf)], 1) is None
    assert distance_from_best(np.repeat(np.arange(10.0), 10), 1) is None


def test_quantiles_of_a_budget_are_those_of_drawing(fresh_rng):
    ordered = np.append(np.sort(fresh_rng.random(17)), [np.inf] * 3)
    drawn = ordered[fresh_rng.integers(20, size=(20000, 3))].min(axis=1)
    drawn = np.sort(drawn[np.isfinite(drawn)])
    for q in (0.25, 0.5, 0.95):
        (value,) = best_of_budget(ordered, 3, np.array([q]))
        assert (drawn <= value).mean() >= q - 0.03
        assert (drawn < value).mean() <= q + 0.03


def test_too_few_trials_say_so(fresh_rng):
    result = sampling.check(table(fresh_rng, 5, [0.5]))
    assert isinstance(result, NotApplicable)
    assert "8 ended trials" in result.needs


@pytest.mark.parametrize(("power", "least"), [(0.25, 0.9), (0.5, 0.93), (1.0, 0.97), (2.0, 0.97)])
@pytest.mark.parametrize("trials", [16, 40, 100])
def test_the_interval_of_the_gain_holds_what_comes(power, least, trials):
    """Losses near their optimum as powers of a uniform: flat-bottomed to sharp.

    With one seed: the ratio of two sums has no bound that holds for every seed.
    """
    rng = np.random.default_rng(0)
    held, said, came = 0, 0.0, 0.0
    for _ in range(400):
        first, second = np.sort(rng.random((2, trials)) ** power, axis=1)
        gain = sampling._expected_gain(first)
        true = max(0.0, first[0] - second[0])
        held += gain.low <= true <= gain.high
        said, came = said + gain.estimate, came + true
    assert held >= binom.ppf(1e-6, 400, least)
    if trials > 16:
        assert 0.8 * came <= said <= 1.8 * came, "the gain of the next doubling, not of the last"
    else:
        assert said >= 0.8 * came


def test_higher_is_better_turns_the_curve(fresh_rng):
    made = table(fresh_rng, 30, [0.5])
    up = replace(made, objective=Objective("loss", Direction.MAXIMIZE), value=-made.value)
    down_study, up_study = sampling.check(made).studies[0], sampling.check(up).studies[0]
    np.testing.assert_allclose(up_study.median, -down_study.median)
    np.testing.assert_allclose(up_study.low, -down_study.high)
    assert up_study.best == -down_study.best


def test_large_studies_stay_small(fresh_rng):
    (study,) = sampling.check(table(fresh_rng, 1000, [0.5, 0.5])).studies
    assert len(study.budgets) == len(study.median) < 400
    assert (study.budgets[0], study.budgets[-1]) == (1, 1000)


@pytest.mark.filterwarnings("error")
def test_losses_beyond_all_bounds_are_no_matter():
    base = table(np.random.default_rng(0), 40, [0.5, 0.5])
    value = np.r_[base.value[:30], np.full(5, -1e308), np.full(5, 1e308)]
    (study,) = sampling.check(replace(base, value=value)).studies
    assert np.isfinite([study.best, study.distance.high, study.expected_gain.high]).all()


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(("axes", "trials"), [(1, 12), (1, 24), (2, 16), (2, 64), (6, 20)])
def test_a_gain_is_within_what_there_is_to_gain(sign, axes, trials, fresh_rng):
    """At most the distance to the best in the space, and not beyond the bound of the metric."""
    for _ in range(5):
        made = table(fresh_rng, trials, [0.5] * axes, noise=0.1)
        low, high = made.value.min(), made.value.max()
        error = (made.value - low + 0.02) / (high - low + 0.03)
        name, way = ("valid/error", Direction.MINIMIZE), ("accuracy", Direction.MAXIMIZE)
        objective = Objective(*(name if sign > 0 else way))
        value = error if sign > 0 else 1 - error
        (study,) = sampling.check(replace(made, objective=objective, value=value)).studies
        gain, left = study.expected_gain, study.best if sign > 0 else 1 - study.best
        assert gain.low <= gain.estimate <= gain.high <= left + 1e-12
        if study.distance is not None:
            assert gain.estimate <= study.distance.estimate
            assert gain.high <= study.distance.high <= left + 1e-12


def test_an_accuracy_in_percent_does_not_pass_100(fresh_rng):
    made = table(fresh_rng, 10, [0.5] * 2)
    value = 99 - 60 * (made.value - made.value.min()) / np.ptp(made.value)
    percent = replace(made, objective=Objective("val_acc", Direction.MAXIMIZE), value=value)
    (study,) = sampling.check(percent).studies
    assert study.distance is None
    assert study.expected_gain.high <= 100 - study.best
