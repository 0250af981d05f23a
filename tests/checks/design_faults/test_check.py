"""Faults of a design: exact facts, and nothing said of what is even (A4 B4 B6 B9 C11 D2)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tunebook.checks.design_faults import check as design_faults
from tunebook.checks.design_faults.evaluation_counts import best_of, late_noise
from tunebook.domain.design import Objective, Role
from tunebook.domain.finding import NotApplicable, RemedyKind, Severity
from tunebook.domain.space import Branch, Choice, Float, Integer
from tunebook.domain.table import Curves, TrialTable
from tunebook.domain.trial import Status


@pytest.fixture
def make(fresh_rng):
    """A search of two sides with even budgets, a seed for each trial, and sound curves."""

    def of(n=24, **more):
        side = ["a", "b"] * (n // 2)
        points = 20
        values = [1 / (1 + np.arange(points)) + 0.05 * fresh_rng.normal(size=points) for _ in side]
        table = TrialTable(
            objective=Objective("loss"),
            name=tuple(f"1.{i}" for i in range(n)),
            study=tuple(f"side={s}" for s in side),
            config=tuple(
                {"side": s, "lr": float(x)}
                for s, x in zip(side, fresh_rng.uniform(size=n), strict=True)
            ),
            seed=tuple(range(n)),
            status=(Status.COMPLETE,) * n,
            cause=(None,) * n,
            seconds=np.ones(n),
            value=np.array([v.min() for v in values]),
            curves={"loss": Curves.pack([(np.arange(points) * 10, v) for v in values])},
            branches={
                f"side={s}": Branch(conditions={"side": s}, axes={"lr": Float(0.0, 1.0)})
                for s in "ab"
            },
            roles={"side": Role.SCIENTIFIC, "lr": Role.NUISANCE},
        )
        return replace(table, **more)

    return of


def found(table):
    result = design_faults.check(table)
    return {f.check: f for f in result.findings if f.severity is not Severity.PASS}


def renamed(table, old, new, axis):
    """The same with `lr` under another name and axis."""
    return replace(
        table,
        config=tuple({**{k: v for k, v in c.items() if k != old}, new: axis.from_unit(c[old])} for c in table.config),
        branches={s: replace(b, axes={new: axis}) for s, b in table.branches.items()},
        roles={"side": Role.SCIENTIFIC, new: Role.NUISANCE},
    )  # fmt: skip


def test_a_sound_design_passes(make):
    result = design_faults.check(make())
    assert [f.severity for f in result.findings] == [Severity.PASS]
    assert (result.configurations, result.seeds) == (24, 24)


def test_no_trial_has_ended(make):
    table = make(status=(Status.RUNNING,) * 24)
    assert isinstance(design_faults.check(table), NotApplicable)


@pytest.mark.parametrize(
    "name", ["epochs", "train.max_steps", "num_train_epochs", "planned_steps"]
)
def test_a_training_length_that_is_searched(make, name):
    fault = found(renamed(make(), "lr", name, Integer(1, 90)))["B9"]
    assert (fault.severity, fault.subject) == (Severity.WARNING, name)
    assert fault.remedy.kind is RemedyKind.FIX


@pytest.mark.parametrize(
    "name", ["warmup_steps", "decay_epochs", "lr_peak_epoch", "n_steps", "depth"]
)
def test_what_only_sounds_like_a_length(make, name):
    assert not found(renamed(make(), "lr", name, Integer(1, 90)))


def test_a_length_that_is_the_question_is_noted(make):
    table = renamed(make(), "lr", "epochs", Integer(1, 90))
    table = replace(table, roles={"side": Role.NUISANCE, "epochs": Role.SCIENTIFIC})
    assert found(table)["B9"].severity is Severity.NOTE


def test_a_batch_size_that_is_a_nuisance(make):
    fault = found(renamed(make(), "lr", "train_batch_size", Integer(8, 256)))["A4"]
    assert fault.severity is Severity.WARNING
    asked = replace(
        renamed(make(), "lr", "batch_size", Choice((8, 16, 32))),
        roles={"side": Role.NUISANCE, "batch_size": Role.SCIENTIFIC},
    )
    assert "A4" not in found(asked)


def test_one_seed_for_all(make):
    fault = found(make(seed=(42,) * 24))["D2"]
    assert (
        fault.severity is Severity.NOTE and "seed 42 trained every one of the 24" in fault.sentence
    )
    assert fault.numbers["repeated"] == 0
    assert "D2" not in found(make(seed=(None,) * 24))
    assert "D2" not in found(make(seed=(1, 2) * 12))


def test_no_seed_is_blamed_where_each_configuration_has_several(make):
    """Eight configurations of five seeds each: none owes its place to one of them."""
    table = make()
    rows = np.repeat(np.arange(8), 5)
    balanced = replace(table.take(rows), seed=(1, 2, 3, 4, 5) * 8,
                       name=tuple(map(str, range(40))))  # fmt: skip
    assert "D2" not in found(balanced)
    # Two seeds of most, one of the others: the selection was over seeds all the same.
    most = balanced.take(np.array([i for i in range(40) if i % 5 < (2 if i < 25 else 1)]))
    assert "D2" not in found(most)


def test_one_seed_for_all_and_others_for_a_few(make):
    table = make(seed=(42,) * 24)
    again = table.take(np.array([*range(24), 3, 5]))
    again = replace(again, seed=(*table.seed, 43, 43), name=(*table.name, "r", "s"))
    fault = found(again)["D2"]
    assert fault.numbers["repeated"] == 2 and "B6" not in found(again)


def test_duplicated_runs(make):
    table = make()
    again = table.take(np.array([*range(24), 3]))
    again = replace(again, name=(*table.name, "copy"))
    fault = found(again)["B6"]
    assert (fault.severity, fault.trials) == (Severity.NOTE, ("1.3", "copy"))
    many = table.take(np.array([*range(24), *range(6)]))
    many = replace(many, name=tuple(map(str, range(30))))
    assert found(many)["B6"].severity is Severity.WARNING


def test_repeats_without_a_known_seed_are_copies_only_with_the_same_curve(make):
    table = make(seed=(None,) * 24)
    config = (table.config[0],) * 24
    assert "B6" not in found(replace(table, config=config, value=np.full(24, 0.5)))
    again = replace(table.take(np.array([*range(24), 0])), name=tuple(map(str, range(25))))
    assert found(again)["B6"].numbers["duplicates"] == 1


def test_unequal_trials_of_scientific_values(make):
    table = make(40)
    few = table.take(np.array([i for i in range(40) if i % 2 == 0 or i < 10]))
    fault = found(few)["B4"]
    assert (fault.severity, fault.numbers["most"], fault.numbers["fewest"]) == (
        Severity.WARNING,
        20,
        5,
    )
    assert f"{fault.subject}=" in fault.sentence
    assert "B4" not in found(table.take(np.arange(37)))


def test_unequal_steps_of_scientific_values(make):
    table = make()
    own = table.curves["loss"]
    cut = [
        (s[:10], v[:10]) if i % 2 else (s, v)
        for i, (s, v) in enumerate(own.of(i) for i in range(24))
    ]
    fault = found(replace(table, curves={"loss": Curves.pack(cut)}))["B4"]
    assert (fault.numbers["longest"], fault.numbers["shortest"]) == (190, 90)


def test_the_best_of_more_evaluations(make):
    table = make()
    own = table.curves["loss"]
    rare = [
        (s[::5], v[::5]) if i % 2 else (s, v)
        for i, (s, v) in enumerate(own.of(i) for i in range(24))
    ]
    curves = {"loss": Curves.pack(rare)}
    fault = found(replace(table, curves=curves))["C11"]
    assert (fault.severity, fault.subject) == (Severity.WARNING, "side")
    assert (fault.numbers["fewest"], fault.numbers["most"]) == (4, 20)
    assert fault.numbers["bias"] == pytest.approx(
        fault.numbers["noise"] * float(best_of(20) - best_of(4))
    )
    last = replace(table, curves=curves, objective=Objective("loss", reduce="last"))
    assert "C11" not in found(last)
    within = [
        (s[::4], v[::4]) if i % 4 < 2 else (s, v)
        for i, (s, v) in enumerate(own.of(i) for i in range(24))
    ]
    noted = found(replace(table, curves={"loss": Curves.pack(within)}))["C11"]
    assert noted.severity is Severity.NOTE


def test_the_bias_is_what_white_noise_shows():
    rng = np.random.default_rng(0)
    for count in (1, 3, 10, 100):
        drawn = rng.normal(size=(20_000, count)).max(axis=1)
        assert float(best_of(count)) == pytest.approx(drawn.mean(), abs=0.03)


def test_late_noise_is_read_off_the_curves():
    rng = np.random.default_rng(0)
    curves = Curves.pack(
        [
            (np.arange(100), 3 / (1 + np.arange(100)) + 0.2 * rng.normal(size=100))
            for _ in range(30)
        ]
    )
    assert late_noise(curves, np.arange(30)) == pytest.approx(0.2, rel=0.15)
    level = Curves.pack([(np.arange(3), np.ones(3))] * 3)
    assert late_noise(level, np.arange(3)) == 0.0


def test_hard_tables_are_read(make):
    table = make()
    broken = replace(table, curves={"loss": Curves.pack([([0, 1], [np.nan, np.inf])] * 24)})
    design_faults.check(broken)
    design_faults.check(table.take(np.arange(1)))
    design_faults.check(
        replace(table, status=(Status.INFEASIBLE,) * 24, value=np.full(24, np.nan))
    )
    design_faults.check(replace(table, value=np.full(24, 1e300)))
