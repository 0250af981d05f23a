"""Corrected code: what is said, what is trained again, and which code the book names."""

from __future__ import annotations

import pytest

from tunebook.book.exploration import explore
from tunebook.book.notebook import Book
from tunebook.domain.errors import DesignError, EvidenceError, TrainingLoadError
from tunebook.domain.formats.spelling import maximize, minimize, uniform
from tunebook.domain.trial import Outcome, Status
from tunebook.training.log import TrialLog, attempt_files

WHERE = {"workers": 0, "keep_going": True}
SPACE = {"x": uniform(0, 1)}


def good(trial):
    """Never named in the crashed rounds' record."""
    trial.resume(lambda path: pytest.fail("a trial trained again begins at step 0"))
    for step in range(3):
        trial.report(step, {"loss": trial.config["x"] + 1 / (1 + step)})


def bad(trial):
    for step in range(3):
        trial.report(step, {"loss": 100.0 + trial.config["x"], "old": 1.0})
        trial.checkpoint(step, lambda path: path.write_text("of the code of before"))
    if trial.number % 2:
        print(undefined_name)


@pytest.fixture
def ran(tmp_path):
    """A round of which every other trial crashed."""
    return explore(bad, SPACE, objective=minimize("loss"), trials=4, max_train_steps=3,
                   book=tmp_path / "b.db", **WHERE)  # fmt: skip


def source(found):
    return found.record().source.text


def test_nothing_left_is_said_and_the_record_names_the_code_that_trained(ran, capsys):
    before = source(ran)
    capsys.readouterr()
    summary = ran.run(good, **WHERE)
    said = capsys.readouterr().err
    assert summary.ran == 0 and source(ran) == before and "undefined_name" in before
    assert "Nothing is left to train" in said and "all 4 trials" in said
    assert "changed since" in said and "2 trials crashed (1.1, 1.3)" in said
    assert 'again="crashed"' in said


def test_crashed_trials_are_trained_again_from_step_0(ran, capsys):
    attempts = [t.attempt for t in ran.trials]
    summary = ran.run(good, again="crashed", **WHERE)
    assert (summary.ran, summary.complete) == (2, 2)
    assert [t.attempt for t in ran.trials] == [a + n % 2 for n, a in enumerate(attempts)]
    assert all(t.status is Status.COMPLETE and not t.detail for t in ran.trials)
    values = list(ran.values().values())
    assert values[0] > 100 and values[1] < 3 and values[2] > 100 and values[3] < 3
    assert len(ran.table().curves["old"].of(1)[0]) == 0  # what it reported before is replaced
    assert "Never named" in source(ran)


def test_a_log_that_was_left_does_not_end_what_is_trained_again(ran):
    crashed = ran.trials[1]
    left = TrialLog(attempt_files(ran._store.files, crashed.key, crashed.attempt))
    left.start(0)
    left.end(Outcome(status=crashed.status, cause=crashed.cause, detail="of before"))
    left.close()
    assert ran.run(good, again="crashed", **WHERE).complete == 2
    assert ran.trials[1].status is Status.COMPLETE


def test_all_that_ran_under_other_code_is_trained_again(ran):
    assert ran.run(bad, again="changed", **WHERE).ran == 0  # the code is the same
    assert ran.run(good, again="changed", **WHERE).ran == 4
    assert max(ran.values().values()) < 3


def test_cancelled_trials_can_be_trained_again(tmp_path):
    with Book(tmp_path / "c.db", objective=minimize("loss")) as book:
        asked = book.round("q", nuisance=SPACE, trials=2, max_train_steps=3)
        asked._training_code(good, here=True)
        asked.run(good, time_budget_s=1e-9, workers=0, progress=False)
        book.cancel("1.0", "1.1")
        assert asked.run(good, again="failed", **WHERE).complete == 2


def test_a_round_that_was_reread_is_left_as_it_is(launched, train):
    first = launched.rounds[0]
    with pytest.raises(EvidenceError, match="reruns"):
        first.run(train, again="infeasible", **WHERE)


def test_an_unknown_kind_is_refused_with_the_nearest(ran):
    with pytest.raises(DesignError, match='Did you mean "crashed"'):
        ran.run(good, again="crash", **WHERE)


def test_code_that_can_not_be_loaded_is_not_named_by_the_book(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "one.py").write_text("def train(trial): return 0.5\n")
    (tmp_path / "two.py").write_text("import no_such_thing\ndef train(trial): return 0.5\n")
    with Book("d.db", objective=minimize("loss")) as book:
        book.round("q", nuisance=SPACE, trials=1, max_train_steps=1).run("one.py:train", **WHERE)
        more = book.round("q", nuisance=SPACE, trials=2, max_train_steps=1)
        with pytest.raises(TrainingLoadError):
            more.run("two.py:train", **WHERE)
        assert more.record().source.path == "one.py:train"
        assert more.run(**WHERE).complete == 1


@pytest.mark.parametrize(
    ("objective", "better"),
    [(minimize("valid/accuracy"), "higher"), (maximize("valid/loss"), "lower")],
)
def test_the_wrong_direction_is_warned_of_when_a_book_is_made_and_run(
    tmp_path, objective, better, capsys
):
    with Book(tmp_path / f"{better}.db", objective=objective):
        said = capsys.readouterr().err
    assert objective.metric in said and f"{better} is usually better" in said


@pytest.mark.parametrize(
    "objective", [maximize("valid/accuracy"), minimize("loss"), minimize("x")]
)
def test_the_right_direction_is_not(tmp_path, objective, capsys):
    with Book(tmp_path / "right.db", objective=objective):
        assert capsys.readouterr().err == ""


def test_one_trial_left_is_one_trial(tmp_path, capsys):
    def stops(trial):
        raise KeyboardInterrupt

    with Book(tmp_path / "k.db", objective=minimize("loss")) as book:
        asked = book.round("q", nuisance=SPACE, trials=1, max_train_steps=3)
        with pytest.raises(KeyboardInterrupt):
            asked.run(stops, workers=0, progress=False)
    assert "1 trial of round 1" in capsys.readouterr().err
