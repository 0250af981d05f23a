"""D1 D3 D4 D5 A5: fresh seeds, verdicts, launches."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import psutil
import pytest

from tunebook.book.notebook import Book
from tunebook.deciding.launch_account import account, granted
from tunebook.domain.decision import CaveatKind, Decision, Verdict
from tunebook.domain.errors import DesignError, EvidenceError
from tunebook.domain.formats.plain_data import from_data, to_data
from tunebook.domain.formats.spelling import choice, maximize, minimize
from tunebook.domain.trial import Purpose
from tunebook.execution.local import LocalExecutor

QUIET = {"workers": 0, "progress": False}


def test_launch_zero_must_beat_chance(launched):
    launch = launched.baseline
    assert (launch.number, launch.parent) == (0, None)
    assert launched.decisions[0].verdict is Verdict.ADOPT
    assert launch.expected.high < 0.6


def test_a_baseline_at_chance_is_not_launched(book):
    def guess(trial):
        trial.report(0, {"loss": 0.6 + 0.01 * ((trial.seed % 11) - 5)})

    first = book.round("Does it learn?", fixed={"learning_rate": 1.0}, trials=4, max_train_steps=5)
    first.run(guess, **QUIET)
    decision = first.decide(guess, max_reruns=4, **QUIET)
    assert decision.verdict is not Verdict.ADOPT
    with pytest.raises(EvidenceError, match="needs the verdict adopt"):
        book.launch(decision)


def optimizers(book, rates, train, **more):
    asked = book.round("Does Adam beat Nesterov?", scientific={"optimizer": choice("nesterov", "adam")},
                       nuisance=rates, trials=24, max_train_steps=40, **more)  # fmt: skip
    asked.run(train, **QUIET)
    return asked


def test_a_real_improvement_is_adopted_and_launched(decided):
    launched, decision = decided, decided.decisions[-1]
    assert decision.verdict is Verdict.ADOPT
    assert decision.config["optimizer"] == "adam"
    assert [s.name for s in decision.sides][-1] == "baseline"
    launch = launched.launch(decision, why="half the loss")
    assert (launch.number, launch.parent, launch.why) == (1, 0, "half the loss")
    assert launched.launch(decision) == launch, "launching again is the same launch"


def test_a_least_improvement_that_no_candidate_reaches_is_not_adopted(launched, rates, train):
    asked = optimizers(launched, rates, train, least_improvement=0.3)
    decision = asked.decide(train, max_reruns=18, **QUIET)
    assert decision.verdict is Verdict.KEEP


def test_a_candidate_that_is_dropped_early_says_so(launched, rates, train):
    asked = optimizers(launched, rates, train, least_improvement=0.3)
    decision = asked.decide(train, max_reruns=36, **QUIET)
    best = next(s for s in decision.sides if s.config == decision.config)
    plan = launched._store.rerun_plans()[-1]
    assert decision.verdict is Verdict.KEEP
    assert best.unused == plan.looks[-1] - len(best.reruns) > 0
    assert f"{len(best.reruns)} of {plan.looks[-1]} planned" in decision.sentence
    assert decision.sides[-1].unused == 0


def test_evidence_is_fresh_seeds_alone(decided):
    asked, decision = decided.rounds[-1], decided.decisions[-1]
    reruns = [t for t in asked.trials if t.purpose is Purpose.RERUN]
    used = {name for side in decision.sides for name in side.reruns}
    assert used and used <= {t.name for t in reruns}
    searched = {t.seed for t in asked.trials if t.purpose is not Purpose.RERUN}
    assert searched.isdisjoint(t.seed for t in reruns)
    by_side = {}
    for t in reruns:
        by_side.setdefault(t.study, []).append(t.seed)
    assert len({tuple(seeds) for seeds in by_side.values()}) == 1, "sides are paired by seed"


def test_a_later_decision_trains_no_seed_of_the_same_configuration_again(decided):
    """Round 1 and round 2 have the same seed: the reruns that adopted the baseline count once."""
    rounds = first, asked = decided.rounds
    runs = [(t.seed, tuple(sorted(t.config.items()))) for r in rounds for t in r.trials]
    assert {r.plan.seed for r in rounds} == {0}
    assert len(set(runs)) == len(runs)
    assert {t.seed for t in asked.trials}.isdisjoint(t.seed for t in first.trials)


def test_sides_are_the_best_of_each_value(decided):
    asked, decision = decided.rounds[-1], decided.decisions[-1]
    table = asked.table()
    for side in decision.sides[:-1]:
        name = side.name.removeprefix("optimizer=")
        own = [i for i, c in enumerate(table.config) if c["optimizer"] == name]
        best = min(own, key=lambda i: table.losses[i])
        assert side.selected_by == table.name[best]


def test_a_decision_stands_and_costs_nothing_again(decided, train):
    asked, decision = decided.rounds[-1], decided.decisions[-1]
    count = len(asked.trials)
    assert asked.decide(train, max_reruns=180, **QUIET) == decision
    assert len(asked.trials) == count


def test_more_reruns_answer_what_a_few_could_not(launched, train, rates):
    asked = optimizers(launched, rates, train, least_improvement=0.1555)
    few = asked.decide(train, max_reruns=12, **QUIET)
    if few.verdict is not Verdict.MORE_EVIDENCE:
        pytest.fail(f"meant to be too close to call at 4 reruns: {few.sentence}")
    more = asked.decide(train, max_reruns=60, **QUIET)
    assert more.number == few.number + 1 and more.corrects == few.number
    assert len(more.sides[0].reruns) > len(few.sides[0].reruns)
    assert set(few.sides[0].reruns) <= set(more.sides[0].reruns)


def test_a_plan_is_fixed_before_the_first_rerun_and_kept(launched, rates, train):
    asked = optimizers(launched, rates, train, least_improvement=0.1555)
    seen = []

    def watched(trial):
        seen.append(len(launched._store.rerun_plans()))
        train(trial)

    few = asked.decide(watched, max_reruns=12, **QUIET)
    first = launched._store.rerun_plans()[-1]
    assert set(seen) == {first.number} == {few.plan}
    assert (first.candidates, first.baseline) == (("optimizer=adam", "optimizer=nesterov"), 0)
    more = asked.decide(train, max_reruns=60, **QUIET)
    longer = launched._store.rerun_plans()[-1]
    assert (more.plan, longer.extension) == (longer.number, 1)
    assert longer.adopt[: len(first.looks)] == first.adopt
    assert longer.level == first.level == more.error_rate


def test_a_candidate_that_loses_is_rerun_no_more(launched, rates, train):
    asked = optimizers(launched, rates, train, least_improvement=0.01)
    decision = asked.decide(train, max_reruns=36, **QUIET)
    reruns = {s.name: len(s.reruns) for s in decision.sides}
    assert decision.config["optimizer"] == "adam"
    assert reruns["optimizer=adam"] < 12, "the answer was clear before the budget was spent"


def test_levels_are_granted_by_the_account_and_launches_earn_more(launched, rates, train):
    first = optimizers(launched, rates, train, least_improvement=0.01)
    adopted = first.decide(train, max_reruns=18, **QUIET)
    launched.launch(adopted)
    second = launched.round("And now?", nuisance=rates, trials=6, max_train_steps=40)
    second.run(train, **QUIET)
    later = second.decide(train, max_reruns=8, **QUIET)
    assert launched.decisions[0].error_rate == 0.05, "a first baseline takes no part"
    assert adopted.error_rate == pytest.approx(granted([]))
    assert later.error_rate == pytest.approx(granted([True]))
    lines = account(launched._store.rerun_plans(), launched.decisions)
    assert [line.adopted for line in lines] == [True, later.verdict is Verdict.ADOPT]
    assert [line.level for line in lines] == [adopted.error_rate, later.error_rate]


def test_judging_without_running_takes_whole_looks_only(launched, rates, train):
    asked = optimizers(launched, rates, train)
    with pytest.raises(EvidenceError, match="at least 4 reruns with new seeds"):
        asked.decide(run=False)
    assert not [t for t in asked.trials if t.purpose is Purpose.RERUN]


def test_too_few_reruns_is_said_before_any_compute(launched, rates, train):
    asked = optimizers(launched, rates, train)
    with pytest.raises(DesignError, match=r"at least 4 reruns of each of the 3 arms, 12 in all"):
        asked.decide(train, max_reruns=11, **QUIET)


def test_a_round_that_has_not_ended_is_not_decided(launched, rates, train):
    asked = launched.round("Later?", nuisance=rates, trials=4, max_train_steps=40)
    with pytest.raises(EvidenceError, match="4 of 4 trials have not ended"):
        asked.decide(train, **QUIET)


def test_a_round_without_a_complete_trial_is_not_decided(launched, rates):
    def crash(trial):
        raise RuntimeError("boom")

    asked = launched.round("Crash?", nuisance=rates, trials=3, max_train_steps=5)
    asked.run(crash, **QUIET)
    with pytest.raises(EvidenceError, match="every trial of this round is infeasible"):
        asked.decide(crash, **QUIET)


def test_a_decision_against_an_old_baseline_is_not_launched(decided):
    launched, decision = decided, decided.decisions[-1]
    launched.launch(decision)
    stale = replace(decision, number=len(launched.decisions) + 1)
    launched._store.add(stale)
    with pytest.raises(EvidenceError, match="launch 1 is the baseline now"):
        launched.launch(stale)


def test_caveats_name_what_was_held(launched, rates, train):
    asked = launched.round("Which rate?", nuisance=rates, trials=8, max_train_steps=40)
    asked.run(train, **QUIET)
    decision = asked.decide(train, max_reruns=8, **QUIET)
    assert any("optimizer was held at nesterov" in c for c in decision.caveats)
    assert any("data splits" in c for c in decision.caveats)


@pytest.mark.parametrize("given", [False, True])
def test_workers_are_kept_from_look_to_look(launched, rates, train, tmp_path, given):
    """However many looks a verdict takes, each worker imports a person's framework once."""
    asked = optimizers(launched, rates, train, least_improvement=0.01)
    note = tmp_path / "processes"

    def again(trial):
        with note.open("a") as out:
            out.write(f"{os.getpid()}\n")
        adam = trial.config["optimizer"] == "adam"  # better by more than was asked for
        luck = (trial.seed * (3 if adam else 1)) % 101 / 1000
        trial.report(0, {"loss": (0.15 if adam else 0.26) + luck})

    how = {"executor": LocalExecutor(1)} if given else {"workers": 1}
    decision = asked.decide(again, max_reruns=18, progress=False, **how)
    assert decision.verdict is Verdict.ADOPT
    reruns = [t for t in asked.trials if t.purpose is Purpose.RERUN]
    assert max(len(side.reruns) for side in decision.sides) > 3, "nothing is adopted at three"
    processes = note.read_text().split()
    assert len(processes) == len(reruns)
    assert len(set(processes)) == 1
    # The book keeps its own for what comes next; a given executor is closed.
    assert psutil.pid_exists(int(processes[0])) is not given
    launched.close()
    assert not psutil.pid_exists(int(processes[0]))


@pytest.mark.parametrize("plan_seed", [0, 1])  # the rate: deciding/test_against_chance.py
def test_coin_flips_are_no_first_baseline_whatever_the_best_of_their_curves(tmp_path, plan_seed):
    def flip(trial):
        drawn = np.random.default_rng(trial.seed).binomial(500, 0.25, 20) / 500
        for step, right in enumerate(drawn.tolist()):
            trial.report(step, {"valid/accuracy": right})

    with Book(tmp_path / "f.db", objective=maximize("valid/accuracy"), chance=0.25) as book:
        first = book.round("Does it learn?", fixed={"lr": 0.1}, trials=4, max_train_steps=20,
                           seed=plan_seed)  # fmt: skip
        first.run(flip, **QUIET)
        decision = first.decide(flip, max_reruns=6, **QUIET)
        best, last = decision.sides[0].mean.estimate, decision.sides[0].last
        assert decision.verdict is not Verdict.ADOPT
        assert best > 0.27 > last
        assert decision.sides[0].difference == pytest.approx(last - 0.25)
        assert "last evaluation" in decision.sentence


def test_a_first_baseline_without_chance_is_refused_before_a_rerun_is_spent(tmp_path, train):
    with Book(tmp_path / "c.db", objective=minimize("loss")) as book:
        first = book.round("Does it learn?", fixed={"learning_rate": 1e-2}, trials=4,
                           max_train_steps=20)  # fmt: skip
        first.run(train, **QUIET)
        with pytest.raises(EvidenceError, match=r"knows? chance") as refused:
            first.decide(train, max_reruns=12, **QUIET)
        assert "tunebook decide 1 --chance VALUE" in str(refused.value)
        assert not [t for t in first.trials if t.purpose is Purpose.RERUN]
        assert not book._store.rerun_plans() and not book.decisions
    with Book(tmp_path / "c.db", chance=0.6) as book:
        assert book.rounds[0].decide(train, max_reruns=12, **QUIET).verdict is Verdict.ADOPT


def test_a_launch_of_what_is_not_adopted_says_what_to_do(launched, rates, train):
    asked = optimizers(launched, rates, train, least_improvement=0.3)
    kept = asked.decide(train, max_reruns=18, **QUIET)
    with pytest.raises(EvidenceError) as refused:
        launched.launch(kept)
    assert "tunebook next" in str(refused.value) and "max_reruns" not in str(refused.value)


def test_reruns_of_one_value_say_that_the_seed_has_no_effect(launched, train):
    """Four reruns with different seeds and one value: their interval has no width."""

    def constant(trial):
        if trial.config["optimizer"] == "adam":
            return 0.001
        return train(trial)

    asked = launched.round(
        "Is Adam better?", scientific={"optimizer": choice("adam", "nesterov")},
        fixed={"learning_rate": 1e-2}, trials=4, max_train_steps=20,
    )  # fmt: skip
    asked.run(constant, **QUIET)
    decision = asked.decide(constant, max_reruns=24, **QUIET)
    adam = next(s for s in decision.sides if s.name == "optimizer=adam")
    assert decision.verdict is Verdict.ADOPT and adam.mean.low == adam.mean.high
    (said,) = (c for c in decision.caveats if "no effect" in c)
    assert f"All {len(adam.reruns)} reruns of optimizer=adam" in said and "trial.seed" in said


def test_caveats_on_fixed_values_are_known_by_their_kind(launched):
    decision = launched.decisions[0]
    fixed = [k for k in decision.caveat_kinds if k is CaveatKind.FIXED]
    assert len(fixed) == len(launched.rounds[0].plan.fixed)
    others = decision.caveats_but(CaveatKind.FIXED)
    assert len(others) == len(decision.caveats) - len(fixed)
    assert not any("was held at" in text for text in others)


def test_older_books_have_kinds_by_the_texts_of_their_time(launched):
    old = to_data(launched.decisions[0])
    kinds = old.pop("caveat_kinds")
    assert to_data(from_data(Decision, old))["caveat_kinds"] == kinds
