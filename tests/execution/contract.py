"""What every executor owes: each way to go wrong is its own trial's fate, never the round's.

A suite imports these tests and gives them a fixture `book`, made by `play_out`.
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Any

import psutil
import pytest

from tunebook.domain.trial import Cause, Status
from tunebook.execution import Executor, RunOptions
from tunebook.execution.child import MARK
from tunebook.execution.code import training_code
from tunebook.execution.scheduler import run_trials
from tunebook.store import Store

_spec = importlib.util.spec_from_file_location("faults", Path(__file__).with_name("faults.py"))
faults: Any = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(faults)

LIMIT_S = 8.0
"""Only trials that hang reach it, however busy the machine."""
INFEASIBLE, COMPLETE = Status.INFEASIBLE, Status.COMPLETE

FATES = {
    "complete": (COMPLETE, None, ""),
    "returns a number": (COMPLETE, None, ""),
    "exception": (INFEASIBLE, Cause.CRASHED, "ValueError: the wheels came off (faults.py:"),
    "hang": (INFEASIBLE, Cause.TIMED_OUT, "still training after 8 s"),
    "gives up late": (INFEASIBLE, Cause.TIMED_OUT, "just before its limit of 8 s"),
    "deaf hang": (INFEASIBLE, Cause.TIMED_OUT, "still training after 8 s"),
    "nan": (INFEASIBLE, Cause.DIVERGED, "valid/error became NaN at step 1"),
    "inf": (INFEASIBLE, Cause.DIVERGED, "valid/error ended as inf"),
    "text": (INFEASIBLE, Cause.BAD_VALUE, "is 'low'"),
    "backwards": (INFEASIBLE, Cause.BAD_STEP, "step 4 came after step 5"),
    "twice": (INFEASIBLE, Cause.TWICE_REPORTED, "came twice at step 5"),
    "never reported": (INFEASIBLE, Cause.NOT_REPORTED, '"valid/error" was never reported'),
    "memory": (INFEASIBLE, Cause.OUT_OF_MEMORY, "a trial may use 300 MB"),
    "own exit": (INFEASIBLE, Cause.CRASHED, "ended itself with exit code 3"),
    "polite exit": (INFEASIBLE, Cause.CRASHED, "sys.exit('enough')"),
    "killed": (INFEASIBLE, Cause.CRASHED, "killed by SIGKILL"),
    "segfault": (INFEASIBLE, Cause.CRASHED, "killed by SIGSEGV"),
    "flood": (INFEASIBLE, Cause.CRASHED, "after the flood"),
    "declared": (INFEASIBLE, Cause.DECLARED, "the kernel does not fit into the image"),
    "stray child": (INFEASIBLE, Cause.CRASHED, "exit code 4"),
}

KEPT = {
    "complete": [0, 1, 3, 5, 7, 9],
    "returns a number": [9],
    "exception": [0, 3],
    "nan": [0, 1],
    "inf": [0, 1],
    "text": [0],
    "backwards": [0, 5],
    "twice": [0, 3, 5],
    "never reported": [],
}


def marked() -> set[int]:
    """Processes that an executor of this process started, and their children."""
    found = set()
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == str(os.getpid()) and process.is_running():
                found.add(process.pid)
        except psutil.Error:
            continue
    return found


def play_out(store: Store, executor: Executor, where: str, names: list[str]) -> dict[str, Any]:
    """Run a round in which every trial goes wrong in its own way, to its end.

    Args:
        store: a book whose round 1 has `round_of(names)`'s configurations.
        executor: what trains them.
        where: "inline" where training shares this very process.
        names: of the faults.
    """
    # Named by its file: the worker imports it, as a person's own train.py.
    code = training_code(f"{Path(faults.__file__)}:train")
    summary = run_trials(store, 1, code, RunOptions(executor=executor, memory_limit_mb=300))
    return {"store": store, "names": names, "summary": summary, "where": where}


def round_of(names: list[str]) -> dict[str, Any]:
    """Arguments of `new_book` for a round of these faults."""
    return {
        "configs": [{"fault": name, "ignored": 1.0} for name in names],
        "chance": None,
        "max_train_steps": 10,
        "time_limit_s": LIMIT_S,
    }


@pytest.mark.parametrize("fault", list(FATES))
def test_every_fault_is_its_own_trials_fate(book, fault):
    if fault not in book["names"]:
        pytest.skip("not in this executor's part of the contract")
    status, cause, detail = FATES[fault]
    trial = book["store"].trials(1)[book["names"].index(fault)]
    assert (trial.status, trial.cause) == (status, cause)
    assert detail in trial.detail
    assert "\n" not in trial.detail
    # The first kill may have been anybody's doing; a trial's own fate comes again.
    assert trial.attempt == (2 if fault == "killed" else 1)


@pytest.mark.parametrize("fault", list(KEPT))
def test_no_measurement_is_lost_to_a_fault(book, fault):
    trial = book["store"].trials(1)[book["names"].index(fault)]
    found = book["store"].measurements(trial.key)
    assert [m.step for m in found if m.metric == "valid/error"] == KEPT[fault]


def test_a_sound_metric_beside_a_bad_one_is_kept(book):
    trial = book["store"].trials(1)[book["names"].index("text")]
    found = [m for m in book["store"].measurements(trial.key) if m.metric == "train/loss"]
    assert [(m.step, m.value) for m in found] == [(0, 1.0), (1, 0.9)]


def test_the_round_goes_on_to_its_end(book):
    summary, names = book["summary"], book["names"]
    assert summary.ran == len(names)
    assert summary.complete == 2
    assert summary.infeasible == len(names) - 2
    assert (summary.failed, summary.stopped) == (0, "")


def test_a_hyperparameter_that_training_never_read_is_named(book):
    trials = book["store"].trials(1)
    assert trials[book["names"].index("complete")].unread == ("ignored",)


def test_the_end_of_what_it_printed_is_kept(book):
    if book["where"] == "inline":
        pytest.skip("trials in this process print where it prints")
    for name, trial in zip(book["names"], book["store"].trials(1), strict=True):
        if trial.status is INFEASIBLE and name != "flood":
            assert f"about to be {name}" in trial.output_tail
        assert len(trial.output_tail) <= 4096


def test_a_traceback_is_in_the_tail_and_a_flood_keeps_its_end(book):
    if "flood" not in book["names"]:
        pytest.skip("not in this executor's part of the contract")
    tail = book["store"].trials(1)[book["names"].index("flood")].output_tail
    assert "line 029999" in tail
    assert "RuntimeError: after the flood" in tail


def test_no_process_and_no_log_is_left(book):
    assert not marked()
    left = [p for p in book["store"].files.rglob("*") if p.is_file()]
    assert left == []
