"""Instability on valleys whose curvature is known, and what bad input gets (H1 to H5)."""

from __future__ import annotations

import functools

import pytest

from tunebook.domain.errors import DesignError
from tunebook.domain.finding import Severity
from valleys import ASKED, CURVATURE, flattening, lucky, narrow, wide


def finding(found, check: str):
    return next(f for f in found.findings if f.check == check)


def stages(found) -> dict[str, int]:
    return {s["stage"]["name"]: s["round"] for s in found.data()["stages"] if s["round"]}


def test_a_narrow_valley_is_found_unstable_where_it_is(narrow_book, ask):
    found = ask(narrow_book)
    edge = 2 / CURVATURE
    assert found.answer["verdict"] == "unstable"
    assert edge < found.answer["unstable_learning_rate"] <= 4 * edge
    assert found.answer["best_learning_rate"] < edge
    assert finding(found, "H1").severity is Severity.PROBLEM
    assert finding(found, "H2").severity is Severity.PROBLEM
    # No warm-up helps against a curvature that stays: said with the rates that were tried.
    assert "No warm-up of up to 6 steps" in finding(found, "H3").sentence
    assert "at 10 times" in finding(found, "H3").sentence
    assert {"warm-up to 10x", "warm-up to 3x", "warm-up to 1x"} <= set(stages(found))
    assert "Tried: warm-up (does not help)" in finding(found, "H5").sentence


def test_a_sweep_that_took_too_low_a_rate_is_mended_just_above(new_book, ask):
    found = ask(new_book(), lucky, seed=13)
    above = [r.plan.points for r in new_book().rounds if "just above" in r.goal]
    first = [p["learning_rate"] for p in above[0]]
    # Four times the sweep's best is still stable, and clearly better.
    assert max(first) < 2 / CURVATURE and len(above) > 1
    assert above[1][0]["learning_rate"] in first[1:]
    assert found.answer["best_learning_rate"] > first[0]
    assert found.answer["verdict"] == "unstable"


def test_the_threshold_is_the_90th_percentile_and_is_tried(narrow_book, ask):
    book = narrow_book
    found = ask(book)
    table = book.rounds[stages(found)["just above"] - 1].table()
    best = [
        i
        for i, c in enumerate(table.config)
        if c["learning_rate"] == found.answer["best_learning_rate"]
    ]
    norms = sorted(v for i in best for v in table.curves["train/grad_norm"].of(i)[1])
    below = sum(n <= found.answer["clipping_threshold"] for n in norms) / len(norms)
    assert below == pytest.approx(0.9, abs=0.01)
    clip = book.rounds[stages(found)["clip at 90 %"] - 1]
    assert clip.plan.points[0]["clip_norm"] == found.answer["clipping_threshold"]
    # Clipping at what is typical of a lower rate clips nearly every update here: that is told.
    assert "More than half of the updates are clipped" in finding(found, "H4").sentence


def test_a_wide_valley_is_left_alone(new_book, ask):
    found = ask(new_book(), wide)
    assert found.answer["verdict"] == "stable"
    assert found.proposal is None and found.left == ()
    assert all(p.alt for p in found.pictures)
    assert {f.severity for f in found.findings} == {Severity.PASS}
    # The highest rate of the sweep is as good as any, so that higher ones are swept too.
    assert list(stages(found)) == [
        "first trial", "sweep", "sweep moved 1", "just above", "first steps",
    ]  # fmt: skip


def test_what_helps_is_proposed_as_a_round_that_runs(narrow_book, ask):
    book = narrow_book
    plan = ask(book).proposal.plan
    assert plan.scientific["clip_norm"].values[0] == 0.0
    assert plan.nuisance["learning_rate"].high > 2 / CURVATURE
    assert "clip_norm = { choice = [0.0" in ask(book).proposal.toml()
    made = book.plan_round(plan)
    made.run(narrow, workers=0, progress=False)
    assert all(t.status.ended for t in made.trials)
    assert ask(book).finished


def test_a_warm_up_is_found_where_one_works(new_book, ask):
    book = new_book()
    found = ask(book, flattening, max_train_steps=400, learning_rates=(1e-4, 1.0))
    assert found.answer["verdict"] == "unstable"
    length, rate = found.answer["warmup_steps"], found.answer["warmup_learning_rate"]
    assert rate == pytest.approx(10 * found.answer["unstable_learning_rate"])
    whole = book.rounds[stages(found)["whole at 10x"] - 1]
    assert whole.plan.max_train_steps == 400 + length, "its steps are added"
    assert "A warm-up of" in finding(found, "H3").sentence
    tried = book.rounds[stages(found)["warm-up to 10x"] - 1]
    assert max(p["warmup_steps"] for p in tried.plan.points) == 40, "at most a tenth of the steps"
    assert "warmup_steps" in found.proposal.plan.scientific
    assert all(p.alt for p in found.pictures)


def without(trial, *, train, metric: str) -> None:
    """The same training, which does not report one metric."""
    report = trial.report
    trial.report = lambda step, metrics: report(
        step, {k: v for k, v in metrics.items() if k != metric}
    )
    train(trial)


def test_norms_that_are_not_reported_are_said_with_the_line_to_add(new_book, ask, capsys):
    book = new_book()
    found = ask(book, functools.partial(without, train=narrow, metric="train/grad_norm"))
    told = finding(found, "H4")
    assert told.sentence.startswith("Not enough evidence for a clipping threshold")
    assert (
        'trial.report(step, {"train/grad_norm": tb.gradient_norm(model.parameters())})'
        in told.sentence
    )
    assert found.answer["verdict"] == "unstable" and found.answer["clipping_threshold"] is None
    assert not any(name.startswith("clip") for name in stages(found))


def test_norms_that_are_missing_are_said_after_the_first_trial(new_book, capsys):
    seen = []

    def stopped(trial):
        seen.append(trial.name)
        if len(seen) == 2:
            raise KeyboardInterrupt
        without(trial, train=narrow, metric="train/grad_norm")

    with pytest.raises(KeyboardInterrupt):
        new_book().procedure("instability", stopped, workers=0, **ASKED)
    assert "tb.gradient_norm(model.parameters())" in capsys.readouterr().err


def test_a_loss_that_is_not_reported_ends_it_after_one_trial(new_book, ask):
    book = new_book()
    found = ask(book, narrow, loss="train/los")
    assert found.finished and len(book.rounds) == 1 and len(book.rounds[0].trials) == 1
    assert 'does not report "train/los"' in found.sentence
    assert 'Did you mean "train/loss"?' in found.sentence


def test_training_that_crashes_at_once_ends_it_after_one_trial(new_book, ask):
    def crashes(trial):
        raise RuntimeError("no such file: digits.npz")

    book = new_book()
    found = ask(book, crashes)
    assert found.finished and len(book.rounds) == 1
    assert "The first trial reported nothing: crashed" in found.sentence


def test_a_best_rate_at_the_edge_moves_the_sweep(new_book, ask):
    book = new_book()
    found = ask(book, narrow, learning_rates=(1e-5, 2e-3))
    moved = [n for n in stages(found) if n.startswith("sweep")]
    assert moved[:2] == ["sweep", "sweep moved 1"]
    assert found.answer["verdict"] == "unstable"


@pytest.mark.slow
def test_a_best_rate_that_is_far_away_is_not_followed_forever(new_book, ask):
    found = ask(new_book(), narrow, learning_rates=(1e-9, 1e-7))
    assert [n for n in stages(found) if n.startswith("sweep")] == [
        "sweep",
        "sweep moved 1",
        "sweep moved 2",
    ]
    assert "edge of all that was swept" in finding(found, "H1").sentence


def test_rates_that_hardly_any_train_are_not_enough(new_book, ask):
    found = ask(new_book(chance=0.9), narrow, learning_rates=(0.5, 50.0))
    assert found.finished
    assert found.sentence.startswith("Not enough evidence: fewer than five")
    assert all(p.alt for p in found.pictures)


def deaf(trial) -> None:
    """Training that never reads the warm-up or the threshold."""

    class Config(dict):
        pass

    heard = {"learning_rate": trial.config["learning_rate"], "warmup_steps": 0, "clip_norm": 0.0}
    narrow(type("Handle", (), {
        "config": heard, "seed": trial.seed, "max_train_steps": trial.max_train_steps,
        "report": trial.report, "evaluate_at": trial.evaluate_at,
    })())  # fmt: skip


def test_a_remedy_that_training_never_reads_is_not_called_tried(new_book, ask):
    found = ask(new_book(), deaf)
    assert 'training never read "warmup_steps"' in finding(found, "H3").sentence
    assert 'training never read "clip_norm"' in finding(found, "H4").sentence
    assert "warm-up to 3x" not in stages(found), "no more is spent on it"
    assert "Tried: nothing" in finding(found, "H5").sentence


@pytest.mark.slow
def test_seeds_that_differ_are_trained_twice_as_often_and_may_stay_open(new_book, ask):
    def wavering(trial):
        """One seed in four fails above the best rate, as a hash of the seed has it."""
        steep = trial.config["learning_rate"] > 0.3 and trial.seed % 4 == 0
        (narrow if steep else wide)(trial)

    found = ask(new_book(), wavering, seed=3)
    just = found.data()["stages"][4]
    assert just["stage"]["name"] == "just above"
    assert just["ended"] in (15, 30)
    if just["ended"] == 30 and found.answer["verdict"] != "unstable":
        assert found.sentence.startswith(("Not enough evidence", "Instability does not"))


def test_hyperparameters_go_by_the_names_that_training_has(new_book):
    def renamed(trial):
        config = {"learning_rate": trial.config["optim.lr"], "warmup_steps": trial.config["optim.warmup"],
                  "clip_norm": trial.config["clip"]}  # fmt: skip
        narrow(type("Handle", (), {
            "config": config, "seed": trial.seed, "max_train_steps": trial.max_train_steps,
            "report": trial.report, "evaluate_at": trial.evaluate_at,
        })())  # fmt: skip

    names = {"learning_rate": "optim.lr", "warmup_steps": "optim.warmup", "clip_norm": "clip"}
    fixed = {"optim.warmup": 0, "clip": 0.0, "width": 8}
    book = new_book()
    found = book.procedure("instability", renamed, workers=0, progress=False,
                           **{**ASKED, "names": names, "fixed": fixed})  # fmt: skip
    assert found.answer["verdict"] == "unstable"
    assert {"optim.lr", "optim.warmup", "clip", "width"} == set(book.rounds[-1].trials[0].config)
    assert found.finished


def test_the_baseline_answers_what_is_left_out(new_book, ask):
    book = new_book(chance=10.0)
    first = book.round("Does it learn?", trials=4, max_train_steps=50,
                       fixed={"learning_rate": 0.01, "warmup_steps": 0, "clip_norm": 0.0})  # fmt: skip
    first.run(wide, workers=0, progress=False)
    book.launch(first.decide(wide, max_reruns=4, workers=0, progress=False))
    asked = book.procedure("instability", run=False).asked
    assert asked.learning_rates == pytest.approx((1e-4, 1.0))
    assert asked.max_train_steps == 50
    assert asked.loss == "train/loss"
    with pytest.raises(DesignError, match="lowest and a highest"):
        book.procedure("instability", run=False, learning_rates=(1.0, 0.1))
    with pytest.raises(DesignError, match="at least 5"):
        book.procedure("instability", run=False, seeds=2)
    with pytest.raises(DesignError, match="learning_rates"):
        book.procedure("instability", run=False, learning_rates=0.1)
