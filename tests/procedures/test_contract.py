"""What every procedure of the catalogue keeps to; a new one adds its case to CASES."""

from __future__ import annotations

import functools
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

import forked
import long_valleys
import noisy_bowl as bowl
import noisy_quadratic as quadratic
import paced_steps as paced
from sizes import some_slow
from tunebook.book.notebook import Book
from tunebook.domain.errors import DesignError, EvidenceError
from tunebook.domain.formats.spelling import minimize
from tunebook.procedures import SPECS, spec_of
from tunebook.procedures.steps import driving
from tunebook.procedures.steps.arguments import Arguments
from tunebook.procedures.steps.procedure import Procedure, load_procedure
from tunebook.report.check_texts import check_text
from valleys import ASKED, narrow


@dataclass(frozen=True, kw_only=True)
class Case:
    """A procedure with a training, arguments, one of them changed, and one that it drives.

    `stops` are trials, counted from the first, at which it is stopped, and `killed` the name of one
    at which it is killed. `timed`: its text tells times, which are never the same twice.
    """

    train: Callable[..., Any]
    asked: dict[str, Any]
    other: dict[str, Any]
    tells: str
    needs: str
    stops: tuple[int, int, int] = (1, 9, 40)
    killed: str = "2.5"
    timed: bool = False


CASES = {
    "batch-size": Case(
        train=quadratic.train,
        asked=quadratic.SHORT,
        other={"trials": 13},
        tells="trials: 10 -> 13",
        needs="batch_size",
    ),
    "training-length": Case(
        train=long_valleys.saturating,
        asked=long_valleys.ASKED,
        other={"seeds": 5},
        tells="seeds: 4 -> 5",
        needs="learning_rate",
    ),
    "instability": Case(
        train=narrow,
        asked=ASKED,
        other={"trials": 13},
        tells="trials: 12 -> 13",
        needs="warmup_steps",
    ),
    "optimizers": Case(
        train=bowl.train,
        asked=bowl.SHORT,
        other={"trials": 17},
        tells="trials: 16 -> 17",
        needs="optimizer",
    ),
    "throughput": Case(
        train=paced.train,
        asked=paced.ASKED,
        other={"largest": 256},
        tells="largest: 128 -> 256",
        needs="batch_size",
        stops=(1, 3, 8),
        killed="3.0",
        timed=True,
    ),
}


@pytest.fixture(params=sorted(SPECS))
def name(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def run_once(tmp_path_factory):
    """The folder, rows and text of a procedure that ran from begin to end."""

    @functools.cache
    def once(name: str) -> tuple[Path, list, str]:
        folder = tmp_path_factory.mktemp("whole")
        with Book(folder / "whole.db", objective=minimize("valid/loss")) as book:
            found = run(book, name)
            return folder, rows(book), repr(found)

    return once


@pytest.fixture
def whole(run_once, name):
    """The rows and the text of the procedure."""
    return run_once(name)[1:]


@pytest.fixture
def done(run_once, name, new_book, tmp_path):
    """Opens a copy of the book in which the procedure ran from begin to end."""
    shutil.copytree(run_once(name)[0], tmp_path, dirs_exist_ok=True)
    return functools.partial(new_book, "whole")


def run(book, name: str, train=None, **more):
    case = CASES[name]
    return book.procedure(
        name, train or case.train, workers=0, progress=False, **{**case.asked, **more}
    )


def rows(book) -> list:
    """All that tells one run of a procedure from another."""
    return [
        (r.goal, t.number, dict(t.config), t.seed, t.status, repr(v))
        for r in book.rounds
        for t, v in zip(r.trials, r.table().value.tolist(), strict=True)
    ]


def test_it_is_what_the_protocol_says(name):
    spec, made = spec_of(name), load_procedure(name)
    assert spec.id == name and spec.rows and spec.question.endswith("?")
    assert spec.about.endswith((".", "?"))
    assert all(
        text.title and text.method and check_text(text.id) is text for text in spec.findings
    )
    assert isinstance(made, Procedure) and is_dataclass(made.arguments)
    assert issubclass(made.arguments, Arguments)
    assert {"question", "max_train_steps", "fixed", "names"} <= {
        f.name for f in fields(made.arguments)
    }


def test_the_catalogue_loads_no_procedure():
    code = (
        "import sys, tunebook.procedures as p; assert len(p.SPECS) == 5;"
        "print([m for m in sys.modules if m.startswith(('altair', 'scipy')) "
        "or (m.startswith('tunebook.procedures.') and m.count('.') > 2)])"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert ended.stdout.strip() == "[]"


def test_it_says_plan_and_cost_and_runs_nothing(name, new_book):
    book = new_book()
    ahead = book.procedure(name, run=False, **CASES[name].asked)
    assert book.rounds == ()
    stages = ahead.data()["stages"]
    assert all(s["trials"] > 0 and s["steps"] > 0 for s in stages)
    assert not ahead.finished
    for stage in stages:
        assert stage["stage"]["name"] in ahead.plan
    assert "no trial has been timed yet" in ahead.plan


def test_it_takes_no_more_than_it_said_and_then_knows_seconds(name, new_book, done):
    most = {
        s["stage"]["name"]: s["trials"]
        for s in new_book().procedure(name, run=False, **CASES[name].asked).data()["stages"]
    }
    book = done()
    found = book.procedure(name, run=False)
    assert found.finished
    for stage in found.data()["stages"]:
        assert stage["ended"] <= most[stage["stage"]["name"]]
    assert all(s["seconds"] is not None for s in found.data()["stages"])
    assert {s["round"] for s in found.data()["stages"]} >= {r.number for r in book.rounds}
    assert found.pictures and all(p.alt for p in found.pictures)


def test_asked_again_it_trains_nothing_and_says_the_same(name, whole, done):
    def never(trial):
        raise AssertionError("a procedure that is done trains nothing")

    assert repr(run(done(), name, never)) == whole[1]
    assert repr(done().procedure(name, never, workers=0, progress=False)) == whole[1]


@pytest.mark.parametrize("nth", some_slow([0, 1, 2], [1]))
def test_stopped_by_ctrl_c_and_resumed_it_has_the_same_table(name, new_book, whole, nth):
    seen, at = [], CASES[name].stops[nth]

    def stopped(trial):
        seen.append(trial.name)
        if len(seen) == at:
            raise KeyboardInterrupt
        CASES[name].train(trial)

    book = new_book("stopped")
    with pytest.raises(KeyboardInterrupt):
        run(book, name, stopped)
    assert not book.procedure(name, run=False).finished
    book.close()
    found = run(new_book("stopped"), name)
    assert rows(new_book("stopped")) == whole[0]
    assert CASES[name].timed or repr(found) == whole[1]


KILLED = """
import os, signal, sys
sys.path.insert(0, {folder!r})
from {module} import {train} as train
import tunebook as tb

def killed(trial):
    if trial.name == {at!r}:
        os.kill(os.getpid(), signal.SIGKILL)
    train(trial)

book = tb.Book({path!r}, objective=tb.minimize("valid/loss"))
book.procedure({name!r}, killed, workers=0, progress=False, **{asked!r})
"""


@pytest.mark.parametrize("name", some_slow(sorted(SPECS), ["throughput"]))
def test_killed_and_resumed_it_has_the_same_table(name, new_book, run_once, tmp_path):
    """Ctrl-C, which is tried on every procedure, leaves the same rounds behind."""
    path = tmp_path / "killed.db"
    script = KILLED.format(
        folder=str(Path(__file__).parents[1]), path=str(path), name=name,
        module=CASES[name].train.__module__, train=CASES[name].train.__name__,
        asked=CASES[name].asked, at=CASES[name].killed,
    )  # fmt: skip
    (tmp_path / "killed.py").write_text(script, "utf-8")
    ended = forked.run_script(str(tmp_path / "killed.py"), cwd=tmp_path, env=dict(os.environ))
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert len(new_book("killed").rounds[-1].trials) > 0
    run(new_book("killed"), name)
    assert rows(new_book("killed")) == run_once(name)[1]


def test_other_arguments_are_refused_with_the_difference(name, whole, done):
    case = CASES[name]
    with pytest.raises(DesignError, match=case.tells):
        run(done(), name, **case.other)
    with pytest.raises(DesignError, match=r"fixed\.weight_decay: none -> 0\.1"):
        run(done(), name, fixed={"weight_decay": 0.1})
    assert rows(done()) == whole[0]


def test_another_question_is_another_run(name, done):
    """Its first trial is enough to tell them apart."""
    book = done()
    count, first = len(book.rounds), book.procedures[0].asked.question

    def begins(trial):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(book, name, begins, question="And with another?", seed=1)
    assert len(book.rounds) == count + 1
    assert [p.asked.question for p in book.procedures] == [first, "And with another?"]
    with pytest.raises(EvidenceError, match=r'question="\.\.\."'):
        book.procedure(name, run=False)


def test_arguments_that_it_has_not_are_named_with_the_nearest(name, new_book):
    with pytest.raises(DesignError, match=r'no argument "max_train_step".*"max_train_steps"'):
        new_book().procedure(name, max_train_step=4)
    asked = {k: v for k, v in CASES[name].asked.items() if k != "max_train_steps"}
    with pytest.raises(DesignError, match="needs max_train_steps"):
        new_book().procedure(name, run=False, **asked)


def test_a_hyperparameter_that_it_drives_and_that_is_not_there(name, new_book):
    case = CASES[name]
    needs, near = case.needs, case.needs[:-1]
    fixed = {near if k == needs else k: v for k, v in case.asked["fixed"].items()}
    wrong = f'"{needs}", which is not.*Did you mean "{near}"'
    with pytest.raises(DesignError, match=wrong) as told:
        new_book().procedure(name, run=False, **{**case.asked, "fixed": fixed})
    assert f'names={{"{needs}": "..."}}' in told.value.next_step
    ahead = new_book().procedure(
        name, run=False, names={needs: near}, **{**case.asked, "fixed": fixed}
    )
    assert ahead.asked.called(needs) == near
    with pytest.raises(DesignError, match=f'got "{near}".*"{needs}"'):
        new_book().procedure(name, run=False, names={near: "x"}, **case.asked)


def test_it_reads_its_rounds_with_one_thread(name, new_book, monkeypatch):
    """Matrices are small: more threads of linear algebra wait for each other."""
    true, seen = load_procedure(name), []

    def watched(*args):
        seen.append({x["num_threads"] for x in threadpool_info() if x["user_api"] == "blas"})
        return true.conclude(*args)

    watching = replace(true, conclude=watched)
    monkeypatch.setattr(driving, "load_procedure", lambda _: watching)
    with threadpool_limits(2, user_api="blas"):
        new_book().procedure(name, run=False, **CASES[name].asked)
    assert seen and all(threads == {1} for threads in seen)


def test_a_book_draws_pictures_when_somebody_looks(name, done, monkeypatch):
    """Drawing takes longer than all else that a conclusion does, and one follows each stage."""
    from tunebook.charts import layers

    drawn = []
    true = layers.Picture
    monkeypatch.setattr(layers, "Picture", lambda **given: drawn.append(1) or true(**given))
    found = run(done(), name)
    assert repr(found) and not drawn
    assert found.pictures and drawn


def test_no_such_procedure(new_book):
    with pytest.raises(DesignError, match='Did you mean "instability"'):
        new_book().procedure("instabilty", run=False)


def test_a_round_that_took_a_note_over_is_no_part_of_it(name, done):
    book = done()
    first = book.rounds[0]
    asked = book.procedure(name, run=False).asked
    book.round("A question of a person", fixed=dict(asked.fixed), trials=1,
               max_train_steps=10, note=first.plan.note)  # fmt: skip
    assert book.procedure(name, run=False).finished


def test_reruns_of_a_round_do_not_reopen_it(name, done):
    with Book(done()._store.location, chance=1e9) as book:  # a first baseline must beat it
        largest = max(book.rounds, key=lambda r: len(r.trials))
    book = Book(book._store.location)
    book.rounds[largest.number - 1].decide(
        CASES[name].train, max_reruns=8, workers=0, progress=False
    )
    assert book.procedure(name, run=False).finished
