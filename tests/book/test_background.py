"""A round that runs in the background: its summary and its exceptions reach whoever asks."""

from __future__ import annotations

import threading
from concurrent.futures import Future, wait

import pytest

from tunebook.domain.errors import TunebookError
from tunebook.execution.scheduler import RunSummary
from waiting import HANG_S


@pytest.fixture
def planned(book):
    return book.round(
        "Does it learn?", fixed={"learning_rate": 1e-2}, trials=4, max_train_steps=20
    )


def test_a_run_in_the_background_returns_a_future_of_its_summary(planned):
    began, go = threading.Event(), threading.Event()

    def train(trial):
        began.set()
        assert go.wait(HANG_S)
        trial.report(0, {"loss": 0.5})

    told = []
    future = planned.run(train, workers=0, progress=False, wait=False)
    assert isinstance(future, Future)
    future.add_done_callback(told.append)
    assert began.wait(HANG_S)
    assert not future.done(), "the caller goes on while the round runs"
    go.set()
    assert wait([future], timeout=HANG_S).done == {future}
    summary = future.result()
    assert isinstance(summary, RunSummary)
    assert (summary.ran, summary.complete) == (4, 4)
    assert told == [future]
    assert planned.run(train, workers=0, progress=False).ran == 0


def test_what_a_background_run_raises_is_raised_and_printed(planned, monkeypatch, capsys):
    def broken(*_, **__):
        raise TunebookError("the disk is gone", next_step="mend it")

    monkeypatch.setattr("tunebook.execution.scheduler.run_trials", broken)
    future = planned.run(lambda trial: 0.5, workers=0, progress=False, wait=False)
    with pytest.raises(TunebookError, match="the disk is gone"):
        future.result(timeout=HANG_S)
    assert isinstance(future.exception(), TunebookError)
    assert "the disk is gone" in capsys.readouterr().err
