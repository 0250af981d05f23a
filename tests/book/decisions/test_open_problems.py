"""A decision and a launch do not pass over an open problem in silence (B2 D3 D5)."""

from __future__ import annotations

import random

import pytest

import tunebook as tb
from tunebook.domain.decision import Decision, Launch, Verdict
from tunebook.domain.doing import lines
from tunebook.domain.errors import EvidenceError
from tunebook.domain.finding import Severity
from tunebook.domain.formats.codec import from_json, to_json
from tunebook.examination.objective_direction import doubts_direction
from tunebook.examination.short_run import warnings

QUIET = {"workers": 0, "progress": False}


def train(trial):
    """Reads the learning rate and never the optimizer."""
    trial.report(
        0, {"error": 0.1 + trial.config["lr"] + random.Random(trial.seed).gauss(0, 0.004)}
    )


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """A baseline, then a comparison of optimizers that training never reads."""
    path = tmp_path_factory.mktemp("problems") / "b.db"
    with tb.Book(path, objective=tb.minimize("error"), chance=0.9) as made:
        first = made.round("Learns?", fixed={"optimizer": "adam", "lr": 0.4}, trials=4,
                           max_train_steps=1)  # fmt: skip
        first.run(train, **QUIET)
        made.launch(first.decide(train, max_reruns=6, **QUIET))
        versus = made.round("Does Adam beat Nesterov?", trials=12, max_train_steps=1,
                            scientific={"optimizer": tb.choice("adam", "nesterov")},
                            nuisance={"lr": tb.uniform(0.0, 0.2)})  # fmt: skip
        versus.run(train, **QUIET)
        yield made


def test_decide_says_it_first_and_records_it_and_launch_waits(book, capsys):
    versus = book.rounds[-1]
    decision = versus.decide(train, max_reruns=18, workers=0)
    said = capsys.readouterr().err
    assert "Warning" in said and "B2" in said and said.index("B2") < said.index("Deciding round 2")
    assert decision.verdict is Verdict.ADOPT
    assert "B2" in {p.check for p in decision.problems}
    assert decision.caveats[0].startswith("Open problem")
    assert from_json(Decision, to_json(decision)) == decision
    assert versus.decide(train, max_reruns=18, **QUIET) == decision, "stored once"
    with pytest.raises(EvidenceError, match="B2") as refused:
        book.launch(decision)
    assert "despite_problems=True" in refused.value.next_step
    assert len(book.launches) == 1
    launch = book.launch(decision, despite_problems=True)
    assert "B2" in launch.despite and from_json(Launch, to_json(launch)) == launch


def test_cost_level_and_promise_are_said_before_the_reruns_and_progress_is_one(
    book, capsys, monkeypatch
):
    monkeypatch.setattr(lines, "PLAIN_EVERY_S", 0.0)  # every line, however soon
    wide = book.round("And lower?", nuisance={"lr": tb.uniform(0.0, 0.02)}, trials=6,
                      max_train_steps=1, least_improvement=0.001)  # fmt: skip
    wide.run(train, **QUIET)
    capsys.readouterr()
    wide.decide(train, max_reruns=16, workers=0)
    said = capsys.readouterr().err
    level = next(line for line in said.splitlines() if line.startswith("Level: "))
    assert level.count("%") == 3 and "if this one adopts" in level
    assert " in error over the baseline" in said and "the least improvement" in said
    assert said.count("Reruns with new seeds") == 1
    done = [line for line in said.splitlines() if "trials done" in line]
    assert done and "16/16" not in done[0]
    assert {line.partition("/")[2].split()[0] for line in done[:-1]} == {"16"}


def test_the_spread_that_d2_measured_gives_the_promise_its_units(tmp_path, capsys):
    """The trials of a first baseline are one configuration under several seeds."""
    with tb.Book(tmp_path / "s.db", objective=tb.minimize("error"), chance=0.9) as made:
        first = made.round("Learns?", fixed={"lr": 0.4}, trials=5, max_train_steps=1)
        first.run(train, **QUIET)
        capsys.readouterr()
        first.decide(train, max_reruns=6, workers=0)
        said = capsys.readouterr().err
    assert " in error over chance" in said and "not measured" not in said


def test_two_candidates_are_compared_by_their_own_reruns(book):
    decision = next(d for d in book.decisions if d.round == 2)
    (pair,) = decision.comparisons
    sides = {s.name: s for s in decision.sides}
    assert {pair.a, pair.b} == {"optimizer=adam", "optimizer=nesterov"}
    assert pair.reruns == min(len(sides[n].reruns) for n in (pair.a, pair.b))
    assert decision.sentence.index(pair.a) < decision.sentence.index("baseline")
    assert f"{pair.difference.estimate:.2g}" in decision.sentence
    base = sides["baseline"].mean.estimate
    for name in (pair.a, pair.b):
        assert sides[name].difference == pytest.approx(base - sides[name].mean.estimate)


def test_a_direction_against_the_name_is_an_open_problem_until_acknowledged(tmp_path, capsys):
    def learns_backwards(trial):
        for step in range(12):
            moved = random.Random(trial.seed * 100 + step).gauss(0, 0.004)
            trial.report(step, {"valid/accuracy": 0.5 - 0.01 * step + moved})

    with tb.Book(tmp_path / "w.db", objective=tb.minimize("valid/accuracy"), chance=0.9) as made:
        first = made.round("Learns?", fixed={"lr": 0.4}, trials=4, max_train_steps=12)
        assert any("tb.maximize" in text for text in first.planned().warnings)
        assert "wrong direction" in repr(first.planned())
        first.run(learns_backwards, **QUIET)
        found = first.examination()
        (doubt,) = [f for f in found.findings if doubts_direction(f)]
        assert (doubt.severity, doubt.subject) == (Severity.PROBLEM, "valid/accuracy")
        assert 'tb.maximize("valid/accuracy")' in doubt.sentence
        overfitting = next(n for n in found.not_applicable if n.check == "C4")
        assert f"(see {doubt.check})" in overfitting.reason
        capsys.readouterr()
        decision = first.decide(learns_backwards, max_reruns=6, workers=0)
        assert "C11" in capsys.readouterr().err.partition("Deciding round 1")[0]
        assert decision.verdict is Verdict.ADOPT
        with pytest.raises(EvidenceError, match="C11"):
            made.launch(decision)
        assert "C11" in made.launch(decision, despite_problems=True).despite


def test_a_test_run_doubts_the_direction():
    def doubts(objective):
        return [w for w in warnings((), objective) if doubts_direction(w)]

    (said,) = doubts(tb.minimize("valid/accuracy"))
    assert said.severity is Severity.WARNING
    assert not doubts(tb.maximize("valid/accuracy")) and not doubts(tb.minimize("x"))


def test_a_decision_that_keeps_is_refused_for_its_verdict_and_not_for_a_problem(book):
    worse = book.round("And at a worse rate?", trials=12, max_train_steps=1,
                       scientific={"optimizer": tb.choice("adam", "nesterov")},
                       nuisance={"lr": tb.uniform(0.6, 0.8)})  # fmt: skip
    worse.run(train, **QUIET)
    decision = worse.decide(train, max_reruns=18, **QUIET)
    assert decision.verdict is Verdict.KEEP and decision.problems
    with pytest.raises(EvidenceError, match="needs the verdict adopt"):
        book.launch(decision)
