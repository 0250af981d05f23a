"""Sources of variance (D2): each told apart, what was not measured named, real tables."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import variance_sources as measured
from crossed_tables import crossed
from scipy import stats

from tunebook.checks.variance_sources import check as variance_sources
from tunebook.checks.variance_sources.check import Origin
from tunebook.checks.variance_sources.components import (
    Level,
    between_levels,
    noise_within,
    spread_of_levels,
)
from tunebook.checks.variance_sources.labels import labelled, without_labels
from tunebook.checks.variance_sources.repeated_search import Search, joined
from tunebook.domain.design import Direction, Objective, Role, Round
from tunebook.domain.finding import NotApplicable, Severity
from tunebook.domain.plan_edits import same_search
from tunebook.domain.space import Branch, Float
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Status
from tunebook.examination.examine import results
from tunebook.planning.earlier_trials import repeated_seeds


def table(rows, *, objective=None, seeds=None, study=None, rerun_of=()):
    """Rows of (configuration, value)."""
    n = len(rows)
    study = study or [""] * n
    value = np.array([v for _, v in rows], float)
    return TrialTable(
        objective=objective or Objective("loss"),
        name=tuple(f"1.{i}" for i in range(n)),
        study=tuple(study),
        config=tuple(c for c, _ in rows),
        seed=tuple(range(n)) if seeds is None else tuple(seeds),
        status=tuple(Status.COMPLETE if math.isfinite(v) else Status.INFEASIBLE for v in value),
        cause=(None,) * n,
        seconds=np.ones(n),
        value=value,
        branches={s: Branch(axes={"x": Float(0.0, 1.0)}) for s in study},
        roles={"x": Role.NUISANCE},
        rerun_of=tuple(rerun_of),
    )


def by_origin(result):
    return {s.origin: s for s in result.sources}


def test_a_balanced_table_has_the_numbers_of_its_analysis_of_variance():
    rng = np.random.default_rng(0)
    values = 0.5 * rng.normal(size=(6, 1)) + rng.normal(size=(6, 4))
    noise = noise_within(list(values))
    within = values.var(axis=1, ddof=1).mean()
    assert noise.variance == pytest.approx(within) and noise.freedom == 18
    levels = [Level(group=0, label=j, values=v) for j, v in enumerate(values)]
    between = values.mean(axis=1).var(ddof=1) - within / 4
    assert between > 0
    found = between_levels(levels, noise)
    assert found.estimate == pytest.approx(math.sqrt(between), rel=1e-4)
    assert 0 <= found.low < found.estimate < found.high
    both = spread_of_levels(levels)
    assert both.estimate == pytest.approx(values.mean(axis=1).std(ddof=1))


def test_ends_are_those_of_chi_square_where_the_noise_is_nothing():
    means = np.array([1.0, 2.0, 4.0, 7.0])
    noise = replace(noise_within([np.array([0.0, 1e-9, 2e-9])]), sure=1000.0)
    found = between_levels(
        [Level(group=0, label=j, values=np.array([m])) for j, m in enumerate(means)], noise
    )
    high, low = stats.chi2.ppf([0.025, 0.975], 3)
    squares = ((means - means.mean()) ** 2).sum()
    assert found.low == pytest.approx(math.sqrt(squares / low), rel=1e-3)
    assert found.high == pytest.approx(math.sqrt(squares / high), rel=1e-3)


def test_scale_and_shift_change_nothing_else():
    rng = np.random.default_rng(1)
    values = [rng.normal(size=n) + rng.normal() for n in (1, 1, 2, 4, 8)]

    def read(factor, shift):
        own = [factor * v + shift for v in values]
        levels = [Level(group=0, label=j, values=v) for j, v in enumerate(own)]
        return between_levels(levels, noise_within(own))

    one, other = read(1.0, 0.0), read(1e-6, 3e-5)
    for end in ("estimate", "low", "high"):
        assert getattr(other, end) == pytest.approx(1e-6 * getattr(one, end), rel=1e-3, abs=1e-12)


def test_levels_nearer_together_than_their_noise_are_no_more_than_is_seen():
    values = [np.array([-1.0, 1.0]), np.array([-1.1, 1.1]), np.array([-0.9, 0.9001])]
    levels = [Level(group=0, label=j, values=v) for j, v in enumerate(values)]
    found = between_levels(levels, noise_within(values))
    assert found.estimate == found.low == 0 < found.high


def test_heavy_tails_make_the_noise_less_sure():
    rng = np.random.default_rng(2)
    calm = noise_within(list(rng.normal(size=(10, 8))))
    wild = noise_within(list(rng.standard_t(2.5, size=(10, 8))))
    assert calm.freedom == wild.freedom == 70 and wild.sure < 35 < calm.sure
    own = wild.deviation()
    assert own.high / own.low > 1.5 * calm.deviation().high / calm.deviation().low


def reruns_of(*configurations):
    """Reruns with new seeds, of configurations x = 0, 0.1, ..."""
    rows = [({"x": 0.1 * k}, v) for k, values in enumerate(configurations) for v in values]
    arms = [str(k) for k, values in enumerate(configurations) for _ in values]
    return table(rows, rerun_of=arms)


def test_a_best_configuration_whose_seeds_change_nothing_is_warned_of():
    result = variance_sources.check(reruns_of((0.3,) * 4, (0.4, 0.41, 0.39, 0.42)))
    assert result.constant and not result.seedless
    (found,) = result.findings
    assert found.severity == "warning" and "trial.seed" in found.sentence
    several = variance_sources.check(reruns_of((0.3,) * 3, (0.4, 0.41, 0.39, 0.42)))
    assert not several.constant, "three may be a coincidence of a coarse objective"


def test_without_a_search_the_study_is_nothing_to_measure():
    (one,) = variance_sources.check(reruns_of((0.30, 0.31, 0.29))).findings
    assert one.numbers["study"] == "no search to repeat" and "Study variance" not in one.sentence
    (two,) = variance_sources.check(reruns_of((0.30, 0.31, 0.29), (0.4, 0.41, 0.39))).findings
    assert two.numbers["study"] == "not measured" and "Study variance" in two.sentence


GOOD = (0.30, 0.31, 0.29, 0.30)


@pytest.mark.parametrize("unlike", [(0.9, 2.1, 1.4, 3.0), (0.9, 0.9, 0.9, 0.90001)])
def test_a_diverging_or_stuck_configuration_does_not_widen_or_narrow_the_noise(unlike):
    alone = by_origin(variance_sources.check(reruns_of(GOOD)))[Origin.TRIAL]
    result = variance_sources.check(reruns_of(GOOD, unlike))
    found = by_origin(result)[Origin.TRIAL]
    assert found.deviation == alone.deviation
    assert (found.levels, found.groups, found.left_out) == (4, 1, 1)
    assert "1 worse configuration left out" in result.findings[0].sentence


def test_configurations_that_differ_in_level_or_overlap_are_pooled():
    worse = tuple(v + 0.2 for v in (0.31, 0.29, 0.32, 0.28))
    lucky = (0.25, 0.9, 0.3, 1.4)  # unlike, but its values lie among those of the best
    for other in (worse, lucky):
        found = by_origin(variance_sources.check(reruns_of(GOOD, other)))[Origin.TRIAL]
        assert (found.levels, found.groups, found.left_out) == (8, 2, 0)


def test_the_next_plan_takes_the_noise_of_configurations_like_the_best():
    good = (0.30, 0.31, 0.29, 0.30, 0.305, 0.295)
    alone = repeated_seeds(reruns_of(good))
    assert repeated_seeds(reruns_of(good, (0.9, 2.1, 1.4, 3.0, 0.8, 5.0))) == alone
    pooled = repeated_seeds(reruns_of(good, tuple(v + 0.1 for v in reversed(good))))
    assert pooled == pytest.approx(alone)
    # Four reruns of the best alone are too few for a plan, whatever diverges beside them.
    assert repeated_seeds(reruns_of(GOOD, (0.9, 2.1, 1.4, 3.0))) is None


def test_three_sources_are_told_apart_and_the_trials_that_chose_are_left_out():
    rng = np.random.default_rng(3)
    read = variance_sources.check(measured.search(rng, 6, 4))
    by = by_origin(read)
    assert by[Origin.TRIAL].levels == 24 and by[Origin.TRIAL].groups == 6
    assert by[Origin.STUDY].levels == 6 and not by[Origin.STUDY].with_trial
    assert by[Origin.SPLIT].deviation is None
    assert read.unmeasured == (Origin.SPLIT,)
    (finding,) = read.findings
    assert finding.check == "D2" and finding.severity is Severity.NOTE
    assert "Data split variance was not measured. To measure it, train" in finding.sentence
    assert finding.numbers["data_split"] == "not measured"


def test_bests_alone_are_study_and_trial_together():
    rng = np.random.default_rng(4)
    read = variance_sources.check(measured.search(rng, 5, 0))
    study = by_origin(read)[Origin.STUDY]
    assert study.with_trial and "study_and_trial" in read.findings[0].numbers
    assert "not measured apart" in read.findings[0].sentence
    assert set(read.unmeasured) == set(Origin)


def test_splits_are_told_from_seeds():
    rng = np.random.default_rng(5)
    effect = {fold: 5 * rng.normal() for fold in range(6)}
    rows = [
        ({"x": x, "fold": fold}, 100 * x + effect[fold] + 0.1 * rng.normal())
        for x in (0.1, 0.9)
        for fold in effect
        for _ in range(3)
    ]
    read = variance_sources.check(table(rows))
    by = by_origin(read)
    assert by[Origin.TRIAL].deviation.low < 0.1 < by[Origin.TRIAL].deviation.high
    split = by[Origin.SPLIT]
    assert split.levels == 6 and split.groups == 2
    true = np.std(list(effect.values()), ddof=1)
    assert split.deviation.estimate == pytest.approx(true, rel=0.1)
    assert "The data split scatters more than the seed does" in read.findings[0].sentence
    one_seed = variance_sources.check(table(rows[::3]))
    assert by_origin(one_seed)[Origin.SPLIT].with_trial


def test_a_seed_without_effect_is_told():
    rows = [({"x": 0.5, "fold": i % 3}, 0.1 + 0.01 * (i % 3)) for i in range(12)]
    (finding,) = variance_sources.check(table(rows)).findings
    assert finding.severity is Severity.WARNING and "trial.seed" in finding.sentence
    # Without a split there is no deviation at all, and the same is to be said.
    (finding,) = variance_sources.check(table([({"x": 0.5}, 0.1)] * 4)).findings
    assert finding.severity is Severity.WARNING and "trial.seed" in finding.sentence


def test_copies_and_infeasible_trials_are_no_repeats():
    rows = [({"x": 0.5}, v) for v in (1.0, 1.0, 2.0, 3.0, math.nan)]
    found = labelled(table(rows, seeds=(1, 1, 2, 3, 4)))
    assert [t.loss for t in found] == [1.0, 2.0, 3.0]


def test_a_plain_search_measures_nothing_and_says_what_would():
    rng = np.random.default_rng(0)
    result = variance_sources.check(table([({"x": float(v)}, v) for v in rng.random(20)]))
    assert isinstance(result, NotApplicable) and result.check == "D2"
    assert "three seeds" in result.needs


def test_direction_turns_nothing():
    rng = np.random.default_rng(0)
    rows = [({"x": 0.5}, float(v)) for v in rng.normal(size=8)]
    up = variance_sources.check(table(rows, objective=Objective("acc", Direction.MAXIMIZE)))
    down = variance_sources.check(table(rows))
    assert up.sources == down.sources


def test_rounds_of_one_search_are_joined_under_their_seeds():
    plan = Round(goal="Which x?", nuisance={"x": Float(0.0, 1.0)}, trials=4, max_train_steps=10)
    again = replace(plan, goal="Once more", seed=7)
    assert same_search(plan, again)
    assert not same_search(plan, replace(again, max_train_steps=20))
    own = table([({"x": 0.1 * i}, float(i)) for i in range(4)])
    rerun = table([({"x": 0.0}, 0.5), ({"x": 0.0}, 0.7)], seeds=(8, 9), rerun_of=["best"] * 2)
    alone = joined([Search(seed=0, trials=own, reruns=rerun)])
    assert len(alone) == 6 and all("search_seed" not in c for c in alone.config)
    assert [t.chose for t in labelled(alone)] == [True, True, True, True, False, False]
    both = joined([Search(seed=0, trials=own, reruns=rerun), Search(seed=7, trials=own)])
    assert {c["search_seed"] for c in both.config} == {0, 7}


def test_reruns_of_earlier_rounds_measure_what_a_seed_does():
    """A round without reruns of its own reads the earlier ones, and says which round that is."""
    own = table([({"x": 0.1 * i}, float(i)) for i in range(4)])
    values = (0.5, 0.7, 0.6, 0.4)
    before = table([({"x": 0.0}, v) for v in values], seeds=(8, 9, 10, 11), rerun_of=["x"] * 4)
    read = joined([Search(seed=0, trials=own)], {1: before})
    assert read.carried == (0,) * 4 + (1,) * 4
    result = variance_sources.check(read)
    source = by_origin(result)[Origin.TRIAL]
    assert source.rounds == (1,) and source.levels == 4
    assert source.deviation.estimate == pytest.approx(np.std(values, ddof=1))
    assert "in round 1" in result.findings[0].sentence
    # Reruns of its own are read alone.
    rerun = table([({"x": 0.0}, v) for v in (5.0, 5.2, 5.1)], seeds=(21, 22, 23),
                  rerun_of=["x"] * 3)  # fmt: skip
    both = variance_sources.check(joined([Search(seed=0, trials=own, reruns=rerun)], {1: before}))
    assert by_origin(both)[Origin.TRIAL].rounds == ()
    assert by_origin(both)[Origin.TRIAL].deviation.estimate == pytest.approx(0.1)
    assert isinstance(
        variance_sources.check(joined([Search(seed=0, trials=own)], {})), NotApplicable
    )


def test_huge_values_have_a_finite_spread():
    """An objective of 1e300: its square is no number, its standard deviation is one."""
    rows = [({"x": x}, v * 1e300) for x in (0.1, 0.5) for v in (1.0, 1.2, 1.1)]
    result = variance_sources.check(table(rows))
    deviation = by_origin(result)[Origin.TRIAL].deviation
    assert 0.5e299 < deviation.low <= deviation.estimate <= deviation.high < 1e301


def test_published_reruns(shared_data):
    def read(problem):
        return variance_sources.check(
            TrialTable.from_csv(
                shared_data / f"deepobs/{problem}-trials.csv.gz",
                shared_data / f"deepobs/{problem}-curves.csv.gz",
                objective="minimize:test_loss",
                hyperparameters=["optimizer", "lr"],
                scientific=["optimizer"],
                reduce="last",
            )
        )

    # Nine seeds of each optimizer that did not choose its rate: 0.169, 0.025 and 0.024 with ten.
    # The first is the worst in every seed: its spread says nothing of the others.
    quadratic = by_origin(read("quadratic_deep"))[Origin.TRIAL]
    assert (quadratic.levels, quadratic.left_out) == (18, 1)
    assert quadratic.deviation.low < 0.0245 < quadratic.deviation.high < 0.05
    assert "2 worse configurations left out" in read("mnist_vae").findings[0].sentence


@pytest.mark.parametrize("design", ["5 levels of 4", "5 levels of 1, 1, 2, 4, 8"])
@pytest.mark.parametrize("effect", measured.EFFECTS)
def test_intervals_hold_what_they_are_of_with_normal_noise(design, effect, fresh_rng):
    repeats = 200
    seed = int(fresh_rng.integers(2**31))
    trial, level = measured.held(
        measured.DESIGNS[design], measured.NOISE["normal"], effect, repeats, seed
    )
    assert min(trial, level) >= stats.binom.ppf(1e-6, repeats, 0.945)


def test_whole_searches_hold_what_another_search_would_choose(fresh_rng):
    repeats = 100
    truth, _ = measured.true_study(np.random.default_rng(1), 20_000)
    found = [
        by_origin(variance_sources.check(measured.search(rng, 5, 3)))[Origin.STUDY].deviation
        for rng in fresh_rng.spawn(repeats)
    ]
    inside = sum(d.low <= truth <= d.high for d in found)
    assert inside >= stats.binom.ppf(1e-6, repeats, 0.93)


def test_rows_and_columns_that_cross_are_told_apart(fresh_rng):
    repeats, held = 200, np.zeros(3)
    for _ in range(repeats):
        values = fresh_rng.normal(size=(5, 5))
        values += 2 * fresh_rng.normal(size=(5, 1)) + 0.5 * fresh_rng.normal(size=5)
        read = crossed(values)
        for k, (d, true) in enumerate(
            [(read.rows, 2.0), (read.columns, 0.5), (read.noise.deviation(), 1.0)]
        ):
            held[k] += d.low <= true <= d.high
    assert held.min() >= stats.binom.ppf(1e-6, repeats, 0.94)


def test_labels_are_nothing_to_tune():
    rng = np.random.default_rng(6)
    made = measured.search(rng, 4, 3)
    axes = {"x0": Float(0.0, 1.0), "search_seed": Float(0.0, 3.0), "x1": Float(0.0, 1.0)}
    made = replace(
        made,
        branches={s: Branch(axes=axes) for s in made.branches},
        roles={**made.roles, "search_seed": Role.NUISANCE},
    )
    bare = without_labels(made)
    assert all(set(b.axes) == {"x0", "x1"} for b in bare.branches.values())
    assert "search_seed" not in bare.roles and "search_seed" in bare.config[0]
    asked = replace(made, roles={**made.roles, "search_seed": Role.SCIENTIFIC})
    assert without_labels(asked) is asked
    found = results(made)
    assert not any("search_seed" in f.subject for c in ("C1", "C10") for f in found[c].findings)
    assert by_origin(found["D2"])[Origin.STUDY].levels == 4
