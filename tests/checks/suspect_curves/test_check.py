"""C8 and I1 as claims: curves as they should be, planted bugs, thin data; and real curves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import suspect_curves as measured
from curve_shapes import Shape, study
from scipy.stats import binom

from tunebook.checks.suspect_curves import check as suspect_curves
from tunebook.domain.finding import NotApplicable, RemedyKind, Severity
from tunebook.domain.table import Curves, TrialTable

REPEATS = 40
GOOD = {"valid/error": Shape(), "train/loss": Shape(pace=5, noise=0.01)}


def said(result, check="C8"):
    return [f for f in result.findings if f.check == check]


@pytest.mark.parametrize("case", measured.NOTHING)
def test_false_alarms(case, fresh_rng):
    seed = int(fresh_rng.integers(2**32))
    found, silent = measured.rates(measured.NOTHING[case], 32, REPEATS, seed)
    assert found <= binom.ppf(1 - 1e-6, REPEATS, 0.05)
    assert silent <= binom.ppf(1 - 1e-6, REPEATS, 0.1)


@pytest.mark.parametrize(
    "case",
    [
        "training loss rises by 0.05, five times the noise, 20 evaluations",
        "period of 5, twice the noise, 50 evaluations",
        "two trials have identical curves, 10 evaluations",
        "validation never changes, 10 evaluations",
    ],
)
def test_power(case, fresh_rng):
    seed = int(fresh_rng.integers(2**32))
    found, _ = measured.rates(measured.BUGS[case], 64, 30, seed)
    assert found >= binom.ppf(1e-6, 30, 0.9)


@pytest.mark.level(2)
@pytest.mark.parametrize("trials", [16, 64, 512])
@pytest.mark.parametrize("case", measured.NOTHING)
def test_false_alarms_at_full_size(case, trials, fresh_rng):
    seed = int(fresh_rng.integers(2**32))
    found, _ = measured.rates(measured.NOTHING[case], trials, 500, seed)
    assert found <= binom.ppf(1 - 1e-6, 500, 0.05)


def test_a_training_loss_that_rises_in_the_best_trials_is_a_problem():
    shapes = {**GOOD, "train/loss": Shape(pace=20, rise=0.3, noise=0.01)}
    (finding,) = said(suspect_curves.check(study(np.random.default_rng(0), 20, 40, shapes)))
    assert (finding.severity, finding.subject) == (Severity.PROBLEM, "train/loss")
    assert finding.remedy.kind is RemedyKind.INSPECT and len(finding.trials) == 3


def test_trials_that_explode_without_a_nan_are_a_note():
    table = study(np.random.default_rng(0), 40, 40, GOOD)
    values = table.curves["train/loss"].values.copy()
    worst = int(np.argmax(table.value))
    own = slice(worst * 40 + 10, (worst + 1) * 40)
    values[own] = np.geomspace(10, 6e18, 30)
    train = replace(table.curves["train/loss"], values=values)
    (finding,) = said(suspect_curves.check(replace(table, curves={**table.curves,
                                                                  "train/loss": train})))  # fmt: skip
    assert finding.severity is Severity.NOTE and finding.trials == (table.name[worst],)
    assert "1 of them ends worse than at the first evaluation" in finding.sentence


def test_a_period_is_named_in_evaluations_and_steps():
    shapes = {**GOOD, "valid/error": Shape(period=5, swing=0.1)}
    (finding,) = said(suspect_curves.check(study(np.random.default_rng(0), 20, 100, shapes)))
    assert (finding.severity, finding.subject) == (Severity.WARNING, "valid/error")
    assert finding.numbers["period_evaluations"] == pytest.approx(5, rel=0.05)
    assert finding.numbers["period_steps"] == pytest.approx(50, rel=0.05)
    assert finding.numbers["swing"] == pytest.approx(0.1, rel=0.3)


def twins(table, pairs, **same):
    """The table with trial b's curves, and what else is said, taken from trial a."""
    source = list(range(len(table)))
    for a, b in pairs:
        source[b] = a
    columns = {
        c: tuple(getattr(table, c)[j] if c in same else v for j, v in zip(source, getattr(table, c), strict=True))
        for c in ("config", "seed")
    }  # fmt: skip
    curves = {m: Curves.pack([c.of(j) for j in source]) for m, c in table.curves.items()}
    return replace(table, curves=curves, **columns)


def test_a_seed_that_does_nothing_is_found_once():
    table = study(np.random.default_rng(0), 20, 12, GOOD)
    pairs = [(0, 1), (0, 2), (5, 6)]
    (finding,) = said(suspect_curves.check(twins(table, pairs, config=True)))
    assert finding.severity is Severity.PROBLEM and "the seed has no effect" in finding.sentence
    assert set(finding.trials) == {table.name[i] for i in (0, 1, 2, 5, 6)}


def test_hyperparameters_without_effect_are_named():
    table = study(np.random.default_rng(0), 40, 12, GOOD)
    config = list(table.config)
    config[1] = {**config[0], "x1": 0.123}
    (finding,) = said(suspect_curves.check(replace(twins(table, [(0, 1)]), config=tuple(config))))
    assert finding.severity is Severity.WARNING and "although x1 differs" in finding.sentence


def test_the_same_trial_twice_is_no_bug_of_the_curves(fresh_rng):
    table = study(fresh_rng, 20, 12, GOOD)
    (finding,) = said(suspect_curves.check(twins(table, [(0, 1)], config=True, seed=True)))
    assert finding.severity is Severity.PASS


def test_infeasible_trials_stuck_at_chance_are_no_bug(fresh_rng):
    table = study(fresh_rng, 40, 12, GOOD, failing=0.5)
    curves = {}
    for metric, own in table.curves.items():
        stuck = np.repeat(table.infeasible, np.diff(own.offsets))
        curves[metric] = Curves(own.offsets, own.steps, np.where(stuck, 0.9, own.values))
    result = suspect_curves.check(replace(table, curves=curves))
    assert not any("never changes" in f.subject + f.sentence.partition(":")[0]
                   or "identical to" in f.sentence for f in said(result))  # fmt: skip


def test_trials_that_jump_between_the_same_answers_are_no_twins():
    """As DeBERTa's at chance: each answers one of three classes, whatever it is asked."""
    table = study(np.random.default_rng(0), 40, 12, GOOD)
    values = table.curves["valid/error"].values.reshape(40, 12).copy()
    values[30:] = 0.646
    values[30:32, [3, 4]] = 0.682, 0.672
    for k in range(8):
        values[32 + k, [k + 1, k + 3]] = 0.682, 0.672
    own = replace(table.curves["valid/error"], values=values.ravel())
    jump = replace(table, curves={**table.curves, "valid/error": own})
    (finding,) = said(suspect_curves.check(jump))
    assert finding.severity is Severity.PASS
    # Where no others stand at these values, nothing but luck beyond belief explains it.
    alone = jump.take(np.arange(32))
    (finding,) = said(suspect_curves.check(alone))
    assert finding.severity is Severity.WARNING and len(finding.trials) == 2


def test_a_pass_says_what_could_not_be_asked(fresh_rng):
    (finding,) = said(suspect_curves.check(study(fresh_rng, 20, 4, GOOD)))
    assert finding.severity is Severity.PASS
    assert "a rise takes 8 evaluations" in finding.sentence
    assert "a period takes 32 evaluations" in finding.sentence


@pytest.mark.parametrize(("trials", "points"), [(2, 50), (20, 2), (1, 20)])
def test_thin_data_is_not_enough_evidence(trials, points, fresh_rng):
    (finding,) = said(suspect_curves.check(study(fresh_rng, trials, points, GOOD)))
    assert finding.severity is Severity.NOTE and "Not enough evidence" in finding.sentence


def test_without_curves_it_does_not_apply(fresh_rng):
    result = suspect_curves.check(replace(study(fresh_rng, 20, 12, GOOD), curves={}))
    assert isinstance(result, NotApplicable) and result.check == "C8" and result.needs


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("factor", [0.0, 1e18, 1e300, np.nan, np.inf, -1.0])
def test_odd_values_are_taken(factor, fresh_rng):
    table = study(fresh_rng, 20, 40, GOOD)
    with np.errstate(all="ignore"):
        curves = {
            m: Curves(c.offsets, c.steps, c.values * factor) for m, c in table.curves.items()
        }
    assert suspect_curves.check(replace(table, curves=curves)).findings


def evaluated_at(steps):
    table = study(np.random.default_rng(0), 12, len(steps), GOOD)
    kept = np.tile(np.asarray(steps), 12)
    curves = {m: Curves(c.offsets, kept, c.values) for m, c in table.curves.items()}
    (finding,) = said(suspect_curves.check(replace(table, curves=curves)), "I1")
    return finding


def test_regular_evaluations_pass():
    finding = evaluated_at(np.arange(20, 1001, 20))
    assert finding.severity is Severity.PASS and "every 20 steps" in finding.sentence


@pytest.mark.parametrize(
    ("steps", "fault"),
    [
        (np.unique(np.geomspace(1, 1000, 30).astype(int)), "at irregular steps"),
        (np.arange(200, 1001, 100), "in the first tenth"),
        ([50, 90, 500, 750, 1000], "fewer than 8 times"),
    ],
)
def test_faults_of_evaluation_are_notes(steps, fault):
    finding = evaluated_at(steps)
    assert finding.severity is Severity.NOTE and fault in finding.sentence
    assert finding.remedy.values["evaluate_every"] >= 1 and len(finding.trials) == 12


def read(folder, name, **more):
    return TrialTable.from_csv(
        folder / f"{name}-trials.csv.gz", folder / f"{name}-curves.csv.gz", **more
    )


@pytest.mark.filterwarnings("error")
def test_published_explosions_are_a_note(shared_data):
    table = read(
        shared_data / "taskset", "imdb-patch32-gru64-avg-bs128", objective="minimize:valid_loss"
    )
    (finding,) = said(suspect_curves.check(table))
    # SOURCE.md: 98 ended above 1, 33 of them above 1,000, without a NaN.
    assert finding.severity is Severity.NOTE
    assert 20 <= finding.numbers["rising"] <= 98


@pytest.mark.filterwarnings("error")
def test_published_curves_without_a_bug_pass(shared_data):
    for name, objective in (
        ("convnext", "maximize:top_1"),
        ("deberta-base", "maximize:matched"),
    ):
        result = suspect_curves.check(read(shared_data / "opda", name, objective=objective))
        assert {f.severity for f in result.findings} == {Severity.PASS}
