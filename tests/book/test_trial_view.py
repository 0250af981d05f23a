"""E2 D6: a trial's checkpoints and artifacts, found again by its name."""

from __future__ import annotations

import shutil

import pytest

import tunebook as tb
from tunebook.domain.errors import EvidenceError, ReportError
from tunebook.training import artifacts


def train(trial):
    for step in range(trial.max_train_steps):
        loss = abs(step - 2) + trial.config["learning_rate"]
        trial.report(step, {"loss": loss})
        trial.checkpoint(step, lambda path, step=step: path.write_text(str(step)))
    trial.artifact("notes/last.txt", lambda path: path.write_text("done"))


@pytest.fixture
def ran(book):
    first = book.round("Kept?", fixed={"learning_rate": 0.01}, trials=2, max_train_steps=5)
    first.run(train, workers=0, progress=False)
    return book


def test_checkpoints_can_be_chosen_afterwards(ran):
    kept = ran.trial("1.0").checkpoints
    assert [c.step for c in kept] == [2, 4]
    assert [c.best for c in kept] == [True, False]
    assert all(c.whole for c in kept)
    assert kept[0].value == pytest.approx(0.01)
    assert kept[0].path.read_text() == "2"
    kept[0].path.write_text("damaged")
    assert [c.whole for c in ran.trial("1.0").checkpoints] == [False, True]


def test_artifacts_are_found_by_name(ran):
    found = ran.trial("1.1").artifacts
    assert set(found) == {"notes/last.txt"}
    assert found["notes/last.txt"].read_text() == "done"
    assert "Trial 1.1: complete" in repr(ran.trial("1.1"))


def test_a_trial_that_is_not_there_is_named(ran):
    with pytest.raises(EvidenceError, match=r"this book has no '1\.7'; round 1 has 1\.0 to"):
        ran.trial("1.7")


@pytest.mark.parametrize("name", ["", "../x", "/etc/x", "a/../../x", ".hidden", "a\0b", 3])
def test_an_artifact_stays_in_its_folder(tmp_path, name):
    with pytest.raises(ReportError, match="a path inside its folder"):
        artifacts.put(tmp_path / "a", name, lambda path: path.write_text("x"))
    assert not list(tmp_path.rglob("*"))


def test_a_save_that_fails_leaves_the_earlier_artifact(tmp_path):
    artifacts.put(tmp_path, "x", lambda path: path.write_text("first"))

    def broken(path):
        path.write_text("half")
        raise ValueError("out of luck")

    with pytest.raises(ValueError, match="out of luck"):
        artifacts.put(tmp_path, "x", broken)
    with pytest.raises(ReportError, match="made nothing"):
        artifacts.put(tmp_path, "x", lambda path: None)
    assert {n: f.read_text() for n, f in artifacts.listed(tmp_path).items()} == {"x": "first"}
    assert [p.name for p in tmp_path.iterdir()] == ["x"]


def test_the_best_by_another_metric_is_chosen_afterwards(tmp_path):
    def two_metrics(trial):
        trial.keep_best = 2
        for step in range(5):
            trial.report(step, {"loss": abs(step - 2), "accuracy": 0.1 * step})
            trial.checkpoint(step, lambda path, step=step: path.write_text(str(step)))

    with tb.Book(
        tmp_path / "b.db",
        objective=tb.minimize("loss"),
        checkpoints=f"file://{tmp_path}/elsewhere",
    ) as book:
        one = book.round("Kept?", fixed={"learning_rate": 0.01}, trials=1, max_train_steps=5)
        one.run(two_metrics, workers=1, progress=False)
        trial = book.trial("1.0")
        assert [(c.step, c.whole) for c in trial.checkpoints] == [(1, True), (2, True), (4, True)]
        assert trial.best_checkpoint().step == 2
        best = trial.best_checkpoint(tb.maximize("accuracy"))
        with best.open() as path:
            assert path.read_text() == "4"
        with pytest.raises(EvidenceError, match="reported f1 at the step of none"):
            trial.best_checkpoint(tb.maximize("f1"))
        (content,) = (tmp_path / "elsewhere/round-1/0").glob("4.*[!n]")
        content.write_text("rotten")
        with pytest.raises(EvidenceError, match="step 4 is damaged"), best.open():
            pass


@pytest.mark.parametrize(
    ("url", "said"),
    [("bucket/x", "a URL with a scheme"), ("ftp://me:secret@host/x", "keeps no password")],
)
def test_a_place_for_checkpoints_is_checked_and_holds_no_password(tmp_path, url, said):
    with pytest.raises(tb.DesignError, match=said) as error:
        tb.Book(tmp_path / "b.db", objective=tb.minimize("loss"), checkpoints=url)
    assert "secret" not in str(error.value)
    assert not (tmp_path / "b.db").exists()


def test_a_place_for_checkpoints_is_said_later_once(tmp_path):
    path = tmp_path / "b.db"
    tb.Book(path, objective=tb.minimize("loss")).close()
    for _ in range(2):
        with tb.Book(path, checkpoints="s3://bucket/digits") as book:
            assert book.setting.checkpoints == "s3://bucket/digits"
    with pytest.raises(tb.DesignError, match="a book keeps its checkpoints"):
        tb.Book(path, checkpoints="s3://other/digits")


def test_checkpoints_whose_folder_was_deleted_are_not_called_never_kept(tmp_path):
    from tunebook.book.doctor import checkups

    def train(trial):
        trial.report(0, {"loss": 0.5})
        if trial.config["keeps"]:
            trial.checkpoint(0, lambda path: path.write_text("weights", "utf-8"))

    with tb.Book(tmp_path / "b.db", objective=tb.minimize("loss")) as book:
        for keeps in (True, False):
            done = book.round(
                f"Keeps {keeps}?", fixed={"keeps": keeps}, trials=1, max_train_steps=1
            )
            done.run(train, workers=0, progress=False)
        assert book.trial("1.0").best_checkpoint().step == 0
        with pytest.raises(EvidenceError) as never:
            book.trial("2.0").best_checkpoint()
        assert "trial.checkpoint" in never.value.next_step
        assert "does not exist" not in str(never.value)
        shutil.rmtree(tmp_path / "b.files")
        with pytest.raises(EvidenceError, match="does not exist") as gone:
            book.trial("1.0").best_checkpoint()
        assert str(tmp_path / "b.files") in str(gone.value)
    told = [c for c in checkups(tmp_path / "b.db") if c.what == "files"]
    assert [c.state for c in told] == ["warning"]
