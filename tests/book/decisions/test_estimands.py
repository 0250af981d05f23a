"""D1 D3 D4: what decides is fixed before the first rerun, and what is refused before it."""

from __future__ import annotations

import json

import pytest

from tunebook.domain.decision import Estimand, RerunPlan, Verdict
from tunebook.domain.errors import DesignError, EvidenceError
from tunebook.domain.formats.codec import from_json, to_json
from tunebook.domain.formats.spelling import choice, log_uniform
from tunebook.domain.trial import Purpose

QUIET = {"workers": 0, "progress": False}


def adam(book, rates, train, **more):
    asked = book.round("Is Adam better?", fixed={"optimizer": "adam"}, nuisance=rates, trials=8,
                       max_train_steps=40, **more)  # fmt: skip
    asked.run(train, **QUIET)
    return asked


def reruns(asked):
    return [t for t in asked.trials if t.purpose is Purpose.RERUN]


def test_a_chance_to_beat_decides_and_is_recorded(launched, rates, train):
    asked = adam(launched, rates, train, least_improvement=0.01)
    decision = asked.decide(train, max_reruns=24, estimand="beats", **QUIET)
    assert decision.verdict is Verdict.ADOPT
    assert decision.estimand is Estimand.BEATS
    assert 0.5 < decision.sides[0].gain.low <= 1
    plan = launched._store.rerun_plans()[-1]
    assert plan.estimand is Estimand.BEATS
    assert launched.launch(decision).expected.high < 0.6, "a launch expects a mean"


def test_what_decides_can_t_change_once_planned(launched, rates, train):
    asked = adam(launched, rates, train, least_improvement=0.12)
    first = asked.decide(train, max_reruns=8, paired=True, infeasible_as=1, **QUIET)
    assert first.verdict is Verdict.MORE_EVIDENCE
    have = len(reruns(asked))
    for change in ({"estimand": "beats"}, {"infeasible_as": 2.0}, {"paired": False}):
        with pytest.raises(DesignError, match="fixed before the first rerun"):
            asked.decide(train, max_reruns=24, **change, **QUIET)
    assert len(reruns(asked)) == have
    asked.decide(train, max_reruns=16, **QUIET)
    plans = [p for p in launched._store.rerun_plans() if p.round == asked.number]
    assert [p.extension for p in plans] == [0, 1]
    assert all(p.paired and p.infeasible_as == 1.0 for p in plans)


def test_seeds_are_shared_so_pairs_are_pairs(launched, rates, train):
    """The bowl's noise is the seed's alone: seed by seed the gain hardly varies."""
    asked = adam(launched, rates, train, least_improvement=0.01)
    decision = asked.decide(train, max_reruns=8, paired=True, **QUIET)
    assert decision.verdict is Verdict.MORE_EVIDENCE
    assert "the seed has no effect" in decision.sentence or decision.sides[0].gain.low > 0.01


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"estimand": "median"}, "an estimand is 'mean' or 'beats'"),
        ({"infeasible_as": float("nan")}, "infeasible_as is a finite number"),
        ({"infeasible_as": "bad"}, "infeasible_as"),
        ({"infeasible_as": 0.01}, "counts as no better than a complete one"),
    ],
)
def test_bad_estimands_are_refused_before_a_rerun(launched, rates, train, given, said):
    asked = adam(launched, rates, train)
    with pytest.raises(DesignError, match=said):
        asked.decide(train, max_reruns=12, **given, **QUIET)
    assert not reruns(asked)


def test_a_first_baseline_has_nothing_to_beat(book, train):
    first = book.round(
        "Does it learn?", fixed={"learning_rate": 0.03}, trials=4, max_train_steps=40
    )
    first.run(train, **QUIET)
    with pytest.raises(DesignError, match="this book has none yet"):
        first.decide(train, max_reruns=4, estimand="beats", **QUIET)


def test_the_baseline_is_not_compared_with_itself(launched, train):
    again = launched.round("The same again?", trials=4, max_train_steps=40)
    again.run(train, **QUIET)
    with pytest.raises(EvidenceError, match="the baseline's own configuration"):
        again.decide(train, max_reruns=12, **QUIET)
    assert not reruns(again)


def test_a_candidate_that_is_the_baseline_is_left_out(launched, train):
    asked = launched.round("Adam?", scientific={"optimizer": choice("nesterov", "adam")}, trials=4,
                           max_train_steps=40)  # fmt: skip
    asked.run(train, **QUIET)
    decision = asked.decide(train, max_reruns=16, **QUIET)
    assert [s.name for s in decision.sides] == ["optimizer=adam", "baseline"]


def test_a_least_improvement_in_another_unit_is_refused(launched, rates):
    with pytest.raises(
        DesignError, match=r"more than lies between chance, 0\.6, and the baseline"
    ):
        launched.round(
            "Percent?", nuisance=rates, trials=8, max_train_steps=40, least_improvement=2
        )
    assert len(launched.rounds) == 1


def test_a_least_improvement_that_can_hardly_be_meant_is_warned_of(launched, rates, capsys):
    launched.round("Half?", nuisance=rates, trials=8, max_train_steps=40, least_improvement=0.5)
    said = capsys.readouterr().err
    assert "no configuration can be adopted" in said and "smaller least_improvement" in said
    launched.round("Tiny?", nuisance=rates, trials=8, max_train_steps=40, least_improvement=0.01)
    assert capsys.readouterr().err == ""


def test_a_peek_is_free_and_no_decision(launched, rates, train):
    asked = adam(launched, rates, train, least_improvement=0.12)
    with pytest.raises(EvidenceError, match="round 2 has none yet"):
        asked.peek()
    asked.decide(train, max_reruns=8, **QUIET)
    before = (launched.decisions, launched._store.rerun_plans(), len(asked.trials))
    seen = asked.peek()
    assert "Exploratory, and no decision" in repr(seen) and "round.decide(" in repr(seen)
    assert "round.decide(" not in seen.text
    assert seen.gain["best"].low < seen.gain["best"].estimate < seen.gain["best"].high
    assert seen.reruns == {"best": 4}
    assert before == (launched.decisions, launched._store.rerun_plans(), len(asked.trials))


def test_the_validation_set_s_own_error_is_bounded(launched, rates, train):
    asked = adam(launched, rates, train, least_improvement=0.01)
    decision = asked.decide(train, max_reruns=24, validation_examples=10_000, **QUIET)
    said = [text for text in decision.caveats if "10,000 examples" in text]
    # Error rates near 0.26 and 0.41: 1.96 * sqrt(0.67 / 10,000) is 0.016.
    assert len(said) == 1 and "by 0.016 at most" in said[0]


def test_the_commands_that_do_it_again_name_what_decided(launched, rates, train):
    asked = adam(launched, rates, train)
    asked.decide(train, max_reruns=24, estimand="beats", **QUIET)
    commands = launched.history().rounds[1].commands
    assert "decide --estimand beats --max-reruns" in commands[-1]
    assert any(command.startswith("tunebook launch") for command in commands[:-2])


def test_the_account_is_in_the_notebook(launched, rates, train):
    assert launched.history().history.account == ()
    asked = adam(launched, rates, train, least_improvement=0.01)
    launched.launch(asked.decide(train, max_reruns=24, **QUIET))
    said = launched.history().history.account
    assert (
        "at most 10 %" in said[0] and "1 decision against a baseline so far, 1 adopted" in said[0]
    )
    assert "3.5 % to round 2 (adopted)" in said[1]
    assert "Account of false launches" in repr(launched.history())


def test_plans_from_before_there_were_estimands_are_means(launched, rates, train):
    asked = adam(launched, rates, train)
    asked.decide(train, max_reruns=8, **QUIET)
    plan = launched._store.rerun_plans()[-1]
    older = json.loads(to_json(plan))
    for name in ("estimand", "infeasible_as", "paired"):
        del older[name]
    assert from_json(RerunPlan, json.dumps(older)) == plan


def test_a_repeated_search_is_no_longer_said_to_be_unmeasured(launched, train):
    rates = {"learning_rate": log_uniform(1e-2, 0.1)}
    for seed in range(4):
        again = launched.round(f"The same search, {seed}", nuisance=rates, trials=6, seed=seed,
                               max_train_steps=40)  # fmt: skip
        again.run(train, **QUIET)
        decision = again.decide(train, max_reruns=12, **QUIET)
        said = " ".join(decision.caveats)
        if seed == 0:
            assert "study variance was not measured" in said
    assert "What another search would choose has a standard deviation of" in said
    assert "Variation over data splits was not measured" in said
