"""The procedure optimizers: what it plans, says and flags, and what it refuses to say."""

from __future__ import annotations

import pytest

import noisy_bowl as bowl
import tunebook as tb
from tunebook.domain.errors import DesignError
from tunebook.domain.finding import Severity
from tunebook.domain.space import Float, Per, Scale
from tunebook.procedures.optimizers.arguments import OptimizersArguments
from tunebook.procedures.optimizers.procedure import PROCEDURE
from tunebook.procedures.optimizers.spaces import first_space
from tunebook.procedures.steps.tuned_sweep import MOVES


def ask(book, train=bowl.train, **more):
    args = {**bowl.SHORT, **more}
    said = book.procedure("optimizers", train, workers=0, progress=False, **args)
    assert all(p.alt for p in said.pictures)
    return said


def args(**more) -> OptimizersArguments:
    """Arguments as settled."""
    return OptimizersArguments(procedure="optimizers", question="?", **{**bowl.SHORT, **more})


def findings(said, check: str):
    return [f for f in said.findings if f.check == check]


PINNED = {"adam": {"epsilon": 10.0, "beta1": 0.0}}


@pytest.fixture(scope="module")
def pinned(tmp_path_factory):
    """Adam with epsilon and beta1 pinned badly, against a tuned momentum, and SGD beside them."""
    path = tmp_path_factory.mktemp("pinned") / "book.db"
    with tb.Book(path, objective=tb.minimize("valid/loss")) as book:
        said = ask(book, optimizers=("momentum", "adam", "sgd"), spaces=PINNED, trials=32, seeds=8)
        yield book, said


def test_adam_with_epsilon_and_beta1_pinned_badly_loses_and_is_flagged(pinned):
    _, said = pinned
    assert said.finished
    flags = findings(said, "G2")
    assert "optimizer=adam" in [f.subject for f in flags]
    flag = next(f for f in flags if f.subject == "optimizer=adam")
    assert flag.severity is Severity.WARNING
    assert "epsilon and beta1 were each held at one value" in flag.sentence
    assert "is not decided" in said.sentence
    assert said.answer["best"] is None and "adam" in said.answer["flagged"]
    assert said.answer["mean of adam"] > said.answer["mean of momentum"]


def test_it_proposes_the_space_that_holds_what_beat_it(pinned):
    _, said = pinned
    plan = said.proposal.plan
    assert "Does adam still lose to" in plan.goal
    rates = plan.nuisance["learning_rate_over_epsilon"]
    assert isinstance(rates, Per) and rates.under("adam") is not None
    assert plan.fixed["width"] == 20
    assert any("adam" in c.key and c.check == "G2" for c in said.proposal.changes)


def test_with_the_space_open_nothing_is_flagged(new_book):
    said = ask(new_book(), trials=32, seeds=8, inclusive=True)
    assert not findings(said, "G2")
    assert said.finished and said.answer["flagged"] is None


def test_every_optimizer_has_as_many_trials_and_none_has_what_it_lacks(pinned):
    book, _ = pinned
    search = book.rounds[0]
    for name in ("momentum", "adam", "sgd"):
        own = [t for t in search.trials if t.config["optimizer"] == name]
        assert len(own) == 32
        has = set().union(*(t.config for t in own))
        assert ("momentum" in has) == (name == "momentum")
        assert ("beta1" in has) == (name == "adam")
        assert "width" in has
    assert {t.config["epsilon"] for t in search.trials if "epsilon" in t.config} == {10.0}


def test_fresh_seeds_chose_nothing_and_are_of_the_best(pinned):
    book, said = pinned
    confirm = book.rounds[-1]
    searched = {t.seed for r in book.rounds[:-1] for t in r.trials}
    assert not searched & {t.seed for t in confirm.trials}
    assert len(confirm.trials) == 24
    table = book.rounds[0].table()
    losses = [v if c["optimizer"] == "momentum" else 9e9
              for v, c in zip(table.value, table.config, strict=True)]  # fmt: skip
    best = table.config[losses.index(min(losses))]
    rerun = {dict(t.config)["learning_rate"] for t in confirm.trials
             if t.config["optimizer"] == "momentum"}  # fmt: skip
    assert rerun == {best["learning_rate"]}
    shown = next(p for p in said.pictures if p.name == "optimizers-fresh-seeds")
    assert len(shown.layer("seeds").rows) == 24


def test_its_tables_are_those_of_a_paper(pinned):
    _, said = pinned
    verdict, budgets = said.tables
    assert verdict.columns[:3] == ("optimizer", "rank", "mean")
    assert {row[0] for row in verdict.rows} == {"momentum", "adam", "sgd"}
    assert budgets.columns[-3] == "n = 32"
    assert "| momentum |" in budgets.markdown()
    assert "n = 32" in repr(said) and "n = 32" in said._repr_html_()


def test_the_report_has_tables_and_pictures(pinned, tmp_path):
    book, said = pinned
    page = book.report(tmp_path / "report.html").read_text("utf-8")
    assert "n = 32" in page and 'data-picture="procedure-1-1"' in page
    assert said.sentence.split(".")[0] in page.replace("&#39;", "'")


def test_a_clear_winner_is_said_and_its_space_is_proposed(new_book):
    own = {"good": {"learning_rate": tb.log_uniform(0.05, 0.5)},
           "bad": {"learning_rate": tb.log_uniform(1e-6, 1e-4)}}  # fmt: skip

    def train(trial):
        config = {**trial.config, "optimizer": "sgd"}
        bowl.train(_As(trial, config))

    said = ask(new_book(), train, optimizers=("good", "bad"), spaces=own, trials=12, seeds=10)
    assert said.sentence.startswith("good trains best here after 12 trials of each")
    assert said.answer["best"] == "good" and not findings(said, "G2")
    assert said.tables[0].rows[0][:2] == ("good", "1")
    assert said.proposal.plan.fixed["optimizer"] == "good"
    assert said.proposal.plan.nuisance.keys() == {"learning_rate"}


class _As:
    """A trial whose optimizer is called otherwise in training."""

    def __init__(self, trial, config):
        self.config, self.seed, self.report = config, trial.seed, trial.report
        self.max_train_steps = trial.max_train_steps


def test_a_space_that_is_cut_off_is_widened_and_the_others_keep_their_trials(new_book):
    narrow = {"momentum": {"learning_rate": tb.log_uniform(2e-3, 4e-2), "momentum": 0.5}}
    book = new_book()
    said = ask(book, spaces=narrow, trials=24)
    moved = [r for r in book.rounds if "moved" in r.goal]
    assert 1 <= len(moved) <= MOVES
    assert {t.config["optimizer"] for t in moved[0].trials} == {"momentum"}
    axis = moved[0].plan.nuisance["learning_rate"].under("momentum")
    assert axis.high > 4e-2 and axis.low == 2e-3 and axis.scale is Scale.LOG
    budgets = {row[0]: row[-2] for row in said.tables[-1].rows}
    assert budgets["momentum"] == f"24 (+{24 * len(moved)} in spaces left)"
    assert budgets["adam"] == "24"
    # What was compared, and run with fresh seeds, is of the last space alone.
    rates = {t.config["learning_rate"] for t in moved[-1].trials}
    confirmed = [t for t in book.rounds[-1].trials if t.config["optimizer"] == "momentum"]
    assert {t.config["learning_rate"] for t in confirmed} <= rates


def test_what_is_told_of_those_behind_the_first_is_said_too(new_book):
    own = {
        name: {"learning_rate": tb.log_uniform(low, 2 * low)}
        for name, low in (("one", 0.2), ("two", 0.25), ("third", 0.002))
    }

    def train(trial):
        bowl.train(_As(trial, {**trial.config, "optimizer": "sgd"}))

    said = ask(new_book(), train, optimizers=("one", "two", "third"), spaces=own, trials=24,
               seeds=10)  # fmt: skip
    assert said.sentence.startswith("Not enough evidence which is best")
    assert "one and two do not differ significantly" in said.sentence
    assert said.sentence.endswith(
        "one is better than third. Of the others, two is better than third."
    )
    assert {row[0]: row[3] for row in said.tables[0].rows} == {
        "one": "third", "two": "third", "third": "-",
    }  # fmt: skip


def test_two_trainings_that_are_the_same_are_not_told_apart(new_book):
    same = {"learning_rate": tb.log_uniform(0.01, 1.0)}

    def train(trial):
        bowl.train(_As(trial, {**trial.config, "optimizer": "sgd"}))

    said = ask(new_book(), train, optimizers=("one", "other"), trials=16,
               spaces={"one": same, "other": same})  # fmt: skip
    assert said.sentence.startswith("Not enough evidence which is best")
    assert said.answer["best"] is None and said.proposal is None


def test_a_budget_that_is_too_small_says_so(new_book):
    said = ask(new_book(), trials=4, seeds=3)
    assert "Not enough evidence" in said.sentence
    (edges,) = [f for f in findings(said, "C1") if f.severity is Severity.NOTE]
    assert "judged from 10 complete trials" in edges.sentence
    assert edges.remedy.values == {"trials": 12}


def test_an_optimizer_that_the_framework_lacks_is_left_out_with_its_cause(new_book):
    """optax has no SOAP: the adapter says so in every trial of it."""
    said = ask(new_book(), optimizers=("momentum", "soap", "adam"), trials=12)
    (lacking,) = [f for f in said.findings if f.severity is Severity.PROBLEM]
    assert lacking.subject == "optimizer=soap"
    assert "None of the 12 trials of soap completed (12 crashed" in lacking.sentence
    assert "SOAP" in lacking.sentence and "leave it out" in lacking.sentence
    assert "mean of adam" in said.answer and "mean of soap" not in said.answer
    assert said.tables[-1].rows[-1][0] == "soap"
    assert not [f for f in findings(said, "C2") if "soap" in f.sentence]


def test_no_optimizer_that_trains_leaves_nothing_to_compare(new_book):
    def never(trial):
        raise RuntimeError("no")

    said = ask(new_book(), never, trials=4)
    assert said.finished
    assert said.sentence.startswith("Not enough evidence: no optimizer trained")
    assert len([f for f in said.findings if f.severity is Severity.PROBLEM]) == 2


def test_what_training_never_reads_is_told(new_book):
    def deaf(trial):
        rate = trial.config["learning_rate"]
        bowl.train(_As(trial, {"optimizer": trial.config["optimizer"], "learning_rate": rate}))

    said = ask(new_book(), deaf, trials=12)
    (unread,) = [f for f in said.findings if "never read" in f.sentence]
    assert "momentum" in unread.sentence and unread.severity is Severity.WARNING


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"optimizers": ("momentum", "adm")}, 'Did you mean "adam"'),
        ({"optimizers": ("adam",)}, "two optimizers or more"),
        ({"optimizers": ("adam", "adam")}, '"adam" is named twice'),
        ({"optimizers": ("adam", "soap"), "framework": "optax"}, "optax"),
        ({"framework": "jax"}, "framework"),
        ({"spaces": {"nadam": {"epsilon": 1.0}}}, "not compared"),
        ({"spaces": {"adam": {"epsilo": 1.0}}}, 'Did you mean "epsilon"'),
        ({"optimizers": ("adam", "mine"), "spaces": {"mine": {"rate": 1.0}}}, "no range to tune"),
        ({"nuisance": {"beta1": tb.uniform(0, 1)}}, "belongs to some"),
        ({"trials": 3}, "trials is a whole number of at least 4"),
        ({"seeds": 2}, "seeds is a whole number of at least 3"),
    ],
)
def test_what_makes_no_sense_is_told_before_anything_runs(new_book, wrong, words):
    with pytest.raises(DesignError, match=words):
        ask(new_book(), **wrong)
    assert new_book().rounds == ()


def test_spaces_are_the_catalogues_but_for_what_a_person_says():
    plain = first_space(args(trials=16), "adam")
    assert plain.varied.keys() == {"learning_rate", "beta1"}
    assert plain.held == {"epsilon": 1e-8, "beta2": 0.999}
    own = first_space(
        args(trials=16, spaces={"adam": {"beta1": 0.5, "beta2": tb.near_one(0.9, 0.99)}}), "adam"
    )
    assert own.varied.keys() == {"learning_rate", "beta2"} and own.held["beta1"] == 0.5
    opened = first_space(args(trials=16, inclusive=True), "adam")
    assert opened.varied.keys() == {"learning_rate_over_epsilon", "epsilon", "beta1"}
    shut = first_space(args(inclusive=True, spaces={"adam": {"epsilon": 1e-8}}), "adam")
    assert "learning_rate" in shut.varied and shut.held["epsilon"] == 1e-8


def test_the_configuration_counts_for_its_own_optimizer_alone():
    fixed = {"optimizer": "adam", "epsilon": 1e-3, "weight_decay": 0.1, "width": 20}
    more = args(fixed=fixed, optimizers=("adam", "nadam", "adamw"))
    assert first_space(more, "adam").held["epsilon"] == 1e-3
    assert first_space(more, "nadam").held["epsilon"] == 1e-8
    assert first_space(more, "nadam").held["weight_decay"] == 0.1
    assert isinstance(first_space(more, "adamw").varied["weight_decay"], Float)


def test_names_and_nuisance_go_into_every_round():
    more = args(names={"learning_rate": "optim.lr", "optimizer": "optim.name"},
                 fixed={"optim.name": "adam"}, nuisance={"dropout": tb.uniform(0, 0.5)})  # fmt: skip
    plan = PROCEDURE.next_round(more, {}, PROCEDURE.read(more, {}, ()))
    assert plan is not None
    assert {"optim.lr", "dropout"} <= plan.nuisance.keys()
    assert plan.scientific.keys() == {"optim.name"}


def test_the_command_line_asks_for_it(tmp_path, monkeypatch):
    """Arguments of the shell: a list of names, and a table of spaces."""
    from click.testing import CliRunner

    from tunebook.cli import group

    monkeypatch.chdir(tmp_path)
    tb.Book(tmp_path / "b.db", objective=tb.minimize("valid/loss")).close()
    told = CliRunner().invoke(
        group,
        ["procedure", "optimizers", "--plan", "--set", 'optimizers=["sgd", "adam"]', "--set",
         "max_train_steps=100", "--set", "trials=12", "--set",
         'spaces={adam={epsilon=1e-3, learning_rate={low=1e-4, high=1.0, scale="log"}}}'],
    )  # fmt: skip
    assert told.exit_code == 0, told.output
    assert "up to 24 trials" in told.output
