"""Sweeps of other tools as rounds of a book: imported, grown, and gone on from (C11 D6)."""

from __future__ import annotations

import json
import math
import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest

import tunebook as tb
from tunebook.book.files.archiving import restore
from tunebook.domain.errors import DesignError, EvidenceError, TableError
from tunebook.domain.trial import Purpose, Status

optuna = pytest.importorskip("optuna")
optuna.logging.set_verbosity(optuna.logging.CRITICAL)

pytestmark = pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
GOAL = "Imported: sweep.db"


def train(trial):
    lr, width = trial.suggest_float("lr", 1e-4, 1, log=True), trial.suggest_int("width", 8, 64)
    kind = trial.suggest_categorical("optimizer", ["sgd", "adam"])
    momentum = trial.suggest_float("momentum", 0.5, 0.99) if kind == "sgd" else 0.8
    value = math.nan
    for step in range(1, 6):
        value = (math.log10(lr) + 2) ** 2 / 5 + abs(momentum - 0.8) + width / 640 + 1 / step
        trial.report(value, step)
        if trial.should_prune():
            raise optuna.TrialPruned
    if lr > 0.6:
        raise ValueError("an error of the code")
    return value


def run_sweep(folder, trials, sampler=None, pruner=None, name="s"):
    study = optuna.create_study(
        storage=f"sqlite:///{folder}/sweep.db",
        study_name=name,
        load_if_exists=True,
        sampler=sampler or optuna.samplers.QMCSampler(seed=3),
        pruner=pruner or optuna.pruners.NopPruner(),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        study.optimize(train, n_trials=trials, catch=(ValueError,))
    return study


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("optuna")
    return run_sweep(folder, 64), folder / "sweep.db"


@pytest.fixture
def sweep(written, tmp_path):
    study, file = written
    return study, Path(shutil.copy(file, tmp_path / "sweep.db"))


@pytest.fixture
def book(tmp_path):
    with tb.Book(
        tmp_path / "b.db", objective=tb.minimize("valid/loss", reduce="last"), chance=3.0
    ) as book:
        yield book


def told(findings):
    """Findings without the names of trials, which a book numbers, and with its objective's name."""
    return sorted(
        (
            f.check,
            str(f.severity),
            "valid/loss" if f.subject == "value" else f.subject,
            f.study or "",
            sorted(f.numbers),
            [repr(v) for _, v in sorted(f.numbers.items())],
        )
        for f in findings
    )


def test_its_findings_are_those_of_an_audit(sweep, book):
    _, file = sweep
    made = book.import_sweep(file)
    audit = tb.audit(file, chance=3.0)
    own = book.rounds[made.round - 1]
    table = own.table()
    assert np.array_equal(table.value, audit.table.value, equal_nan=True)
    assert table.status == audit.table.status and table.cause == audit.table.cause
    assert table.branches == audit.table.branches and table.roles == audit.table.roles
    assert table.chosen == audit.table.chosen and table.adaptive == audit.table.adaptive
    said = own.findings()
    assert told(said) == told(audit.findings)
    assert said


def test_runs_are_what_they_were_and_no_launch_is_invented(sweep, book):
    study, file = sweep
    made = book.import_sweep(file)
    assert (made.round, made.added, made.known, made.goal) == (1, 64, 0, GOAL)
    states = [t.state.name for t in study.trials]
    assert made.statuses["complete"] == states.count("COMPLETE")
    assert made.statuses["failed"] == states.count("FAIL") > 0
    assert book.launches == () and book.decisions == () and book.baseline is None
    assert [t.name for t in book._store.trials(1)] == [f"1.{i}" for i in range(64)]
    curves = book.rounds[0].table().curves["valid/loss"]
    for i, trial in enumerate(study.trials):
        steps, values = curves.of(i)
        assert dict(zip(steps.tolist(), values.tolist(), strict=True)) == trial.intermediate_values


def test_a_sweep_that_grew_adds_what_is_new_and_nothing_twice(sweep, book, tmp_path):
    _, file = sweep
    book.import_sweep(file)
    again = book.import_sweep(file)
    assert (again.added, again.known, again.changed) == (0, 64, ())
    run_sweep(tmp_path, 16)
    grown = book.import_sweep(file)
    assert (grown.round, grown.added, grown.known) == (1, 16, 64)
    assert len(book.rounds) == 1 and len(book.rounds[0].table()) == 80
    names = [t.source_name for t in book._store.trials(1)]
    assert names == [str(i) for i in range(80)]
    audit = tb.audit(file, chance=3.0)
    assert told(book.rounds[0].findings()) == told(audit.findings)


def test_a_moved_sweep_is_known_by_its_runs(sweep, book, tmp_path):
    _, file = sweep
    book.import_sweep(file)
    moved = file.rename(tmp_path / "elsewhere.db")
    again = book.import_sweep(moved)
    assert (again.round, again.added, again.known) == (1, 0, 64)


def test_another_sweep_is_another_round(sweep, book, tmp_path):
    _, file = sweep
    book.import_sweep(file)
    (tmp_path / "more").mkdir()
    run_sweep(tmp_path / "more", 20, optuna.samplers.QMCSampler(seed=9))
    second = book.import_sweep(tmp_path / "more" / "sweep.db", goal="And wider?")
    assert (second.round, second.added) == (2, 20)


def test_pruned_and_running_trials_are_kept_as_what_they_are(tmp_path, book):
    study = run_sweep(
        tmp_path,
        40,
        optuna.samplers.RandomSampler(seed=1),
        optuna.pruners.MedianPruner(n_startup_trials=5),
    )
    running = study.ask()
    running.suggest_float("lr", 1e-4, 1, log=True)
    running.suggest_int("width", 8, 64)
    if running.suggest_categorical("optimizer", ["sgd", "adam"]) == "sgd":
        running.suggest_float("momentum", 0.5, 0.99)
    made = book.import_sweep(tmp_path / "sweep.db")
    pruned = [str(t.number) for t in study.trials if t.state.name == "PRUNED"]
    reasons = dict(text.partition(": ")[::2] for text in made.left_out)
    assert pruned and set(reasons) == {*pruned, str(running.number)}
    assert all("stopped early" in reasons[n] for n in pruned)
    table = book.rounds[0].table()
    assert table.cut == len(pruned) and set(table.left_out) == set(made.left_out)
    study.tell(running, state=optuna.trial.TrialState.FAIL)
    grown = book.import_sweep(tmp_path / "sweep.db")
    assert (grown.added, grown.statuses["failed"]) == (1, made.statuses["failed"] + 1)


def test_marks_of_the_sampler_are_kept(tmp_path, book):
    run_sweep(tmp_path, 30, optuna.samplers.TPESampler(seed=1))
    book.import_sweep(tmp_path / "sweep.db")
    table = book.rounds[0].table()
    assert table.adaptive and table.chosen[0] == "random" and table.chosen[-1] == "TPE"
    record = book.record().rounds[0]
    assert record.exploitation == sum(c == "TPE" for c in table.chosen)
    trials = book._store.trials(1)
    assert {t.purpose for t in trials} == {Purpose.EXPLORE, Purpose.EXPLOIT}


def learner(trial):
    """Training of the next round: the same response, with noise of the seed."""
    rng = np.random.default_rng(trial.seed)
    lr = trial.config["lr"]
    for step in range(1, trial.max_train_steps + 1):
        value = (math.log10(lr) + 2) ** 2 / 5 + 1 / step + 0.01 * rng.normal()
        trial.report(step, {"valid/loss": value})


def test_the_next_round_a_decision_and_the_account_go_on_from_it(sweep, book, tmp_path):
    _, file = sweep
    book.import_sweep(file)
    proposal = book.next_round()
    # Its ranges are searched: the imported points have been run.
    assert proposal.plan.varied and proposal.plan.searcher == "halton"
    assert proposal.plan.points == ()
    second = book.round(
        "Which rate, from the sweep on?",
        nuisance={"lr": tb.log_uniform(1e-3, 0.1)},
        fixed={"width": 8, "optimizer": "adam"},
        trials=8,
        max_train_steps=20,
    )
    second.run(learner, workers=0, progress=False)
    decided = second.decide(learner, workers=0, progress=False, max_reruns=6)
    assert decided.round == 2
    history = repr(book.history())
    assert GOAL in history
    page = book.report(tmp_path / "r.html").read_text("utf-8")
    assert "Imported: sweep.db" in page
    glance = json.dumps([r.plan.goal for r in book.record().rounds])
    assert GOAL in glance


def test_an_imported_round_is_decided_by_reruns_of_its_best(sweep, book):
    _, file = sweep
    book.import_sweep(file)
    decision = book.rounds[0].decide(learner, workers=0, progress=False, max_reruns=6)
    assert decision.round == 1
    run_sweep(file.parent, 4)
    with pytest.raises(EvidenceError, match="decision"):
        book.import_sweep(file)
    assert book.import_sweep(file, goal="The rest of it").added == 68


def test_an_imported_round_is_not_run_again(sweep, book):
    _, file = sweep
    book.import_sweep(file)
    with pytest.raises(DesignError, match="imported"):
        book.rounds[0].run(learner, workers=0, progress=False)
    assert len(book.rounds[0].table()) == 64


def test_an_archive_and_a_copy_keep_all_of_it(sweep, book, tmp_path):
    _, file = sweep
    book.import_sweep(file)
    book.archive(tmp_path / "b.zip")
    restore(tmp_path / "b.zip", tmp_path / "back.db")
    with tb.Book(tmp_path / "back.db") as back:
        assert back._store.round(1).imported == book._store.round(1).imported
        assert back.import_sweep(file).added == 0
        assert told(back.rounds[0].findings()) == told(book.rounds[0].findings())


@pytest.mark.parametrize("scientific", [(), ("optimizer",)])
def test_a_table_without_curves_is_imported_with_its_values(tmp_path, scientific):
    rng = np.random.default_rng(0)
    rows = [
        {
            "run": f"r{i}",
            "lr": 10 ** rng.uniform(-4, 0),
            "optimizer": ["sgd", "adam"][i % 2],
            "loss": float(rng.normal()),
            "seed": i,
        }
        for i in range(40)
    ]
    with tb.Book(tmp_path / "c.db", objective=tb.minimize("loss")) as book:
        book.import_sweep(rows, scientific=scientific, goal="Which one?")
        audit = tb.audit(rows, objective="minimize:loss", scientific=scientific)
        table = book.rounds[0].table()
        assert table.value.tolist() == audit.table.value.tolist()
        assert not table.curves and table.inferred_space and table.seed == audit.table.seed
        said = book.rounds[0].findings()
        assert told(said) == told(f for f in audit.findings if f.check in {g.check for g in said})


def test_what_does_not_fit_the_book_is_refused_and_nothing_is_written(sweep, tmp_path):
    _, file = sweep
    with tb.Book(tmp_path / "d.db", objective=tb.maximize("accuracy")) as book:
        with pytest.raises(DesignError, match="objective"):
            book.import_sweep(file)
        assert book.rounds == ()
    with tb.Book(tmp_path / "e.db", objective=tb.minimize("loss")) as book:
        rows = [{"run": f"r{i}", "lr": 0.1 / (i + 1), "loss": 1.0} for i in range(8)]
        book.import_sweep(rows, goal="A")
        changed = [{**row, "lr": 2 * row["lr"]} for row in rows]
        with pytest.raises(TableError, match="another configuration"):
            book.import_sweep(changed, goal="A")
        with pytest.raises(TableError, match="no longer there"):
            book.import_sweep(rows[:4], goal="A")
        assert len(book.rounds) == 1 and len(book.rounds[0].table()) == 8
        better = [{**row, "loss": 0.5} if i == 2 else row for i, row in enumerate(rows)]
        assert book.import_sweep(better, goal="A").changed == ("r2",)
        assert book.rounds[0].table().value[2] == 1.0


def test_a_write_that_fails_leaves_the_book_as_it_was(sweep, book, monkeypatch):
    _, file = sweep
    monkeypatch.setattr(type(book._store), "add_ended", lambda *a: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        book.import_sweep(file)
    assert book.rounds == ()


def test_statuses_of_a_book_are_those_of_its_trials(sweep, book):
    _, file = sweep
    made = book.import_sweep(file)
    fates = [status for _, _, status in book._store.fates(1)]
    assert made.statuses == {str(s): fates.count(s) for s in set(fates)}
    assert Status.RUNNING not in fates
