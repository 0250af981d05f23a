"""What Optuna's samplers leave behind, in studies that each of them really ran (C11)."""

from __future__ import annotations

import gzip
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from tunebook.auditing import audit as audit_sweep
from tunebook.domain.finding import NotApplicable, Severity
from tunebook.domain.origin import BY_HAND, GRID, QUASI_RANDOM, RANDOM, steered
from tunebook.importers.sources import read_source

optuna = pytest.importorskip("optuna")
optuna.logging.set_verbosity(optuna.logging.CRITICAL)
pytestmark = pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
STORED = Path(__file__).parent / "stored"
NO_EARLY = optuna.pruners.NopPruner()


def bowl(trial):
    x, y = trial.suggest_float("x", 0, 1), trial.suggest_float("y", 0, 1)
    return (x - 0.3) ** 2 + 0.5 * (y - 0.6) ** 2


def two(trial):
    value = bowl(trial)
    return value, 1 - value


def run(folder, sampler, n, objective=bowl, enqueued=(), before=None, **more):
    where = f"sqlite:///{folder}/o.db"
    study = optuna.create_study(
        study_name="s", storage=where, sampler=before or sampler, pruner=NO_EARLY, **more
    )
    if before:
        study.optimize(objective, n_trials=n // 2)
        study.sampler = sampler
        n -= n // 2
    for params in enqueued:
        study.enqueue_trial(params)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        study.optimize(objective, n_trials=n)
    return study, folder / "o.db"


def marks(file):
    return read_source(file).chosen


SAMPLERS = optuna.samplers


@pytest.mark.parametrize(
    ("sampler", "name", "random"),
    [
        (lambda: SAMPLERS.TPESampler(seed=1), "TPE", 10),
        (lambda: SAMPLERS.TPESampler(seed=1, multivariate=True, group=True), "TPE", 10),
        (lambda: SAMPLERS.TPESampler(seed=1, n_startup_trials=4), "TPE", 4),
        (lambda: SAMPLERS.GPSampler(seed=1), "a Gaussian process", 10),
        (lambda: SAMPLERS.NSGAIISampler(seed=1, population_size=8), "an evolutionary search", 8),
        (lambda: SAMPLERS.NSGAIIISampler(seed=1, population_size=8), "an evolutionary search", 8),
    ],
)
def test_an_adaptive_sampler_is_known_trial_by_trial(sampler, name, random, tmp_path):
    _, file = run(tmp_path, sampler(), 24)
    assert marks(file) == (RANDOM,) * random + (name,) * (24 - random)


@pytest.mark.parametrize("kind", ["plain", "sep", "margin"])
def test_cma_es_is_known(kind, tmp_path):
    """Written by Optuna 5.0.0 with cmaes 0.13.1; the first trial is random and bears no mark."""
    with gzip.open(STORED / f"cmaes-{kind}.log.gz") as stored:
        (tmp_path / "o.log").write_bytes(stored.read())
    assert marks(tmp_path / "o.log") == ("",) + ("CMA-ES",) * 19


def test_the_default_sampler_is_tpe_after_its_random_start(tmp_path):
    _, file = run(tmp_path, None, 20)
    assert marks(file) == (RANDOM,) * 10 + ("TPE",) * 10


def test_a_longer_random_start_is_unmarked_beyond_the_default(tmp_path):
    """Whether these are the start, or of a sampler without marks, is nowhere recorded."""
    _, file = run(tmp_path, SAMPLERS.TPESampler(seed=1, n_startup_trials=20), 24)
    assert marks(file) == (RANDOM,) * 10 + ("",) * 10 + ("TPE",) * 4


def test_grid_and_quasi_random_searches_are_independent(tmp_path):
    values = [0.1, 0.4, 0.6, 0.9]
    (tmp_path / "g").mkdir()
    (tmp_path / "q").mkdir()
    _, file = run(tmp_path / "g", SAMPLERS.GridSampler({"x": values, "y": values}), 16)
    assert marks(file) == (GRID,) * 16
    _, file = run(tmp_path / "q", SAMPLERS.QMCSampler(seed=1), 20)
    assert marks(file) == (QUASI_RANDOM,) * 20


def test_a_quasi_random_search_that_another_sampler_joined_proves_nothing(tmp_path):
    """The study counts 8 points; which of the 16 unmarked trials these are, it does not say."""
    tpe = SAMPLERS.TPESampler(seed=1, multivariate=False)
    _, file = run(tmp_path, tpe, 40, before=SAMPLERS.QMCSampler(seed=1))
    assert marks(file) == ()


@pytest.mark.parametrize(
    "sampler",
    [
        lambda: SAMPLERS.RandomSampler(seed=1),
        lambda: SAMPLERS.TPESampler(seed=1, multivariate=False),
    ],
)
def test_without_marks_nothing_is_claimed_and_c11_tests(sampler, tmp_path):
    _, file = run(tmp_path, sampler(), 30)
    assert marks(file) == ()
    said = audit_sweep(file, objective="minimize:value").results["C11"]
    assert said.findings[0].numbers.keys() >= {"p_value"}
    if said.findings[0].severity is Severity.PASS:
        assert 0.17 < said.findings[0].numbers["power"] < said.findings[0].numbers["power_of_tpe"]


def test_enqueued_trials_are_no_part_of_a_random_sample(tmp_path):
    by_hand = [{"x": 0.3, "y": 0.6}, {"x": 0.31}]
    _, file = run(tmp_path, SAMPLERS.QMCSampler(seed=1), 40, enqueued=by_hand)
    table = audit_sweep(file, objective="minimize:value").table
    assert table.chosen[:2] == (BY_HAND, BY_HAND)
    assert set(table.chosen[2:]) == {QUASI_RANDOM} and not table.adaptive
    found = audit_sweep(file, objective="minimize:value")
    sampling = found.results["C2"]
    assert sampling.studies[0].trials == 38
    (said,) = [
        f
        for f in found.examination.findings
        if f.check == "C11" and f.subject == "order of trials"
    ]
    assert said.severity is Severity.PASS and said.numbers["by_hand"] == 2


def test_a_retry_was_chosen_as_the_trial_that_it_repeats(tmp_path):
    where = f"sqlite:///{tmp_path}/o.db"
    study = optuna.create_study(study_name="s", storage=where)
    first = study.ask()
    bowl(first)
    study.tell(first, state=optuna.trial.TrialState.FAIL)
    retry = optuna.storages.RetryHeartbeatStaleTrialCallback()
    study.optimize(bowl, n_trials=12)
    retry(study, study.trials[0])
    study.optimize(bowl, n_trials=3)
    chosen = marks(tmp_path / "o.db")
    retried = [t.number for t in study.trials if "failed_trial" in t.system_attrs]
    assert len(retried) == 1 and chosen[retried[0]] == chosen[0] == RANDOM
    assert "TPE" in chosen


def test_a_part_that_is_large_enough_is_read_alone(tmp_path):
    sampler = SAMPLERS.NSGAIISampler(seed=1, population_size=40)
    _, file = run(tmp_path, sampler, 80)
    found = audit_sweep(file, objective="minimize:value")
    assert found.table.adaptive and found.table.independent.sum() == 40
    assert found.results["C2"].studies[0].trials == 40
    said = {f.check: f for f in found.examination.findings if f.check in ("C1", "C2", "C10")}
    assert all("40 of 80 trials" in f.sentence for f in said.values()) and said


def test_a_part_that_is_too_small_leaves_checks_silent(tmp_path):
    _, file = run(tmp_path, SAMPLERS.TPESampler(seed=1), 40)
    found = audit_sweep(file, objective="minimize:value")
    assert isinstance(found.results["C2"], NotApplicable)
    assert "10 of 40" in found.results["C2"].reason
    (said,) = [f for f in found.examination.findings if f.subject == "order of trials"]
    assert said.severity is Severity.NOTE and said.numbers["steered"] == 30
    assert "TPE" in said.sentence


def test_a_csv_of_the_same_study_says_the_same(tmp_path):
    pytest.importorskip("pandas")
    study, file = run(tmp_path, SAMPLERS.TPESampler(seed=1), 24, enqueued=[{"x": 0.5, "y": 0.5}])
    study.trials_dataframe().to_csv(tmp_path / "t.csv", index=False)
    table = audit_sweep(tmp_path / "t.csv", objective="minimize:value").table
    assert table.chosen == marks(file)
    assert table.chosen[0] == BY_HAND and any(map(steered, table.chosen))


def test_two_objectives_keep_their_marks(tmp_path):
    """Univariate by default where there are several: no mark, so nothing is claimed."""
    ways = ["minimize", "maximize"]
    _, file = run(
        tmp_path, SAMPLERS.NSGAIISampler(seed=1, population_size=10), 20, two, directions=ways
    )
    assert Counter(marks(file)) == {RANDOM: 10, "an evolutionary search": 10}


def test_pruned_trials_are_cut_and_no_finished_curve_is_made_of_them(tmp_path):
    def steps(trial):
        value = bowl(trial)
        for step in range(1, 9):
            trial.report(value + 1 / step, step)
            if trial.should_prune():
                raise optuna.TrialPruned
        return value + 1 / 8

    where = f"sqlite:///{tmp_path}/o.db"
    pruner = optuna.pruners.MedianPruner(n_startup_trials=3)
    study = optuna.create_study(
        storage=where, pruner=pruner, sampler=SAMPLERS.RandomSampler(seed=0)
    )
    study.optimize(steps, n_trials=30)
    pruned = {str(t.number) for t in study.trials if t.state.name == "PRUNED"}
    table = audit_sweep(tmp_path / "o.db", objective="minimize:value").table
    assert pruned and not pruned & set(table.name)
    ends = table.curves["value"].steps[table.curves["value"].offsets[1:] - 1]
    assert np.unique(ends).tolist() == [8]
