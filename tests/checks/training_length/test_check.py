"""Longer or shorter training (C6 C7 E3 E4): nothing to find, planted, thin, and real curves."""

from __future__ import annotations

import math
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from strategies import examples
from tunebook.checks.suspect_curves import evaluation_steps
from tunebook.checks.training_length import check as training_length
from tunebook.checks.training_length import more_steps
from tunebook.domain.design import Direction, Objective, Role
from tunebook.domain.finding import NotApplicable, RemedyKind, Severity
from tunebook.domain.space import Branch, Float
from tunebook.domain.table import Curves, TrialTable
from tunebook.domain.trial import Cause, Status
from tunebook.statistics.curves import lengths as curve_lengths

STEPS = 1000


def table(
    curves,
    *,
    study=None,
    max_train_steps=STEPS,
    objective=None,
    infeasible=(),
    hyperparameter="x",
) -> TrialTable:
    """One trial a curve, (steps, values); its objective is its best value."""
    n = len(curves)
    objective = objective or Objective("valid/error")
    study = study or [""] * n
    best = [objective.sign * np.nanmin(objective.sign * np.asarray(v)) for _, v in curves]
    failed = np.isin(np.arange(n), list(infeasible))
    return TrialTable(
        objective=objective,
        name=tuple(f"1.{i}" for i in range(n)),
        study=tuple(study),
        config=tuple({hyperparameter: i / n} for i in range(n)),
        seed=tuple(range(n)),
        status=tuple(Status.INFEASIBLE if f else Status.COMPLETE for f in failed),
        cause=tuple(Cause.DIVERGED if f else None for f in failed),
        seconds=np.ones(n),
        value=np.where(failed, np.nan, best),
        curves={objective.metric: Curves.pack(curves)},
        branches={s: Branch(axes={hyperparameter: Float(0.0, 1.0)}) for s in study},
        roles={hyperparameter: Role.NUISANCE},
        max_train_steps=max_train_steps,
    )


def falling(rng, pace, *, trials=20, points=20, noise=0.01, length=STEPS):
    """Curves that fall as exp(-pace t), to a height of their own."""
    steps = np.linspace(length / points, length, points).astype(int) - 1
    t = (steps + 1) / length
    return [
        (steps, 0.1 + 0.3 * rng.random() + np.exp(-pace * t) + noise * rng.normal(size=points))
        for _ in range(trials)
    ]


def said(result):
    return {f.check: f for f in result.findings}


def test_without_curves_it_does_not_apply():
    result = training_length.check(replace(table([(np.arange(3), np.ones(3))]), curves={}))
    assert isinstance(result, NotApplicable)
    assert result.check == "C6" and "valid/error" in result.reason and result.needs


def test_level_curves_pass_and_their_spare_steps_are_named():
    result = training_length.check(table(falling(np.random.default_rng(0), 40.0, points=50)))
    c6, c7 = said(result)["C6"], said(result)["C7"]
    assert c6.severity is Severity.PASS and c6.remedy is None
    assert c7.severity is Severity.NOTE
    assert c7.remedy.kind is RemedyKind.TRAIN_SHORTER
    assert c7.numbers["steps_saved"] == STEPS - c7.remedy.values["max_train_steps"] > 400
    assert result.compute_bound is False


@pytest.mark.parametrize("points", [8, 10, 20, 50])
def test_falling_curves_ask_for_longer_training(points):
    curves = falling(np.random.default_rng(0), 1.0, points=points)
    result = training_length.check(table(curves))
    c6 = said(result)["C6"]
    assert c6.severity is Severity.WARNING and result.compute_bound is True
    assert c6.remedy.kind is RemedyKind.TRAIN_LONGER
    assert c6.remedy.values["max_train_steps"] == 1500
    assert c6.numbers["improving"] == c6.numbers["good_trials"] == 3
    # exp(-t) falls by about 0.04 to 0.05 over a tenth near the end.
    assert c6.numbers["median_late_gain"] == pytest.approx(0.045, abs=0.02)
    assert said(result)["C7"].severity is Severity.PASS


def test_a_gain_that_is_lost_in_the_noise_is_only_noted():
    curves = falling(np.random.default_rng(0), 4.0, trials=6, points=20000, noise=0.1)
    result = training_length.check(table(curves))
    c6 = said(result)["C6"]
    assert c6.severity is Severity.NOTE and c6.remedy is None and "little" in c6.sentence
    assert result.compute_bound is None


def of_good_trials(improving, level, *, pace=40.0):
    """A search whose best tenth holds so many falling curves and so many that have levelled off."""
    rng = np.random.default_rng(0)
    good = falling(rng, 1.0, trials=improving, points=50) + falling(
        rng, pace, trials=level, points=50
    )
    good = [(s, v - v.min() + 1) for s, v in good]
    others = falling(rng, 3.0, trials=9 * len(good), points=50)
    return table(good + [(s, v - v.min() + 2) for s, v in others])


@pytest.mark.parametrize(
    ("improving", "level", "said_of_them"),
    [
        (3, 0, "Try 1500"), (2, 1, "Not enough evidence"), (1, 2, "leveled off"),
        (6, 1, "Try 1500"), (5, 2, "Not enough evidence"), (2, 5, "Not enough evidence"),
        (1, 6, "leveled off"), (0, 7, "No sign"), (8, 2, "Try 1500"), (2, 8, "leveled off"),
    ],
)  # fmt: skip
def test_a_few_good_trials_need_a_margin(improving, level, said_of_them):
    result = training_length.check(of_good_trials(improving, level))
    c6 = said(result)["C6"]
    assert c6.numbers["improving"] == improving
    assert c6.numbers["good_trials"] == improving + level
    assert said_of_them in c6.sentence
    assert (c6.severity is Severity.WARNING) == ("Try" in said_of_them) == bool(c6.remedy)


@pytest.mark.parametrize(
    ("level", "severity"), [(7, Severity.NOTE), (4, Severity.NOTE), (2, Severity.PASS)]
)
def test_good_trials_that_are_done_need_a_margin_too(level, severity):
    c7 = said(training_length.check(of_good_trials(7 - level, level)))["C7"]
    assert c7.severity is severity and bool(c7.remedy) == (level == 7)


def test_five_of_six_done_early_are_not_enough():
    c7 = said(training_length.check(of_good_trials(1, 5)))["C7"]
    assert c7.severity is Severity.NOTE and c7.remedy is None
    assert "5 of the 6 best trials" in c7.sentence and "not clear" in c7.sentence


def test_a_scientific_value_that_needs_longer_is_named():
    rng = np.random.default_rng(0)
    curves = falling(rng, 1.0, trials=10) + falling(rng, 40.0, trials=10)
    result = training_length.check(table(curves, study=["o=adam"] * 10 + ["o=sgd"] * 10))
    c6 = said(result)["C6"]
    assert c6.severity is Severity.WARNING
    assert "3 of the 3 best trials of o=adam" in c6.sentence


def test_best_checkpoints_in_the_first_tenth_are_far_too_long():
    steps = np.arange(20, STEPS + 1, 20) - 1
    t = (steps + 1) / STEPS
    rng = np.random.default_rng(0)
    curves = [(steps, 0.2 + (t - 0.05) ** 2 + 0.001 * rng.normal(size=50)) for _ in range(8)]
    result = training_length.check(table(curves))
    c7 = said(result)["C7"]
    assert c7.severity is Severity.WARNING and "far too long" in c7.sentence
    assert c7.remedy.values["max_train_steps"] < 300


def test_coarse_curves_are_judged_by_their_best_checkpoints():
    curves = falling(np.random.default_rng(0), 1.0, trials=60, points=5)
    c6 = said(training_length.check(table(curves)))["C6"]
    assert c6.severity is Severity.NOTE
    assert c6.numbers["best_in_last_quarter"] == 6
    assert c6.remedy.kind is RemedyKind.TRAIN_LONGER


@pytest.mark.parametrize(("trials", "points"), [(2, 20), (10, 2)])
def test_thin_data_is_not_enough_evidence(trials, points):
    curves = falling(np.random.default_rng(0), 1.0, trials=trials, points=points)
    result = training_length.check(table(curves))
    (finding,) = result.findings
    assert finding.severity is Severity.NOTE and "Not enough evidence" in finding.sentence
    assert result.compute_bound is None and len(result.curves) == trials


def of_their_own(rng, trials, growth, *, tied=True, hyperparameter="epochs", noise=0.02):
    """A search over the length: the decay tied to it, so that each curve is best at its end."""
    lengths = rng.integers(20, 101, trials)
    curves, level = [], 0.4 * rng.random(trials) ** 2
    for k, n in enumerate(lengths):
        t = np.arange(1, n + 1)
        way = t / n if tied else t / 100
        values = level[k] - growth * np.log2(n if tied else t) + 4 * np.exp(-2.5 * way)
        curves.append((t - 1, values + noise * rng.normal(size=n)))
    made = table(curves, max_train_steps=None, hyperparameter=hyperparameter)
    return replace(made, config=tuple({hyperparameter: int(n)} for n in lengths))


def test_where_the_decay_is_tied_the_lengths_are_asked_and_not_the_ends():
    result = training_length.check(of_their_own(np.random.default_rng(0), 128, 0.4))
    assert sum(c.best_fraction > 0.75 for c in result.curves) > 110
    c6 = said(result)["C6"]
    assert c6.severity is Severity.WARNING and result.compute_bound is True
    assert c6.subject == "epochs" and c6.remedy.values == {"epochs": 150}
    gain = c6.numbers["gain_per_doubling"]
    assert gain.low <= 0.4 <= gain.high
    assert c6.numbers["ends_ahead"].low > 0.5 and "Curve ends say nothing" in c6.sentence


def test_ends_that_improve_say_nothing_where_longer_trials_are_no_better():
    result = training_length.check(of_their_own(np.random.default_rng(1), 128, 0.0))
    c6 = said(result)["C6"]
    assert c6.numbers["best_in_last_quarter"] > 0.8 * c6.numbers["good_trials"]
    assert c6.severity in (Severity.NOTE, Severity.PASS) and c6.remedy is None
    assert "can't be told" in c6.sentence or "No sign" in c6.sentence


def test_lengths_that_surely_change_nothing_pass():
    made = of_their_own(np.random.default_rng(1), 400, 0.0, noise=0.3)
    made = replace(made, value=made.value - made.value + 0.01 * np.arange(400) / 400)
    c6 = said(training_length.check(made))["C6"]
    assert c6.severity is Severity.PASS and "No sign" in c6.sentence


def test_lengths_without_a_cause_or_with_few_trials_are_not_told():
    rng = np.random.default_rng(0)
    for made, why in (
        (of_their_own(rng, 40, 0.1, hyperparameter="x"), None),
        (of_their_own(rng, 12, 0.1), "it takes 16"),
    ):
        if why is None:
            made = replace(made, config=tuple({"x": 0.5} for _ in made.name))
            why = "no hyperparameter sets them"
        c6 = said(training_length.check(made))["C6"]
        assert c6.severity is Severity.NOTE and c6.remedy is None
        assert "Not enough evidence" in c6.sentence and why in c6.sentence


def test_false_growth_is_rare(fresh_rng):
    repeats = 40
    warned = sum(
        said(training_length.check(of_their_own(r, 64, 0.0)))["C6"].severity is Severity.WARNING
        for r in fresh_rng.spawn(repeats)
    )
    assert warned <= stats.binom.ppf(1 - 1e-6, repeats, 0.03)


def test_infeasible_trials_and_broken_points_are_left_out():
    curves = falling(np.random.default_rng(0), 1.0)
    curves[3][1][4] = np.nan
    result = training_length.check(table(curves, infeasible=[0, 1]))
    assert [c.trial for c in result.curves] == [f"1.{i}" for i in range(2, 20)]
    assert said(result)["C6"].severity is Severity.WARNING


def test_each_study_has_its_best_and_a_band_of_the_others():
    rng = np.random.default_rng(0)
    curves = falling(rng, 1.0, trials=9) + falling(rng, 3.0, trials=9)
    result = training_length.check(table(curves, study=["a"] * 9 + ["b"] * 9))
    assert sorted(c.study for c in result.curves if c.highlighted) == ["a", "b"]
    assert [b.study for b in result.bands] == ["a", "b"]
    for band in result.bands:
        assert (band.q10 <= band.q50).all() and (band.q50 <= band.q90).all()


def test_a_schedule_tied_to_the_length_is_a_condition_of_the_gain():
    curves = falling(np.random.default_rng(0), 1.0)
    plain = said(training_length.check(table(curves)))["C6"]
    tied = said(training_length.check(table(curves, hyperparameter="linear_decay")))["C6"]
    assert "does not decay" in plain.sentence.split(". ")[-1]
    assert "linear_decay does not tie" in tied.sentence
    assert all("only a round of another length" not in f.sentence for f in (plain, tied))
    decay = said(training_length.check(table(curves, hyperparameter="weight_decay")))["C6"]
    assert "weight_decay" not in decay.sentence


def under(schedule, made):
    return replace(made, config=tuple({**c, **schedule} for c in made.config))


@pytest.mark.parametrize("schedule", [{"schedule": "cosine"}, {"lr_scheduler_type": "linear"}])
@pytest.mark.parametrize("pace", [1.0, 6.0, 40.0])
def test_the_end_of_a_curve_is_no_evidence_under_a_decay(schedule, pace):
    made = table(falling(np.random.default_rng(0), pace, points=50))
    result = training_length.check(under(schedule, made))
    c6, c7 = said(result)["C6"], said(result)["C7"]
    assert c6.severity is c7.severity is Severity.NOTE and result.compute_bound is None
    assert not c6.settled and not c7.settled and c7.remedy is None
    name, shape = next(iter(schedule.items()))
    for finding in (c6, c7):
        assert "Not enough evidence" in finding.sentence and f"{name}={shape}" in finding.sentence
        assert "A round of" in finding.sentence
    assert "1500 steps" in c6.sentence and "gain_of_half_again" not in c6.numbers
    # [P]: best checkpoints in the last quarter are a reason to try longer all the same.
    assert (c6.remedy is not None) == (pace == 1.0)


def test_a_constant_rate_needs_no_condition_and_an_unknown_one_does():
    made = table(falling(np.random.default_rng(0), 40.0, points=50))
    other = of_good_trials(1, 6)
    for rates, holds in (({"schedule": "constant"}, False), ({}, True)):
        c6 = said(training_length.check(under(rates, made)))["C6"]
        c7 = said(training_length.check(under(rates, other)))["C7"]
        assert c6.severity is Severity.PASS
        assert ("does not decay" in c6.sentence) == ("does not decay" in c7.sentence) == holds


def test_best_checkpoints_in_the_first_tenth_are_evidence_under_any_schedule():
    steps = np.arange(20, STEPS + 1, 20) - 1
    t = (steps + 1) / STEPS
    rng = np.random.default_rng(0)
    curves = [(steps, 0.2 + (t - 0.05) ** 2 + 0.001 * rng.normal(size=50)) for _ in range(8)]
    c7 = said(training_length.check(under({"schedule": "cosine"}, table(curves))))["C7"]
    assert c7.severity is Severity.WARNING and c7.remedy.values["max_train_steps"] < 300


def test_trials_of_other_lengths_answer_under_a_decay():
    made = under({"schedule": "cosine"}, of_their_own(np.random.default_rng(0), 128, 0.4))
    found = said(training_length.check(made))
    assert found["C6"].severity is Severity.WARNING and found["C7"].severity is Severity.PASS
    flat = under({"schedule": "cosine"}, of_their_own(np.random.default_rng(1), 128, 0.0))
    assert not said(training_length.check(flat))["C7"].settled


@settings(max_examples=examples(25), deadline=None)
@given(
    seed=st.integers(0, 2**31),
    pace=st.sampled_from([0.5, 3.0, 40.0]),
    scale=st.floats(1e-6, 1e6),
    shift=st.floats(-10, 10),
    flip=st.booleans(),
)
def test_units_and_direction_do_not_matter(seed, pace, scale, shift, flip):
    curves = falling(np.random.default_rng(seed), pace, trials=6)
    sign = -1 if flip else 1
    turned = [(s, sign * scale * (v + shift)) for s, v in curves]
    objective = Objective("m", Direction.MAXIMIZE if flip else Direction.MINIMIZE)
    before = training_length.check(table(curves))
    after = training_length.check(table(turned, objective=objective))
    assert [f.severity for f in before.findings] == [f.severity for f in after.findings]
    for a, b in zip(before.curves, after.curves, strict=True):
        assert a.best_step == b.best_step and a.saturated_at == b.saturated_at
        assert b.late_gain.estimate == pytest.approx(scale * a.late_gain.estimate, rel=1e-3)


def alarms(rng, repeats, **case):
    """Rounds in which longer, and in which shorter training was asked for."""
    results = [training_length.check(table(falling(rng, **case))) for _ in range(repeats)]
    found = [said(r) for r in results]
    return (
        sum(f["C6"].severity is Severity.WARNING for f in found),
        sum(f["C7"].remedy is not None for f in found),
    )


def test_false_alarms_on_level_curves(fresh_rng):
    longer, _ = alarms(fresh_rng, 60, pace=40.0, noise=0.05)
    assert longer <= stats.binom.ppf(1 - 1e-6, 60, 0.025)


def test_falling_curves_are_not_called_done(fresh_rng):
    longer, shorter = alarms(fresh_rng, 40, pace=1.5, noise=0.02)
    assert shorter <= stats.binom.ppf(1 - 1e-6, 40, 0.02)
    assert longer >= stats.binom.ppf(1e-6, 40, 0.9)


@pytest.mark.level(2)
@pytest.mark.parametrize("points", [10, 20, 100])
def test_error_rates_at_length(points, fresh_rng):
    longer, _ = alarms(fresh_rng, 500, pace=40.0, noise=0.05, points=points)
    assert longer <= stats.binom.ppf(1 - 1e-6, 500, 0.025)


def test_published_curves(shared_data):
    vae = TrialTable.from_csv(
        shared_data / "opda" / "convnext-trials.csv.gz",
        shared_data / "opda" / "convnext-curves.csv.gz",
        objective="maximize:top_1",
    )
    start = time.process_time()
    result = training_length.check(vae)
    assert time.process_time() - start < 10
    # Every trial is best at its end, since its decay is tied to its length: the lengths are asked.
    c6 = said(result)["C6"]
    assert c6.severity is Severity.WARNING and c6.subject == "epochs"
    assert c6.numbers["gain_per_doubling_of_the_longer"].low > 0
    assert c6.numbers["ends_ahead"].low > 0.5
    assert result.checkpoints.late == 1.0 and result.checkpoints.counts[-1] == 287

    deberta = TrialTable.from_csv(
        shared_data / "opda" / "deberta-base-trials.csv.gz",
        shared_data / "opda" / "deberta-base-curves.csv.gz",
        objective="maximize:matched",
        chance=0.3545,
    )
    # More epochs are better, but not from three to four; best checkpoints lie before the end.
    result = training_length.check(deberta)
    c6 = said(result)["C6"]
    assert c6.severity is Severity.NOTE and c6.remedy is None and result.compute_bound is None
    assert c6.subject == "num_train_epochs" and c6.numbers["gain_per_doubling"].low > 0
    assert c6.numbers["gain_per_doubling_of_the_longer"].low < 0

    for task in ("imdb-patch128-lstm128-avg-bs64", "imdb-patch32-gru64-avg-bs128"):
        explosive = TrialTable.from_csv(
            shared_data / "taskset" / f"{task}-trials.csv.gz",
            shared_data / "taskset" / f"{task}-curves.csv.gz",
            objective="minimize:valid_loss",
        )
        more = said(training_length.check(explosive))["C6"].numbers["gain_of_half_again"]
        assert -0.1 < more.low <= more.estimate <= more.high < 0.1

    overfits = TrialTable.from_csv(
        shared_data / "deepobs" / "fmnist_2c2d-trials.csv.gz",
        shared_data / "deepobs" / "fmnist_2c2d-curves.csv.gz",
        objective="minimize:test_loss",
        hyperparameters=["optimizer", "lr"],
    )
    # The test loss is lowest at epoch 7 to 11 of 100 and more than doubles by the end.
    result = training_length.check(overfits)
    assert said(result)["C6"].severity is Severity.PASS
    best = [c for c in result.curves if c.highlighted]
    assert all(math.isfinite(c.late_gain.low) for c in best)
    assert result.compute_bound is not True


def per_epoch(count, *, trials=12, epochs=20, asked=20):
    """Curves of 20 epochs that are reported at batch `count` times as high as their epoch."""
    rng = np.random.default_rng(0)
    t = np.arange(epochs)
    curves = [
        ((t + 1) * count - 1, 0.2 + 0.01 * k + np.exp(-t / 5) + 0.003 * rng.normal(size=epochs))
        for k in range(trials)
    ]
    return table(curves, max_train_steps=asked)


@pytest.mark.parametrize("count", [1, 10, 60, 391])
def test_steps_in_another_unit_than_the_length_gain_the_same(count):
    made = per_epoch(count)
    result = training_length.check(made)
    c6 = said(result)["C6"]
    gain = c6.numbers["gain_of_half_again"]
    # From exp(-19/5) to exp(-29/5).
    assert gain.low <= 0.0193 <= gain.high < 0.025 and gain.low <= gain.estimate <= gain.high
    assert result.max_train_steps == 20 * count
    finding = curve_lengths.length_finding(made)
    if count == 1:
        assert finding is None and c6.remedy.values == {"max_train_steps": 30}
    else:
        assert finding.check == "B9" and finding.severity is Severity.WARNING
        assert finding.numbers["last_step"] == 20 * count - 1
        assert finding.numbers["max_train_steps"] == 20
        assert str(20 * count - 1) in finding.sentence and "20" in finding.sentence
        assert not c6.remedy.values and "Try" not in c6.sentence


def test_training_that_has_a_length_of_its_own_is_told():
    made = per_epoch(1, asked=1000)
    result = training_length.check(made)
    finding = curve_lengths.length_finding(made)
    assert finding.severity is Severity.NOTE and finding.numbers["last_step"] == 19
    assert result.max_train_steps == 20
    assert not said(result)["C6"].remedy.values and "1500" not in said(result)["C6"].sentence


def test_early_stopping_of_their_own_is_told_and_ends_say_nothing():
    rng = np.random.default_rng(0)
    curves = [
        (s[:n], v[:n])
        for (s, v), n in zip(
            falling(rng, 3.0, trials=20, points=100), rng.integers(20, 70, 20), strict=True
        )
    ]
    made = table(curves)
    finding = curve_lengths.length_finding(made)
    ends = [int(s[-1]) for s, _ in curves]
    assert finding.severity is Severity.NOTE
    assert finding.numbers["earliest_last_step"] == min(ends)
    assert finding.numbers["latest_last_step"] == max(ends)
    c6 = said(training_length.check(made))["C6"]
    assert c6.remedy is None and "Not enough evidence" in c6.sentence


@pytest.mark.parametrize("steps", [np.arange(0, 1000, 250), np.arange(1, 1001), np.array([999])])
def test_sparse_and_one_based_steps_are_as_asked(steps):
    made = table([(steps, np.linspace(1, 0, len(steps)) + k) for k in range(12)])
    assert curve_lengths.length_finding(made) is None
    trained = curve_lengths.trained_lengths(made, np.arange(12))
    assert trained.ends is curve_lengths.Ends.AS_ASKED and (trained.steps == 1000).all()


@pytest.mark.parametrize("points", [12, 20, 50, 200])
@pytest.mark.parametrize("wander", [0.0, 0.8])
def test_a_gain_lies_in_its_interval_and_within_what_is_left(points, wander):
    rng = np.random.default_rng(points)
    t = np.arange(1, points + 1) / points
    for _ in range(60):
        noise = rng.normal(size=points)
        for i in range(1, points):
            noise[i] += wander * noise[i - 1]
        losses = 0.01 + 0.3 * np.exp(-6 * t) + 0.004 * noise
        left = float(losses[-3:].mean())
        for least in (-math.inf, 0.0):
            gain = more_steps.gain_of_more(1000 * t - 1, losses, 1000, 1.5, least)
            assert gain.low <= gain.estimate <= gain.high
            assert math.isinf(least) or gain.high <= left + 0.02


def test_an_error_near_zero_gains_no_more_than_it_has():
    rng = np.random.default_rng(0)
    t = np.linspace(0.05, 1, 20)
    curves = [((1000 * t).astype(int) - 1, 0.1 * np.exp(-3 * t) + 0.002 * rng.random(20))
              for _ in range(8)]  # fmt: skip
    c6 = said(training_length.check(table(curves)))["C6"]
    gain, end = c6.numbers["gain_of_half_again"], c6.numbers["mean_at_the_end"]
    assert gain.low <= gain.estimate <= gain.high <= 1.2 * end
    accuracy = [(s, 1 - v) for s, v in curves]
    up = table(accuracy, objective=Objective("valid/accuracy", Direction.MAXIMIZE))
    again = said(training_length.check(up))["C6"].numbers
    assert again["gain_of_half_again"].high == pytest.approx(gain.high, rel=1e-6)
    assert again["mean_at_the_end"] == pytest.approx(1 - end)


@pytest.mark.parametrize(
    ("metric", "direction"),
    [("valid/accuracy", Direction.MINIMIZE), ("valid/loss", Direction.MAXIMIZE)],
)
def test_curves_that_all_get_worse_ask_for_the_direction(metric, direction):
    sign = 1 if direction is Direction.MINIMIZE else -1
    curves = [(s, -sign * (v - 3)) for s, v in falling(np.random.default_rng(0), 4.0, trials=12)]
    result = training_length.check(table(curves, objective=Objective(metric, direction)))
    (finding,) = result.findings
    assert finding.check == "C7" and finding.severity is Severity.PROBLEM
    assert finding.subject == metric and "direction" in finding.sentence
    assert finding.numbers["best_in_first_tenth"] == 3 and result.compute_bound is None
    assert finding.remedy.kind is RemedyKind.INSPECT and not finding.remedy.values


def test_trials_with_one_value_have_no_curve():
    made = table([(np.array([999]), np.array([0.1 * k])) for k in range(12)])
    result = training_length.check(made)
    assert isinstance(result, NotApplicable) and "one value" in result.reason


def test_level_curves_name_how_many_improve_once():
    c6 = said(training_length.check(of_good_trials(0, 7)))["C6"]
    assert "none of the 7 best trials" in c6.sentence
    c6 = said(training_length.check(of_good_trials(1, 6)))["C6"]
    assert "1 of the 7 best trials still improves" in c6.sentence


def test_few_evaluations_are_no_pass():
    curves = falling(np.random.default_rng(0), 40.0, trials=12, points=5)
    found = said(training_length.check(table(curves)))
    assert found["C6"].severity is Severity.NOTE and found["C7"].severity is Severity.NOTE
    assert "half" not in found["C6"].sentence


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (per_epoch(1), "20 steps"),
        (per_epoch(391), "7820 where max_train_steps is 20"),
        (per_epoch(1, asked=1000), "20 of 1000 steps"),
        (per_epoch(1, asked=None), "20 steps"),
        (table([(np.array([999]), np.array([0.1]))] * 4), ""),
    ],
)
def test_what_is_said_of_the_length_is_what_the_curves_show(made, text):
    assert curve_lengths.trained_text(made) == text
    caveat = curve_lengths.length_caveat(made)
    assert text in caveat and "longer training may change" in caveat
    assert text or "max_train_steps was 1000" in caveat


def test_every_step_evaluated_needs_no_more_evaluations():
    t = np.arange(5)
    made = table([(t, 1 / (1 + t) + 0.01 * k) for k in range(12)], max_train_steps=5)
    (finding,) = evaluation_steps.findings_on(made, np.arange(12))
    assert finding.severity is Severity.PASS and finding.remedy is None
    assert finding.numbers["rare_at_first"] == 0
