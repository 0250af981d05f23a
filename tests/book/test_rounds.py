"""B2: a script run again goes on; roles come from the baseline."""

from __future__ import annotations

import pytest

from tunebook.book.exploration import explore
from tunebook.book.notebook import Book
from tunebook.domain.design import Round
from tunebook.domain.errors import DesignError, PlanDiffersError, TrainingCodeError
from tunebook.domain.formats.spelling import log_uniform, maximize, minimize, uniform
from tunebook.domain.trial import Status

QUIET = {"workers": 0, "progress": False}


def test_the_same_plan_is_the_same_round(book, rates, train):
    first = book.round("Which rate?", nuisance=rates, trials=4, max_train_steps=40)
    first.run(train, **QUIET)
    again = book.round("Which rate?", nuisance=rates, trials=4, max_train_steps=40)
    summary = again.run(train, **QUIET)
    assert (again.number, len(book.rounds), summary.ran) == (1, 1, 0)


def test_more_trials_extend_it_and_keep_what_is_there(book, rates, train):
    first = book.round("Which rate?", nuisance=rates, trials=4, max_train_steps=40)
    first.run(train, **QUIET)
    before = {t.name: (dict(t.config), t.seed) for t in first.trials}
    more = book.round("Which rate?", nuisance=rates, trials=7, max_train_steps=40)
    assert more.run(train, **QUIET).ran == 3
    after = {t.name: (dict(t.config), t.seed) for t in more.trials}
    assert {name: after[name] for name in before} == before


def test_another_plan_under_one_goal_is_refused_and_shown(book, rates):
    book.round("Which rate?", nuisance=rates, trials=4, max_train_steps=40)
    with pytest.raises(PlanDiffersError, match=r"max_train_steps: 40 -> 80"):
        book.round("Which rate?", nuisance=rates, trials=4, max_train_steps=80)


def test_a_round_is_never_cut(book, rates):
    book.round("Which rate?", nuisance=rates, trials=4, max_train_steps=40)
    with pytest.raises(DesignError, match="extended, never cut; round 1 has 4 trials, got 3"):
        book.round("Which rate?", nuisance=rates, trials=3, max_train_steps=40)


def test_what_has_no_role_is_fixed_at_the_baseline(launched, rates):
    asked = launched.round("Which rate?", nuisance=rates, trials=4, max_train_steps=40)
    assert dict(asked.plan.fixed) == {"optimizer": "nesterov"}


def test_a_later_launch_does_not_change_an_older_round(launched, rates, train):
    asked = launched.round("Which rate?", nuisance=rates, trials=8, max_train_steps=40)
    asked.run(train, **QUIET)
    launched.launch(asked.decide(train, max_reruns=8, **QUIET))
    first = launched.round("Does it learn?", fixed={"optimizer": "nesterov", "learning_rate": 1e-3},
                           trials=4, max_train_steps=40)  # fmt: skip
    assert first.number == 1
    again = launched.round("Which rate?", nuisance=rates, trials=8, max_train_steps=40)
    assert again.number == asked.number


def test_an_unknown_attribute_of_a_plan_is_refused(book, rates):
    with pytest.raises(TypeError, match="unexpected keyword argument 'max_steps'"):
        book.round("q", nuisance=rates, trials=4, max_train_steps=40, max_steps=3)


def test_a_new_book_needs_an_objective(tmp_path):
    with pytest.raises(DesignError, match="a new book has an objective"):
        Book(tmp_path / "new.db")
    assert not (tmp_path / "new.db").exists()


def test_a_book_keeps_its_objective(tmp_path):
    Book(tmp_path / "b.db", objective=minimize("loss")).close()
    with pytest.raises(DesignError, match="a book keeps its objective"):
        Book(tmp_path / "b.db", objective=maximize("accuracy"))
    with Book(tmp_path / "b.db") as book:
        assert book.objective == minimize("loss")


def test_without_training_code_a_round_says_what_to_pass(book, rates):
    asked = book.round("q", nuisance=rates, trials=4, max_train_steps=40)
    with pytest.raises(TrainingCodeError, match="remembers no training function"):
        asked.run()
    assert asked.trials == ()


def test_an_unread_hyperparameter_is_a_finding(book, rates):
    def ignores(trial):
        return 0.1 + 0.001 * (trial.seed % 7)

    asked = book.round(
        "q", nuisance={**rates, "weight_decay": uniform(0, 1)}, trials=4, max_train_steps=4
    )
    asked.run(ignores, **QUIET)
    unread = [f for f in asked.examination().findings if f.check == "B2"]
    assert {f.subject for f in unread} == {"learning_rate", "weight_decay"}
    assert all(f.severity == "problem" for f in unread)


def test_a_crash_is_the_trials_fate_never_the_rounds(book, rates, train):
    def sometimes(trial):
        if trial.config["learning_rate"] > 0.1:
            raise ValueError("too large for this network")
        train(trial)

    asked = book.round("q", nuisance=rates, trials=12, max_train_steps=10)
    asked.run(sometimes, **QUIET)
    crashed = [t for t in asked.trials if t.status is Status.INFEASIBLE]
    assert crashed and all(t.config["learning_rate"] > 0.1 for t in crashed)
    assert all("too large for this network" in t.detail for t in crashed)


def test_next_round_is_a_file_that_runs_as_it_is(book, train, tmp_path):
    asked = book.round("Which rate?", nuisance={"learning_rate": log_uniform(1e-5, 3e-3)},
                       trials=24, max_train_steps=40)  # fmt: skip
    asked.run(train, **QUIET)
    proposal = asked.next_round()
    assert any("C1" in c.check for c in proposal.changes), proposal.changes
    wider = book.plan_round(proposal.plan)
    assert wider.number == 2
    assert wider.plan.nuisance["learning_rate"].high > 3e-3
    text = proposal.write(tmp_path / "next.toml").read_text("utf-8")
    assert "C1" in text and "because" in text


def test_explore_is_a_book_and_a_round(tmp_path, train, rates, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = explore(
        train, rates, objective=minimize("loss"), trials=4, max_train_steps=10, workers=0
    )
    assert len(found.table()) == 4
    more = explore(
        train, rates, objective=minimize("loss"), trials=6, max_train_steps=10, workers=0
    )
    assert (more.number, len(more.table())) == (1, 6)
    other = explore(train, {"learning_rate": uniform(0.01, 1)}, objective=minimize("loss"),
                    trials=4, max_train_steps=10, workers=0)  # fmt: skip
    assert other.number == 2


def test_what_people_see_of_a_round(launched):
    first = launched.rounds[0]
    assert "Does it learn?" in repr(first)
    assert "Does it learn?" in first._repr_html_()
    assert "Does it learn?" in repr(launched)
    assert launched._repr_html_().startswith("<")


def test_a_difference_is_shown_as_a_round_file_has_it(book, rates):
    book.round("Which rate?", nuisance=rates, trials=4, max_train_steps=40)
    with pytest.raises(PlanDiffersError) as caught:
        book.round("Which rate?", nuisance={"learning_rate": uniform(0, 1)}, fixed={"x": 1},
                   trials=4, max_train_steps=40)  # fmt: skip
    said = caught.value.rule
    assert 'nuisance.learning_rate: { low = 0.001, high = 1.0, scale = "log" } -> ' in said
    assert "fixed.x: none -> 1" in said and "mappingproxy" not in said


def test_a_plan_of_a_file_takes_over_the_baselines_values(launched, rates):
    plan = Round(goal="Which rate?", nuisance=rates, trials=4, max_train_steps=40)
    assert launched.plan_round(plan).plan.fixed == {"optimizer": "nesterov"}
    assert launched.plan_round(plan).number == 2


def test_a_value_that_could_not_be_read_back_leaves_the_book_as_it_was(book, rates):
    with pytest.raises(DesignError, match="note is a text"):
        book.round("Which rate?", nuisance=rates, trials=4, max_train_steps=40, note=5)
    assert book.rounds == ()


def test_constraints_may_be_texts(book, rates):
    made = book.round("q?", nuisance=rates, trials=4, max_train_steps=40,
                      subject_to=["learning_rate <= 0.5"])  # fmt: skip
    assert made.plan.subject_to[0].right == 0.5


def test_constraints_that_nothing_satisfies_make_no_round(book, rates):
    with pytest.raises(DesignError, match="refuses"):
        book.round("q?", nuisance=rates, trials=4, max_train_steps=40,
                   subject_to=["learning_rate < 0.0001"])  # fmt: skip
    assert book.rounds == ()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"objective": "minimize:loss"}, "an objective is a metric and which way is better"),
        ({"chance": float("nan")}, "chance is a finite number"),
        ({"training_objective": 4}, "training_objective is a text"),
    ],
)
def test_a_book_that_would_not_open_is_not_made(tmp_path, more, said):
    with pytest.raises(DesignError, match=said):
        Book(tmp_path / "new.db", **{"objective": minimize("loss"), **more})
    assert not list(tmp_path.iterdir())


def test_an_objective_that_differs_is_shown_in_words(book, tmp_path):
    with pytest.raises(DesignError, match=r'has "minimize:loss".* got "maximize:loss"'):
        Book(tmp_path / "bowl.db", objective=maximize("loss"))


def test_a_space_without_hyperparameters_is_nothing_to_explore(tmp_path, train):
    with pytest.raises(DesignError, match="at least one hyperparameter"):
        explore(train, {}, objective=minimize("loss"), book=tmp_path / "e.db", workers=0)
    assert not list(tmp_path.iterdir())


def reporting(trial):
    trial.report(0, {"loss": 1.0, "train/loss": 0.5})


def test_a_direction_before_the_training_objective_is_dropped(tmp_path):
    with Book(tmp_path / "t.db", objective=minimize("loss"),
              training_objective="minimize:train/loss") as book:  # fmt: skip
        asked = book.round("q?", fixed={"lr": 0.1}, trials=2, max_train_steps=1)
        asked.run(reporting, workers=0, progress=False)
        assert asked.table().training_objective == "train/loss"
    with pytest.raises(DesignError, match='Did you mean "minimize"'):
        Book(tmp_path / "u.db", objective=minimize("loss"), training_objective="minimise:train/l")
    assert not (tmp_path / "u.db").exists()


def test_a_training_objective_that_no_trial_reported_is_corrected(tmp_path, capsys):
    with Book(tmp_path / "t.db", objective=minimize("loss"), training_objective="train_loss") as b:
        asked = b.round("q?", fixed={"lr": 0.1}, trials=2, max_train_steps=1)
        asked.run(reporting, workers=0, progress=False)
    with Book(tmp_path / "t.db", training_objective="train/loss") as b:
        assert b.rounds[0].table().training_objective == "train/loss"
    assert 'now "train/loss"' in capsys.readouterr().err
    with pytest.raises(DesignError, match="keeps its training_objective"):
        Book(tmp_path / "t.db", training_objective="valid/loss")
