"""Late variance (C5): nothing to find, planted, thin, broken curves, and real ones."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from tunebook.checks.late_noise import COMPARED, EARLIEST, LATE_PART
from tunebook.checks.late_noise import check as variance
from tunebook.checks.late_noise.chart import draw
from tunebook.checks.late_noise.estimator import (
    late_part,
    luck_of_best,
    read_noise,
)
from tunebook.domain.design import Direction, Objective, Reduce, Role
from tunebook.domain.finding import NotApplicable, RemedyKind, Severity
from tunebook.domain.formats.numbers import percent
from tunebook.domain.space import Branch, Choice, Float
from tunebook.domain.table import Curves, TrialTable, reduce_curve
from tunebook.domain.trial import Status
from tunebook.report.check_texts import check_text, numbers_texts

STEPS = 1000


def wander(rng, trials, points, correlation):
    """Noise of standard deviation 1 that is correlated from one evaluation to the next."""
    noise = rng.normal(size=(trials, points))
    for i in range(1, points):
        noise[:, i] = correlation * noise[:, i - 1] + math.sqrt(1 - correlation**2) * noise[:, i]
    return noise


def table(values, *, objective=None, study=None, config=None, branches=None, steps=None):
    objective = objective or Objective("loss")
    n, points = values.shape
    steps = np.linspace(STEPS / points, STEPS, points).astype(int) - 1 if steps is None else steps
    study = study or [""] * n
    return TrialTable(
        objective=objective,
        name=tuple(f"1.{i}" for i in range(n)),
        study=tuple(study),
        config=tuple(config or ({"x": i / n} for i in range(n))),
        seed=tuple(range(n)),
        status=(Status.COMPLETE,) * n,
        cause=(None,) * n,
        seconds=np.ones(n),
        value=np.array([reduce_curve(v, objective) for v in values]),
        curves={objective.metric: Curves.pack([(steps, v) for v in values])},
        branches=branches or {s: Branch(axes={"x": Float(0.0, 1.0)}) for s in study},
        roles={"x": Role.NUISANCE},
        max_train_steps=STEPS,
    )


def curves(rng, trials=32, points=50, *, spread=1.0, noise=0.02, correlation=0.0):
    """Levels that are spread evenly, a fall that is over at the end, and noise."""
    t = np.linspace(1 / points, 1, points)
    level = spread * rng.permutation(trials)[:, None] / trials
    return level + np.exp(-10 * t) + noise * wander(rng, trials, points, correlation)


def test_levels_that_differ_more_than_the_noise_pass():
    result = variance.check(table(curves(np.random.default_rng(0))))
    (finding,) = result.findings
    assert finding.severity is Severity.PASS and finding.remedy is None
    assert finding.numbers["late_noise"].low <= 0.02 <= finding.numbers["late_noise"].high
    assert result.resolution.estimate < result.good_range


def test_levels_that_drown_in_the_noise_are_luck():
    result = variance.check(table(curves(np.random.default_rng(2), trials=64, spread=0.02)))
    (finding,) = result.findings
    assert finding.severity is Severity.WARNING and "is luck" in finding.sentence
    assert finding.remedy.kind is RemedyKind.ADD
    assert {"schedule", "averaging", "batch_size", "validation_set"} == set(finding.remedy.values)
    assert len(finding.trials) > 3 and result.flatters > 0


def test_what_the_round_varies_is_no_remedy():
    made = table(
        curves(np.random.default_rng(2), trials=64, spread=0.02),
        config=[{"x": i / 64, "batch_size": 32} for i in range(64)],
        branches={"": Branch(axes={"x": Float(0.0, 1.0), "batch_size": Choice((32, 64))})},
    )
    (finding,) = variance.check(made).findings
    assert "batch_size" not in finding.remedy.values and "larger batch" not in finding.sentence


def test_scientific_values_nearer_than_a_reading_resolves():
    rng = np.random.default_rng(0)
    values = curves(rng, noise=0.02)
    values[16:] = values[:16] + 0.001 + 0.02 * rng.normal(size=(16, 50)) * 0
    config = [{"x": i / 32, "o": "a" if i < 16 else "b"} for i in range(32)]
    made = replace(table(values, config=config), roles={"x": Role.NUISANCE, "o": Role.SCIENTIFIC})
    (finding,) = variance.check(made).findings
    assert finding.severity is Severity.WARNING
    assert "scientific values span 0.001" in finding.sentence
    assert finding.numbers["range_of_the_values"] == pytest.approx(0.001)


def test_seeds_that_spread_more_are_named_instead():
    rng = np.random.default_rng(0)
    values = curves(rng, trials=30, spread=0.0, noise=0.02) + 0.2 * rng.normal(size=(30, 1))
    values = np.concatenate([values, values.min(axis=0) + 0.02 * rng.normal(size=(3, 50))])
    config = [{"x": 0.5}] * 30 + [{"x": 0.1 * k} for k in (1, 2, 3)]
    (finding,) = variance.check(table(values, config=config)).findings
    assert finding.numbers["between_seeds"].low < 0.2 < finding.numbers["between_seeds"].high


@pytest.mark.parametrize(("trials", "points"), [(2, 50), (10, 8), (0, 20)])
def test_thin_data_does_not_apply(trials, points):
    made = table(curves(np.random.default_rng(0), trials=max(trials, 1), points=points))
    made = made.take(np.arange(trials))
    result = variance.check(made)
    assert isinstance(result, NotApplicable) and result.check == "C5" and result.needs


def test_without_curves_it_does_not_apply():
    result = variance.check(replace(table(curves(np.random.default_rng(0))), curves={}))
    assert isinstance(result, NotApplicable) and "loss" in result.reason


@pytest.mark.parametrize("shape", ["flat", "broken", "explosion", "huge", "cut"])
def test_odd_curves_are_read_without_a_word_from_numpy(shape):
    rng = np.random.default_rng(0)
    values = curves(rng)
    if shape == "flat":
        values = np.ones_like(values)
    if shape == "broken":
        values[:, 45] = np.nan
        values[3, 47] = np.inf
    if shape == "explosion":
        values[int(np.argmin(values.min(axis=1))), 40:] = 1e18
    if shape == "huge":
        values *= 1e18
    made = table(values)
    if shape == "cut":
        packed = [
            (s[: 50 - k], v[: 50 - k]) for k in range(32) for s, v in [made.curves["loss"].of(k)]
        ]
        made = replace(made, curves={"loss": Curves.pack(packed)}, max_train_steps=None)
    with np.errstate(all="raise"):
        result = variance.check(made)
    (finding,) = result.findings
    noise = result.noise
    assert math.isfinite(noise.high) and 0 <= noise.low <= noise.estimate <= noise.high
    if shape == "flat":
        assert noise.high == 0 and "no noise" in finding.sentence
    if shape == "explosion":
        assert noise.high < 0.2 and len(result.unsteady) == 1
    if shape == "huge":
        assert noise.low <= 0.02e18 <= noise.high


def test_direction_and_reading_matter_as_they_should():
    values = curves(np.random.default_rng(0))
    best = variance.check(table(values))
    up = variance.check(table(-values, objective=Objective("loss", Direction.MAXIMIZE)))
    assert up.noise == best.noise and up.within == best.within
    last = variance.check(table(values, objective=Objective("loss", reduce=Reduce.LAST)))
    mean = variance.check(table(values, objective=Objective("loss", reduce="mean-last-10")))
    assert last.flatters == mean.flatters == 0 < best.flatters
    assert best.resolution.estimate < last.resolution.estimate
    assert mean.resolution.estimate == pytest.approx(last.resolution.estimate / 10**0.5, rel=0.3)


def test_the_best_of_many_flatters_as_the_playbook_warns():
    assert luck_of_best(10) == pytest.approx(1.54, abs=0.01)
    assert luck_of_best(100) == pytest.approx(2.51, abs=0.01)


@pytest.mark.parametrize("correlation", [0.0, 0.5])
@pytest.mark.parametrize("trend", [0.0, 1.0])
def test_the_interval_covers(correlation, trend, fresh_rng):
    repeats, held = 100, 0
    t = np.linspace(1 / 50, 1, 50)
    steps = (1000 * t).astype(int) - 1
    for _ in range(repeats):
        values = 0.02 * wander(fresh_rng, 5, 50, correlation) + trend * np.exp(-2.5 * t)
        noise = read_noise([late_part(steps, v, STEPS) for v in values]).deviation
        held += noise.low <= 0.02 <= noise.high
    assert held >= stats.binom.ppf(1e-6, repeats, 0.93)


def test_false_alarms_are_rare(fresh_rng):
    # Levels so far apart that the three best span more than twice what two readings resolve.
    repeats = 40
    results = [
        variance.check(table(curves(r, noise=0.01, spread=1.5))) for r in fresh_rng.spawn(repeats)
    ]
    silent = sum(isinstance(r, NotApplicable) for r in results)
    warned = sum(
        r.findings[0].severity is not Severity.PASS
        for r in results
        if not isinstance(r, NotApplicable)
    )
    assert warned <= stats.binom.ppf(1 - 1e-6, repeats, 0.03)
    assert silent <= stats.binom.ppf(1 - 1e-6, repeats, 0.15)


def test_published_curves(shared_data):
    def read(path, objective, **more):
        return TrialTable.from_csv(
            shared_data / f"{path}-trials.csv.gz", shared_data / f"{path}-curves.csv.gz",
            objective=objective, **more,
        )  # fmt: skip

    # Late noise of the best 5 % by the differences of neighbours: 0.008 and 0.003.
    lstm = variance.check(read("taskset/imdb-patch128-lstm128-avg-bs64", "minimize:valid_loss"))
    gru = variance.check(read("taskset/imdb-patch32-gru64-avg-bs128", "minimize:valid_loss"))
    assert lstm.noise.estimate == pytest.approx(0.0085, abs=0.001)
    assert gru.noise.estimate == pytest.approx(0.003, abs=0.0005)
    assert all(r.findings[0].severity is Severity.PASS for r in (lstm, gru))
    # The best ten DeBERTa runs lie within 0.0016, nearer than 9,815 examples resolve.
    deberta = variance.check(read("opda/deberta-base", "maximize:matched", chance=0.3545))
    assert deberta.findings[0].severity is Severity.WARNING
    # Seeds of mnist_vae fall into two groups: that, and not noise, is what hides differences.
    vae = variance.check(read("deepobs/mnist_vae", "minimize:test_loss",
                              hyperparameters=["optimizer", "lr"], scientific=["optimizer"]))  # fmt: skip
    assert vae.findings[0].severity is Severity.NOTE
    assert vae.findings[0].numbers["between_seeds"].low > 1


def decaying(rng, trials, points, *, start=0.02, end=0.001):
    """Curves under a cosine decay: fall and noise both end at the end of training."""
    t = np.linspace(1 / points, 1, points)
    rate = 0.5 * (1 + np.cos(np.pi * t))
    level = 0.2 * rng.permutation(trials)[:, None] / trials
    noise = (end + (start - end) * rate) * rng.normal(size=(trials, points))
    return 0.25 + level + 0.5 * rate**1.5 * (1 + 0.2 * rng.random((trials, 1))) + noise


@pytest.mark.parametrize("points", [15, 20, 30, 50, 200])
@pytest.mark.parametrize("trials", [4, 16, 64])
def test_noise_that_decays_is_never_called_luck(trials, points):
    for seed in range(8):
        result = variance.check(table(decaying(np.random.default_rng(seed), trials, points)))
        if isinstance(result, NotApplicable):
            continue
        assert result.findings[0].severity is not Severity.WARNING
        # Nothing before the last four tenths is late.
        assert result.late_share <= 0.41


def test_late_means_the_last_four_tenths_at_most():
    result = variance.check(table(curves(np.random.default_rng(1), points=20)))
    assert 0.25 <= result.late_share <= 0.4
    assert all(len(r.around) == 8 for r in result.readings)
    (finding,) = result.findings
    assert f"last {100 * result.late_share:.0f} %" in finding.sentence


def test_seeds_of_one_configuration_are_no_choice():
    values = curves(np.random.default_rng(0), trials=4, spread=0.0)
    result = variance.check(table(values, config=[{"x": 0.5}] * 4))
    assert isinstance(result, NotApplicable) and "one configuration" in result.reason


def test_a_smooth_drift_has_no_noise_to_give():
    rng = np.random.default_rng(0)
    values = rng.random((100, 1)) + 0.05 * wander(rng, 100, 250, 0.995)
    last = Objective("loss", reduce=Reduce.LAST)
    result = variance.check(table(values, objective=last))
    assert isinstance(result, NotApplicable) and "separated" in result.reason


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.9])
def test_an_estimate_lies_in_its_interval_and_not_at_the_end_of_its_grid(correlation):
    rng = np.random.default_rng(0)
    for _ in range(60):
        values = 0.02 * wander(rng, 3, 20, correlation)
        steps = np.arange(50, 1001, 50) - 1
        noise = read_noise([late_part(steps, v, STEPS) for v in values])
        size = noise.deviation
        assert size.low <= size.estimate <= size.high
        assert noise.correlation < 0.95


def test_an_objective_that_is_best_before_is_not_judged_by_late_noise():
    rng = np.random.default_rng(0)
    t = np.linspace(0.02, 1, 50)
    values = (
        0.001 * rng.permutation(32)[:, None] + (t - 0.1) ** 2 + 0.005 * rng.normal(size=(32, 50))
    )
    result = variance.check(table(values))
    assert isinstance(result, NotApplicable) and "before the late part" in result.reason


def test_what_is_fixed_is_no_remedy_either():
    config = [{"x": i / 64, "lr_schedule": "cosine"} for i in range(64)]
    made = table(curves(np.random.default_rng(2), trials=64, spread=0.02), config=config)
    (finding,) = variance.check(made).findings
    assert finding.severity is Severity.WARNING
    assert "schedule" not in finding.remedy.values and "decays" not in finding.sentence


def test_one_count_of_best_trials_and_one_late_part():
    """Two studies of few evaluations: noise is read on six trials, three are compared."""
    rng = np.random.default_rng(5)
    made = table(curves(rng, points=18), study=["a"] * 16 + ["b"] * 16)
    result = variance.check(made)
    (finding,) = result.findings
    assert finding.numbers["good_trials"] == 6 and finding.numbers["compared_trials"] == 3
    assert f"the 3 best trials of {result.compared_study} span" in finding.sentence
    assert result.compared_study == made.study[int(np.argmin(made.losses))]
    (picture,) = draw(result)
    assert "3 best trials" in picture.alt and "6 trials, best first" in picture.alt
    late = finding.numbers["late_part"]
    assert late == result.late_share > LATE_PART
    assert f"the last {percent(late)} of training" in finding.sentence
    method = check_text("C5").method
    assert percent(LATE_PART) in method and percent(1 - EARLIEST) in method
    assert "quarter" not in method and f"{COMPARED} trials at most" in method
    labels = dict(numbers_texts(finding))
    assert labels["best trials compared"] == "3" and labels["trials whose noise was read"] == "6"
