"""The planner: counts, cost, what a round tells apart, what a change buys; its promise kept (B5)."""

from __future__ import annotations

import math
from dataclasses import replace

import isolation as measured_c9
import numpy as np
import pytest
from isolation_families import study

import planning as claims
from tunebook.checks.isolation import check as isolation
from tunebook.deciding.sequential_design import planned
from tunebook.domain.design import Round
from tunebook.domain.formats.spelling import choice, log_uniform, per, uniform
from tunebook.planning.cost import Timed, TriedTimes, planned_cost
from tunebook.planning.forecast import Measured, Reruns, plan_ahead
from tunebook.planning.response import Ground
from tunebook.planning.trade_offs import Kind, trades, without_value
from tunebook.planning.wording import assumption, too_small
from tunebook.report.cost_text import cost_text
from tunebook.report.terminal.plan import decision_text

NUISANCE = {"learning_rate": log_uniform(1e-4, 1), "momentum": uniform(0, 1)}


def plan(trials=64, values=("adam", "sgd"), nuisance=None, **more) -> Round:
    return Round(
        goal="Which optimizer?",
        scientific={"optimizer": choice(*values)} if values else {},
        nuisance=NUISANCE if nuisance is None else nuisance,
        trials=trials,
        max_train_steps=100,
        **more,
    )


def timed(seconds, configs=None, steps=100) -> Timed:
    return Timed(
        number=1,
        configs=configs or [{}] * len(seconds),
        seconds=np.array(seconds, float),
        max_train_steps=steps,
    )


@pytest.fixture(scope="module")
def assumed():
    """`plan()` looked ahead at, with no round before."""
    return plan_ahead(plan(), None)


CELL = claims.Cell("bowl, 2 axes", 2, 32, 32)


@pytest.fixture(scope="module")
def before():
    """A round before the next one of CELL."""
    return claims.earlier(CELL, np.random.default_rng(1))


@pytest.fixture(scope="module")
def fitted(before):
    """The round of CELL looked ahead at."""
    return plan_ahead(claims.plan_of(CELL), before)


def test_trials_and_density_are_counted():
    found = plan_ahead(plan(64), None, differences=False)
    assert [(s.name, s.trials, s.axes) for s in found.studies] == [
        ("optimizer=adam", 32, 2),
        ("optimizer=sgd", 32, 2),
    ]
    assert found.trials_a_study == 32
    assert found.density == pytest.approx(32**0.5)
    assert math.isnan(found.difference)
    assert found.cost is None


def test_cost_grows_with_steps_and_workers_share_it():
    cost = planned_cost(plan(10, values=()), timed([2.0, 4.0, math.nan], steps=50), {}, 4)
    assert cost is not None
    assert (cost.timed, cost.trial_s, cost.compute_s) == (2, 6.0, 60.0)
    assert cost.step_s == pytest.approx(0.06)
    assert cost.wall_s == 18.0  # three waves of at most four
    assert planned_cost(plan(), timed([math.nan]), {}, 1) is None


def test_the_start_of_a_worker_is_counted_once_for_each():
    tried = {"": TriedTimes(start_s=3.0, step_s=0.01, evaluation_s=0.5)}
    asked = plan(10, values=())
    cost = planned_cost(asked, None, tried, 4)
    assert cost is not None and cost.number == 0 and cost.start_s == 3.0
    assert cost.compute_s == pytest.approx(10 * cost.trial_s + 4 * 3.0)
    assert cost.wall_s == pytest.approx(3.0 + 3 * cost.trial_s)
    few = cost.of_trials(2)
    assert few.compute_s == pytest.approx(2 * cost.trial_s + 2 * 3.0)
    by_round = planned_cost(asked, timed([2.0, 4.0], steps=100), tried, 1)
    assert by_round is not None and by_round.compute_s == pytest.approx(10 * 3.0 + 3.0)
    assert "3 s for each worker to start" in cost_text(by_round)
    assert "start of a worker is not counted" in cost_text(replace(by_round, start_s=None))


def test_a_study_costs_what_the_one_settled_alike_did():
    configs = [{"optimizer": "adam"}] * 3 + [{"optimizer": "sgd"}] * 3
    cost = planned_cost(plan(20), timed([4.0] * 3 + [1.0] * 3, configs), {}, 1)
    assert cost is not None
    assert cost.compute_s == 10 * 4.0 + 10 * 1.0
    thin = planned_cost(
        plan(20), timed([4.0] * 2 + [1.0] * 4, configs[:2] + [configs[-1]] * 4), {}, 1
    )
    assert thin is not None
    assert thin.compute_s == pytest.approx(10 * 2.0 + 10 * 1.0)


def test_the_decision_has_the_sequential_design_of_its_sides():
    found = plan_ahead(
        plan(), None, reruns=Reruns(most=30, baseline=True, level=0.04), differences=False
    ).decision
    assert (found.sides, found.reruns) == (3, 10)
    assert found.excess == planned(10, 0.02).excess


def test_without_a_round_before_the_assumption_is_said(assumed):
    found = assumed
    assert found.ground is Ground.ASSUMED
    assert found.metric == ""
    assert 0 < found.difference < math.inf
    said = assumption(found)
    assert "Not known yet" in said and "8 complete trials" in said
    assert "bowl" in said and "seeds that vary 50 % as much as trials do" in said


def test_without_a_range_no_response_over_one_is_assumed(assumed):
    said = assumption(plan_ahead(plan(values=(), nuisance={}, fixed={"x": 0.5}), None))
    assert "bowl" not in said and "how much seeds vary" in said and "6 reruns" in said
    assert "bowl" in assumption(assumed)


def test_a_plan_promises_the_same_each_time(assumed):
    assert plan_ahead(plan(), None).difference == assumed.difference


def test_more_trials_tell_smaller_differences():
    few, many = (plan_ahead(plan(n, nuisance={"x": uniform(0, 1)}), None) for n in (32, 256))
    assert many.difference < 0.75 * few.difference


def test_too_few_trials_of_a_value_are_said_without_simulating():
    said = too_small(plan_ahead(plan(6, values="abc"), None, differences=False))
    assert len(said) == 1
    assert "2 trials, and C9 says nothing of a value below 5. Next: trials = 15" in said[0]


def test_c9_is_silent_where_the_planner_says_so(fresh_rng):
    assert plan_ahead(plan(8), None).difference == math.inf
    thin = isolation.check(measured_c9.compared(fresh_rng, 4, 2, shift=9.0))
    assert not getattr(thin, "hyperparameters", ())


def test_too_few_reruns_are_said():
    said = too_small(plan_ahead(plan(60, values="abcdef"), None, differences=False))
    assert any("6 arms get 3 new-seed reruns each" in s and "= 24" in s for s in said)


def test_a_round_without_a_question_promises_no_difference():
    found = plan_ahead(plan(values=()), None)
    assert found.questions == ()
    assert trades(found, None) == ()
    assert too_small(found) == ()


def test_a_range_is_compared_by_its_parts():
    asked = replace(plan(values=()), scientific={"width": uniform(0, 1)})
    (question,) = plan_ahead(asked, None).questions
    assert (question.values, question.trials) == (4, 16)


def test_the_difference_is_told_in_the_metric_of_the_round_before(before, fitted):
    found = fitted
    assert (found.ground, found.metric, found.number) == (Ground.FITTED, "loss", 1)
    assert found.noise == pytest.approx(0.05, rel=0.4)
    larger = replace(before, table=replace(before.table, value=10 * before.table.value + 3))
    assert plan_ahead(claims.plan_of(CELL), larger).difference == pytest.approx(
        10 * found.difference, rel=0.05
    )


def test_higher_is_better_changes_nothing(before, fitted):
    objective = replace(before.table.objective, direction="maximize")
    other = replace(
        before, table=replace(before.table, value=-before.table.value, objective=objective)
    )
    assert plan_ahead(claims.plan_of(CELL), other).difference == fitted.difference > 0


def test_a_hyperparameter_that_is_new_is_given_a_bowl(before):
    asked = claims.plan_of(CELL)
    wider = replace(asked, nuisance={**asked.nuisance, "new": uniform(0, 1)})
    found = plan_ahead(wider, before)
    assert found.ground is Ground.FITTED
    assert [s.axes for s in found.studies] == [3, 3]
    assert 0 < found.difference < math.inf


def test_reruns_say_what_the_seeds_spread(before):
    rows = before.table.take(np.arange(8))
    reruns = replace(rows, rerun_of=("a",) * 8, value=np.array([1.0, 1.2] * 4))
    found = plan_ahead(
        claims.plan_of(CELL), replace(before, reruns=reruns, reruns_of=1), differences=False
    )
    assert found.seeds_of == 1
    assert found.noise == pytest.approx(np.std([1.0, 1.2] * 4, ddof=1))
    assert found.decision.gain == pytest.approx(found.decision.excess * found.noise)


@pytest.mark.parametrize(("left", "promised"), [(math.inf, True), (1.0, True), (0.02, False)])
def test_a_gain_beyond_what_the_metric_has_left_is_not_promised(before, left, promised):
    rows = before.table.take(np.arange(8))
    reruns = replace(rows, rerun_of=("a",) * 8, value=np.array([1.0, 1.1] * 4))
    found = plan_ahead(
        replace(claims.plan_of(CELL), least_improvement=0.01),
        replace(before, reruns=reruns, reruns_of=1),
        reruns=Reruns(baseline=True, after=(0.01, 0.01), left=left),
        differences=False,
    )
    gain = found.promised_gain
    assert gain == pytest.approx(0.01 + found.decision.gain) and 0.02 < gain < 1.0
    assert found.out_of_reach is not promised
    assert (f"a gain of {gain:.2g} loss over the baseline is adopted" in decision_text(found)) is (
        promised
    )
    warned = [text for text in too_small(found) if "max_reruns" in text]
    if promised:
        assert not warned
    else:
        assert "0.02 loss is left" in decision_text(found)
        assert f"{gain:.2g} loss" in warned[0] and "0.02 is left" in warned[0]


def test_reruns_alone_give_an_assumed_response_its_size(before):
    """After a first baseline: one configuration, several seeds, and no search yet."""
    rows = before.table.take(np.arange(8))
    reruns = replace(rows, rerun_of=("a",) * 8, value=np.array([1.0, 1.2] * 4))
    few = Measured(number=1, table=rows.take(np.arange(4)), timed=before.timed, reruns=reruns,
                   reruns_of=1)  # fmt: skip
    found = plan_ahead(claims.plan_of(CELL), few)
    assert (found.ground, found.metric, found.number) == (Ground.ASSUMED, "loss", None)
    assert found.spread == pytest.approx(2 * found.noise)
    alone = plan_ahead(claims.plan_of(CELL), None)
    assert found.difference == pytest.approx(found.spread * alone.difference, rel=0.05)
    assert "reruns of round 1" in assumption(found)


def test_trades_change_one_thing_each_and_come_best_first():
    now = plan_ahead(plan(96, values=("adam", "momentum", "sgd")), None)
    bought = trades(now, None)
    assert {t.kind for t in bought} == set(Kind)
    assert [t.worth for t in bought] == sorted((t.worth for t in bought), reverse=True)
    by_kind = {t.kind: t for t in bought}
    assert by_kind[Kind.MORE_TRIALS].ahead.plan.trials == 192
    fewer = by_kind[Kind.FEWER_VALUES]
    assert (fewer.change, fewer.known) == ("without optimizer=sgd", False)
    assert fewer.ahead.trials_a_study == 48
    fixed = by_kind[Kind.FEWER_NUISANCE]
    assert fixed.ahead.plan.fixed == {"momentum": 0.5}
    assert fixed.ahead.density == 32
    for trade in bought:
        worth = now.difference / trade.ahead.difference / trade.trials**0.5
        assert trade.worth == pytest.approx(worth)


def test_the_last_round_says_what_goes():
    """The value that did worst, and the hyperparameter without an effect."""
    cell = claims.Cell("bowl, 2 axes", 3, 32, 48)
    before = claims.earlier(cell, np.random.default_rng(2))
    table = before.table
    flat = table.value + 2 * np.array(
        [
            (c["x0"] - 0.5) ** 2 - 0.5 * (c["x1"] - 0.5) ** 2 + (c["side"] == "v1")
            for c in table.config
        ]
    )
    before = Measured(number=1, table=replace(table, value=flat), timed=before.timed)
    asked = claims.plan_of(cell)
    bought = {t.kind: t for t in trades(plan_ahead(asked, before), before)}
    assert bought[Kind.FEWER_VALUES].change == "without side=v1"
    assert bought[Kind.FEWER_VALUES].known
    assert bought[Kind.FEWER_NUISANCE].change.startswith("x1 fixed at ")
    assert bought[Kind.FEWER_NUISANCE].known


def test_a_value_takes_what_exists_under_it_alone_along():
    asked = plan(
        30, values=("adam", "momentum", "sgd"),
        nuisance={
            "learning_rate": per("optimizer", adam=log_uniform(1e-4, 1), momentum=log_uniform(1e-3, 1),
                                 sgd=log_uniform(1e-2, 1)),
            "momentum": per("optimizer", momentum=uniform(0.5, 1)),
        },
    )  # fmt: skip
    left = without_value(asked, "optimizer", "momentum")
    assert set(left.nuisance) == {"learning_rate"}
    assert left.scientific["optimizer"].values == ("adam", "sgd")


def test_a_grid_with_too_few_points_is_left_to_the_run_to_refuse():
    asked = plan(60, searcher="grid", levels={"learning_rate": 2, "momentum": 2})
    assert plan_ahead(asked, None).questions == ()


@pytest.mark.level(2)
@pytest.mark.parametrize("cell", [c for c in claims.CELLS if c.trials <= 32 and c.values == 2])
def test_claims_a_promise_is_kept(cell):
    """The share told apart at what was promised is 80 %, within what docs/claims/planning.md has."""
    rng = np.random.default_rng(11)
    limits = claims.needed([study(cell.family, rng, cell.trials) for _ in range(40)], cell.values)
    promised = np.array(
        [plan_ahead(claims.plan_of(cell), claims.earlier(cell, rng)).difference for _ in range(6)]
    )
    assert 0.6 <= claims.told(promised, limits).mean() <= 0.99
