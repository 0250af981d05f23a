"""C3: causes, the region or combination that fails, what looks like a bug, chance."""

from __future__ import annotations

from dataclasses import replace

import feasibility as measured
import numpy as np
import pytest
from scipy.stats import binom
from surfaces import table

from sizes import some_slow
from tunebook.checks.failures import check as feasibility
from tunebook.checks.failures import regions
from tunebook.domain.design import Role
from tunebook.domain.finding import RemedyKind, Severity
from tunebook.domain.space import Choice
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Cause, Status
from tunebook.statistics.chance_level import chance_level


def failing(rng, trials, chance, axes=2):
    """Trials that fail by chance, wherever they lie."""
    base = table(rng, trials, [0.5] * axes)
    failed = rng.random(trials) < chance
    return replace(
        base,
        status=tuple(Status.INFEASIBLE if f else Status.COMPLETE for f in failed),
        cause=tuple(Cause.CRASHED if f else None for f in failed),
        value=np.where(failed, np.nan, base.value),
    )


def test_all_feasible_passes(fresh_rng):
    found = feasibility.check(table(fresh_rng, 20, [0.5])).findings[0]
    assert (found.severity, found.numbers["infeasible"]) == (Severity.PASS, 0)


REPEATS = 40


@pytest.mark.parametrize("case", some_slow(measured.NOTHING, list(measured.NOTHING)[1:4]))
def test_no_place_is_named_where_there_is_none(case, fresh_rng):
    make = measured.NOTHING[case]
    named = sum(measured.answer(make(fresh_rng, 40)).named for _ in range(REPEATS))
    assert named <= binom.ppf(1 - 1e-7, REPEATS, regions.ALPHA)


@pytest.mark.parametrize("case", some_slow(measured.ALONE, list(measured.ALONE)[:2]))
def test_no_combination_is_named_where_one_axis_decides(case, fresh_rng):
    make = measured.ALONE[case]
    named = sum(measured.answer(make(fresh_rng, 64)).combined for _ in range(REPEATS))
    assert named <= binom.ppf(1 - 1e-7, REPEATS, 0.05)


def test_the_region_that_fails_is_found(fresh_rng):
    found = sum(
        measured.answer(table(fresh_rng, 40, [0.2, 0.5], fails_above=0.7)).alone
        for _ in range(REPEATS)
    )
    assert found >= binom.ppf(1e-7, REPEATS, 0.85)


def with_activation(base, fails):
    """The table with an activation beside its axes; `fails` says which configurations do."""
    n = len(base)
    # Not in turn: Halton points alternate between the halves of the first axis.
    of = np.random.default_rng(0).permutation(n) % 2
    config = tuple({**c, "act": ("relu", "tanh")[k]} for c, k in zip(base.config, of, strict=True))
    failed = np.array([fails(c) for c in config])
    axes = {**base.branches[""].axes, "act": Choice(("relu", "tanh"))}
    return replace(
        base,
        config=config,
        branches={"": replace(base.branches[""], axes=axes)},
        status=tuple(Status.INFEASIBLE if f else Status.COMPLETE for f in failed),
        cause=tuple(Cause.DIVERGED if f else None for f in failed),
        value=np.where(failed, np.nan, np.nan_to_num(base.value, nan=1.0)),
        name=tuple(map(str, range(n))),
    )


def test_a_region_that_fails_under_one_value_is_named_with_it():
    base = table(np.random.default_rng(2), 40, [0.2, 0.5])
    result = feasibility.check(
        with_activation(base, lambda c: c["act"] == "relu" and c["x0"] > 0.5)
    )
    place = result.studies[0].place
    assert place.under == ("act", "relu")
    assert (place.share_inside.estimate, place.share_outside.estimate) == (1, 0)
    (said,) = result.findings
    assert said.numbers["under"] == "act=relu" and "with act=relu (100 %" in said.sentence
    assert said.remedy is None or said.remedy.kind is not RemedyKind.SHRINK


def test_a_region_that_fails_under_every_value_is_not_narrowed(fresh_rng):
    narrowed = 0
    for _ in range(REPEATS):
        base = table(fresh_rng, 40, [0.2, 0.5])
        chance = {c["x0"]: fresh_rng.random() < 0.7 for c in base.config}
        made = with_activation(base, lambda c, chance=chance: c["x0"] > 0.5 and chance[c["x0"]])
        place = feasibility.check(made).studies[0].place
        narrowed += getattr(place, "under", None) is not None
    assert narrowed <= binom.ppf(1 - 1e-6, REPEATS, regions.NARROWED)


def test_its_bound_lies_where_failing_begins():
    (study,) = feasibility.check(
        table(np.random.default_rng(0), 40, [0.2, 0.5], fails_above=0.7)
    ).studies
    assert study.place.threshold == pytest.approx(0.7, abs=0.05)
    assert (study.place.share_inside.estimate, study.place.share_outside.estimate) == (1, 0)


def test_the_count_that_is_named_is_that_of_the_region():
    base = table(np.random.default_rng(0), 40, [0.2, 0.5], fails_above=0.7)
    inside = int(base.infeasible.sum())
    stray = int(np.flatnonzero([c["x0"] < 0.3 for c in base.config])[0])
    made = replace(
        base,
        status=tuple(Status.INFEASIBLE if i == stray else s for i, s in enumerate(base.status)),
        cause=tuple(Cause.DIVERGED if i == stray else c for i, c in enumerate(base.cause)),
    )
    for of, elsewhere in ((base, 0), (made, 1)):
        (said,) = feasibility.check(of).findings
        assert said.numbers["infeasible"] == inside + elsewhere
        assert said.numbers["failures_inside"] == inside
        assert (f"{inside} of them at x0 above" in said.sentence) == bool(elsewhere)
        assert ("1 elsewhere" in said.sentence) == bool(elsewhere)
        assert ("all at x0 above" in said.sentence) == (not elsewhere)


@pytest.mark.parametrize(
    ("case", "least"),
    some_slow(
        [("two of 2 axes alike", 0.9), ("two of 5 alike, chance beside the boundary", 0.7)],
        [("two of 2 axes alike", 0.9)],
    ),
)
def test_a_pair_that_decides_is_found(case, least, fresh_rng):
    make = measured.TOGETHER[case]
    found = sum(measured.answer(make(fresh_rng, 128)).pair for _ in range(REPEATS))
    assert found >= binom.ppf(1e-7, REPEATS, least)


def test_an_effective_learning_rate_is_written_as_people_do():
    made = measured.effective_rate(np.random.default_rng(1), 256)
    (finding,) = feasibility.check(made).findings
    assert finding.remedy.kind is RemedyKind.REPARAMETRISE
    assert finding.remedy.values["combination"] == "x0 / (1 - x1)"
    assert finding.remedy.values["in_place_of"] == "x0"
    assert finding.remedy.values["scale"] == "log"
    assert finding.numbers["threshold"] == pytest.approx(3, rel=0.5)
    assert finding.numbers["right"].estimate > finding.numbers["right_alone"].estimate
    assert "search x0 / (1 - x1) in place of x0" in finding.sentence


def test_a_published_study_fails_above_an_effective_learning_rate(shared_data):
    made = TrialTable.from_csv(
        shared_data / "opda/convnext-trials.csv.gz",
        shared_data / "opda/convnext-curves.csv.gz",
        objective="maximize:top_1",
        hyperparameters=["epochs", "batch_size", "lr", "momentum", "weight_decay"],
    )
    finding = next(f for f in feasibility.check(made).findings if f.numbers["infeasible"])
    assert finding.remedy.values["combination"] == "lr / (1 - momentum)"
    assert finding.numbers["right"].estimate == pytest.approx(0.93, abs=0.01)
    exponent = finding.numbers["exponent_of_(1 - momentum)"]
    assert exponent.low < -1 < exponent.high


@pytest.mark.parametrize(
    ("reduce", "chance", "failed"), [("last", 0.3545, 263), ("best", 0.3545, 163)]
)
def test_a_published_study_at_a_chance_that_is_given(shared_data, reduce, chance, failed):
    made = _deberta(shared_data, reduce=reduce, chance=chance)
    (study,) = feasibility.check(made).studies
    assert study.infeasible == failed
    assert study.causes == ((Cause.CHANCE, failed),)
    assert "learning_rate" in feasibility.check(made).findings[0].subject


def test_a_published_study_at_a_chance_that_nobody_gave(shared_data):
    result = feasibility.check(_deberta(shared_data, reduce="last"))
    assert int(result.at_chance.stuck.sum()) == 264
    finding = result.findings[-1]
    assert finding.remedy.kind is RemedyKind.STATE
    assert 0.3545 <= finding.remedy.values["chance"] < 0.4
    assert "--chance" in finding.sentence


def _deberta(shared_data, **more):
    return TrialTable.from_csv(
        shared_data / "opda/deberta-base-trials.csv.gz",
        shared_data / "opda/deberta-base-curves.csv.gz",
        objective="maximize:matched",
        **more,
    )


def test_a_chance_that_is_given_makes_failures():
    made = replace(measured.stuck(np.random.default_rng(0), 40, 0.4), chance=0.9)
    (study,) = feasibility.check(made).studies
    assert study.infeasible == int((made.losses >= 0.9).sum()) > 5
    assert feasibility.check(made).at_chance is None


@pytest.mark.parametrize("case", measured.ORDINARY)
def test_ordinary_losses_are_not_taken_for_chance(case, fresh_rng):
    law = measured.ORDINARY[case]
    seen = sum(
        chance_level(measured.with_losses(fresh_rng, law(fresh_rng, 64))) is not None
        for _ in range(REPEATS)
    )
    assert seen <= binom.ppf(1 - 1e-7, REPEATS, 0.05)


def test_trials_stuck_at_one_value_are_seen(fresh_rng):
    seen = sum(
        chance_level(measured.stuck(fresh_rng, 128, 0.5)) is not None for _ in range(REPEATS)
    )
    assert seen >= binom.ppf(1e-7, REPEATS, 0.95)


def test_a_region_far_from_the_best_is_cut_away():
    rng = np.random.default_rng(0)
    finding = feasibility.check(table(rng, 60, [0.2, 0.5], fails_above=0.8)).findings[0]
    assert finding.remedy.kind is RemedyKind.SHRINK
    assert finding.remedy.values["high"] == pytest.approx(0.8, abs=0.1)
    assert finding.subject == "x0"


def test_the_best_beside_the_region_means_instability():
    rng = np.random.default_rng(0)
    finding = feasibility.check(
        table(rng, 60, [0.7, 0.5], strength=[4, 0.1], fails_above=0.72, noise=0.01)
    ).findings[0]
    assert finding.remedy.kind is RemedyKind.ADD
    assert "instability" in finding.sentence


def test_failures_everywhere_look_like_a_bug():
    rng = np.random.default_rng(5)
    finding = feasibility.check(failing(rng, 120, 0.4)).findings[0]
    assert finding.severity is Severity.WARNING
    assert finding.remedy.kind is RemedyKind.INSPECT
    assert "bug" in finding.sentence


def test_absence_is_not_claimed_where_it_could_not_be_seen():
    finding = feasibility.check(failing(np.random.default_rng(5), 20, 0.4)).findings[0]
    assert finding.severity is Severity.NOTE and finding.remedy is None
    assert "Not enough evidence on where they fail: to show it needs about" in finding.sentence


def test_all_infeasible_is_a_problem():
    finding = feasibility.check(failing(np.random.default_rng(0), 20, 1.1)).findings[0]
    assert finding.severity is Severity.PROBLEM
    assert "all of them" in finding.sentence


def test_two_failures_name_no_place(fresh_rng):
    base = table(fresh_rng, 30, [0.5])
    status = tuple(Status.INFEASIBLE if i < 2 else s for i, s in enumerate(base.status))
    (study,) = feasibility.check(replace(base, status=status)).studies
    assert study.place is None
    assert study.infeasible == 2


def test_causes_are_counted_and_failed_trials_left_out(fresh_rng):
    base = failing(np.random.default_rng(1), 30, 0.3)
    status = tuple(Status.FAILED if i == 0 else s for i, s in enumerate(base.status))
    cause = (Cause.MACHINE_LOST, *base.cause[1:])
    (study,) = feasibility.check(replace(base, status=status, cause=cause)).studies
    assert study.trials == 29
    assert study.causes == ((Cause.CRASHED, study.infeasible),)


def with_choice(rng, fails):
    """Sixty trials with a choice of three beside the axis; `fails` has the value that fails."""
    base = table(rng, 60, [0.5])
    (study,) = base.branches
    axes = {**base.branches[study].axes, "act": Choice(("relu", "tanh", "gelu"))}
    acts = [axes["act"].values[i] for i in rng.integers(3, size=60)]
    failed = [rng.random() < (0.8 if act == fails else 0.0) for act in acts]
    return replace(
        base,
        branches={study: replace(base.branches[study], axes=axes)},
        roles={**base.roles, "act": Role.NUISANCE},
        config=tuple({**c, "act": act} for c, act in zip(base.config, acts, strict=True)),
        status=tuple(Status.INFEASIBLE if f else Status.COMPLETE for f in failed),
        cause=tuple(Cause.CRASHED if f else None for f in failed),
        value=np.where(failed, np.nan, base.value),
    )


def test_the_value_of_a_choice_that_fails_is_found():
    finding = feasibility.check(with_choice(np.random.default_rng(0), "tanh")).findings[0]
    assert (finding.subject, finding.numbers["value"]) == ("act", "tanh")
    assert "all at act = tanh" in finding.sentence
    assert finding.numbers["share_outside"].estimate == 0


def test_a_choice_is_not_blamed_for_what_fails_anywhere(fresh_rng):
    named = 0
    for _ in range(60):
        base = with_choice(fresh_rng, None)
        failed = fresh_rng.random(60) < 0.3
        status = tuple(Status.INFEASIBLE if f else Status.COMPLETE for f in failed)
        named += feasibility.check(replace(base, status=status)).studies[0].place is not None
    assert named <= binom.ppf(1 - 1e-7, 60, regions.ALPHA)


@pytest.mark.filterwarnings("error")
def test_losses_beyond_all_bounds_are_no_matter():
    base = table(np.random.default_rng(0), 40, [0.5, 0.5])
    value = np.r_[base.value[:30], np.full(5, -1e308), np.full(5, 1e308)]
    assert feasibility.check(replace(base, value=value)).findings[0].severity is Severity.PASS
