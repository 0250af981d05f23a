"""D7: a sealed metric is nowhere to be seen; a look opens what is there, and is on record."""

from __future__ import annotations

import json
import math
import re

import pytest

from tunebook.book.files.exporting import export
from tunebook.book.notebook import Book
from tunebook.charts.render import to_svg
from tunebook.charts.script import script_bundle
from tunebook.domain.errors import DesignError, EvidenceError, TableError
from tunebook.domain.formats.spelling import choice, log_uniform, minimize
from tunebook.report.notebook.views import round_html
from tunebook.report.sealed import contamination, opened_results, sealing_lines

QUIET = {"workers": 0, "progress": False}
SEALED = "exam/secret"
SECRET = 0.7654321
"""Reported as the test metric, with the seed's own digits behind."""


def train(trial) -> None:
    worse = 0.001 if trial.config["optimizer"] == "b" else 0.0
    loss = 0.3 + worse + 0.05 * math.log10(trial.config["learning_rate"] / 0.03) ** 2
    for step in range(trial.max_train_steps):
        if trial.evaluate_at(step):
            trial.report(step, {"loss": loss + 0.1 / (step + 1) + 1e-9 * (trial.seed % 97),
                                "train/loss": loss, SEALED: SECRET + 1e-9 * trial.number})  # fmt: skip
    if trial.config["learning_rate"] > 0.1:
        print(f"{SEALED} was {SECRET}")
        trial.report(trial.max_train_steps, {SEALED: "0.7654321 %"})


@pytest.fixture
def sealed(tmp_path):
    with Book(tmp_path / "s.db", objective=minimize("loss"), chance=0.9,
              training_objective="train/loss", test_metrics=(SEALED,)) as book:  # fmt: skip
        yield book


def one_round(book, goal="Which rate?", trials=10):
    asked = book.round(goal, scientific={"optimizer": choice("a", "b")},
                       nuisance={"learning_rate": log_uniform(1e-3, 1)}, trials=trials,
                       max_train_steps=20)  # fmt: skip
    asked.run(train, **QUIET)
    return asked


def everything_shown(book, folder):
    """Every text that a person can get out of a book, by where it is got."""
    asked = book.rounds[-1]
    files = export(book, folder / "files", pictures="svg")
    book.report(folder / "book.html")
    asked.report(folder / "round.html")
    texts = {p.name: p.read_text("utf-8") for p in files}
    texts |= {n: (folder / n).read_text("utf-8") for n in ("book.html", "round.html")}
    texts |= {
        "book repr": repr(book),
        "book notebook": book._repr_html_(),
        "round repr": repr(asked),
        "round notebook": round_html(book.record(), asked.number),
        "findings": repr(asked.findings()),
        "findings notebook": asked.findings()._repr_html_(),
        "pictures": " ".join(to_svg(p) + repr(p) for p in asked.pictures()),
        "records": repr(asked.trials) + repr(asked.record().details) + repr(asked.record().output_tails),
        "next": book.next_round().toml(),
        "tables": repr(list(asked.table().curves)) + repr(list(asked.rerun_table().curves)),
        "values": repr(asked.values()),
        "history": repr(book.history()) + json.dumps(book.history().data()),
        "protocol": book.protocol().markdown + book.protocol().latex,
    }  # fmt: skip
    return {where: text.replace(script_bundle(), "") for where, text in texts.items()}


def leaks(texts, *, named=()):
    """Places where the values are, or the name where it may not stand."""
    # Of a time in Unix seconds the fraction may be anything.
    value = re.compile(r"(?<!\d)0?\.76[56][34]")
    found = [where for where, text in texts.items() if value.search(text)]
    return found + [w for w, t in texts.items() if SEALED in t and w not in named]


NAMES_IT = ("book.json", "round-1.toml", "book.html", "round.html", "history", "protocol", "next")
"""Where the name of a sealed metric stands, as that of a sealed one: never its values."""


def test_a_sealed_metric_is_nowhere_to_be_seen(sealed, tmp_path):
    asked = one_round(sealed)
    sealed.launch(asked.decide(train, max_reruns=8, **QUIET))
    stored = sealed._store.curves_of(1, range(9))[SEALED]
    assert abs(stored.values.min() - SECRET) < 1e-6
    assert any(t.output_tail or t.detail for t in asked.trials), "a trial printed it"
    assert leaks(everything_shown(sealed, tmp_path), named=NAMES_IT) == []


@pytest.mark.slow
def test_after_a_look_it_is_there(sealed, tmp_path):
    """The test before can fail: the same places show it once it is unsealed."""
    asked = one_round(sealed)
    sealed.launch(asked.decide(train, max_reruns=8, **QUIET))
    sealed.unseal(SEALED, why="the end")
    shown = leaks(everything_shown(sealed, tmp_path), named=NAMES_IT)
    assert {"round-1-curves.csv", "book.html", "protocol", "records", "tables"} <= set(shown)


def test_it_is_no_objective_afterwards_while_sealed(sealed):
    asked = one_round(sealed)
    for objective in (f"minimize:{SEALED}", minimize(SEALED)):
        with pytest.raises(EvidenceError, match="nothing is chosen by it"):
            asked.findings(objective)
        with pytest.raises(EvidenceError, match="nothing is chosen by it"):
            asked.examination(objective)
    with pytest.raises(TableError, match="no curve"):
        asked.table().with_objective(minimize(SEALED))
    sealed.unseal(SEALED, why="the end")
    assert asked.findings(f"minimize:{SEALED}").examination


def test_a_look_opens_earlier_rounds_and_contaminates_later_ones(sealed, capsys):
    one_round(sealed)
    first = sealed.unseal(SEALED, why="  a first\n look ", who="ada")
    assert (first.number, first.rounds, first.why) == (1, 1, "a first look")
    assert SEALED in sealed.rounds[0].table().curves
    second = one_round(sealed, "And now?")
    assert "planned after 1 look at exam/secret" in capsys.readouterr().err
    assert SEALED not in second.table().curves
    assert SEALED not in second.record().table.curves
    assert contamination(sealed.record())[0].startswith("Round 2 was planned after look 1 at")
    sealed.unseal(SEALED, why="again")
    assert SEALED in second.table().curves
    assert [x.why for x in sealed.looks] == ["a first look", "again"]
    lines = dict(sealing_lines(sealed.record()))
    assert lines[SEALED].startswith("2 looks; open in every round so far")
    assert "by ada: a first look" in lines["Look 1"]


def test_a_decision_after_the_look_is_said_to_be_contaminated(sealed):
    asked = one_round(sealed)
    sealed.unseal(SEALED, why="too early")
    decision = asked.decide(train, max_reruns=8, **QUIET)
    assert any(
        c.startswith("Look 1 at exam/secret showed results of this") for c in decision.caveats
    )
    assert any(
        x.startswith("Decision 1 was taken after look 1") for x in contamination(sealed.record())
    )


def test_looks_outlive_the_session(sealed, tmp_path):
    one_round(sealed)
    sealed.unseal(SEALED, why="the end")
    with Book(tmp_path / "s.db") as again:
        assert len(again.looks) == 1
    with Book(tmp_path / "s.db", test_metrics=(SEALED,)) as again:
        assert SEALED in again.rounds[0].table().curves, "sealing again closes nothing"


def test_reopening_without_naming_it_keeps_it_sealed(sealed, tmp_path):
    one_round(sealed)
    with Book(tmp_path / "s.db") as again:
        assert SEALED not in again.rounds[0].table().curves


def test_a_metric_sealed_late_says_what_was_open(book, train, rates, tmp_path):
    book.round("q", nuisance=rates, trials=4, max_train_steps=5).run(train, **QUIET)
    with Book(tmp_path / "bowl.db", test_metrics=("late",)) as again:
        assert "1 round had run before, in the open" in dict(sealing_lines(again.record()))["late"]


@pytest.mark.parametrize(
    ("more", "role"),
    [
        ({"test_metrics": ("loss",)}, "objective"),
        ({"test_metrics": ("t",), "training_objective": "t"}, "training_objective"),
    ],
)
def test_what_decides_is_not_sealed_and_no_book_is_made(tmp_path, more, role):
    with pytest.raises(DesignError, match=f"is the {role} too"):
        Book(tmp_path / "n.db", objective=minimize("loss"), **more)
    assert not (tmp_path / "n.db").exists()


def test_what_is_sealed_does_not_become_a_role_later(tmp_path):
    Book(tmp_path / "n.db", objective=minimize("loss"), test_metrics=("t",)).close()
    with pytest.raises(DesignError, match="is the training_objective too"):
        Book(tmp_path / "n.db", training_objective="t")
    with pytest.raises(DesignError, match="is the objective too"):
        Book(tmp_path / "n.db", test_metrics=("loss",))


def test_a_look_needs_a_sealed_metric_a_reason_and_a_round(sealed):
    with pytest.raises(EvidenceError, match="no round yet"):
        sealed.unseal(SEALED, why="eager")
    one_round(sealed, trials=4)
    with pytest.raises(EvidenceError, match='Did you mean "exam/secret"'):
        sealed.unseal("exam/secrets", why="x")
    with pytest.raises(DesignError, match="has a reason"):
        sealed.unseal(SEALED, why=" ")
    assert sealed.looks == ()


def test_the_test_set_chooses_nothing_not_even_a_checkpoint(tmp_path):
    """The value is that of the step that the objective chooses, not the best of the test set."""

    def two_steps(trial):
        for step, (loss, test) in enumerate([(0.5, 0.1), (0.2, 0.4), (0.3, 0.2)]):
            trial.report(step, {"loss": loss, "t": test + 1e-3 * (trial.seed % 2)})
        trial.config["learning_rate"]

    with Book(
        tmp_path / "c.db", objective=minimize("loss"), chance=0.9, test_metrics=("t",)
    ) as book:
        asked = book.round("q", fixed={"learning_rate": 0.1}, trials=2, max_train_steps=3)
        asked.run(two_steps, **QUIET)
        asked.decide(two_steps, max_reruns=4, **QUIET)
        assert opened_results(book.record()) == ()
        book.unseal("t", why="end")
        (result,) = opened_results(book.record())
        assert 0.4 <= result.mean <= 0.401 and result.runs >= 2 and result.infeasible == 0
