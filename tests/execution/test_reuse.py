"""A book's workers live from run to run, run no old code, and end by themselves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time

import psutil
import pytest

import noisy_quadratic as quadratic
import tunebook as tb
from tunebook.execution.child import WorkerProcess
from tunebook.execution.local import LocalExecutor
from tunebook.execution.reuse import KeptWorkers
from tunebook.training.loaded import LoadedFiles
from tunebook.training.wear import GROWN_MB, MOST_TRIALS, Wear
from waiting import HANG_S

RATES = {"x": tb.uniform(0, 1)}


def who(trial):
    """Reports its process as the objective."""
    import os

    return float(os.getpid())


@pytest.fixture
def book(tmp_path):
    with tb.Book(tmp_path / "b.db", objective=tb.minimize("loss")) as found:
        yield found


def processes(book, goal, train=who, trials=3, **how):
    how = {"workers": 1, "progress": False, **how}
    asked = book.round(goal, nuisance=RATES, trials=trials, max_train_steps=1)
    assert asked.run(train, **how).complete == trials
    return {int(v) for v in asked.values().values()}


def gone(pid):
    until = time.monotonic() + HANG_S
    while psutil.pid_exists(pid) and time.monotonic() < until:
        time.sleep(0.02)
    return not psutil.pid_exists(pid)


def test_a_worker_serves_the_rounds_of_a_book_and_ends_with_it(book):
    (first,) = processes(book, "one")
    assert processes(book, "two") == {first}
    book.close()
    assert not psutil.pid_exists(first)


@pytest.mark.parametrize("given", [False, True])
def test_one_worker_serves_all_rounds_of_a_procedure(tmp_path, monkeypatch, given):
    began = []
    start = WorkerProcess.__init__

    def counted(self, *args, **more):
        start(self, *args, **more)
        began.append(self.pid)

    monkeypatch.setattr(WorkerProcess, "__init__", counted)
    how = {"executor": LocalExecutor(1)} if given else {"workers": 1}
    with tb.Book(tmp_path / "p.db", objective=tb.minimize("valid/loss")) as book:
        said = book.procedure(
            "batch-size", quadratic.train, **how, progress=False, **quadratic.SHORT
        )
        assert said.finished and len(book.rounds) > 2
        assert psutil.pid_exists(began[0]) is not given
    assert len(began) == 1 and not psutil.pid_exists(began[0])


@pytest.mark.parametrize("change", ["training file", "module beside it", "module used later"])
def test_changed_code_runs_in_a_fresh_worker(book, tmp_path, monkeypatch, change):
    monkeypatch.chdir(tmp_path)
    own, beside, later = (tmp_path / f"{n}.py" for n in ("own_train", "beside_it", "used_later"))
    texts = {own: "import beside_it, os\ndef train(trial):\n    import used_later\n"
                  "    return OWN + beside_it.A + used_later.B\nOWN = 0\n",
             beside: "A = 0\n", later: "B = 0\n"}  # fmt: skip
    for file, text in texts.items():
        file.write_text(text)

    def value(goal):
        asked = book.round(goal, nuisance=RATES, trials=2, max_train_steps=1)
        asked.run("own_train.py:train", workers=1, progress=False)
        return set(asked.values().values())

    assert value("one") == {0.0}
    changed = {"training file": own, "module beside it": beside, "module used later": later}[
        change
    ]
    changed.write_text(texts[changed].replace("= 0", "= 8"))  # as long as before
    assert value("two") == {8.0}


def test_an_unchanged_file_is_loaded_once_for_all_rounds(book, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own_steady.py").write_text(
        "import os\ndef train(trial):\n    return os.getpid()\n"
    )
    (first,) = processes(book, "one", "own_steady.py:train")
    assert processes(book, "two", "own_steady.py:train") == {first}


def test_a_changed_function_of_a_notebook_runs_in_a_fresh_worker(book):
    def made(value):
        return lambda trial: value

    assert processes(book, "one", made(1.0)) == {1}
    assert processes(book, "two", made(2.0)) == {2}


def test_another_environment_or_count_has_workers_of_its_own(book, monkeypatch):
    (first,) = processes(book, "one")
    monkeypatch.setenv("OF_THE_WORKLOAD", "new")
    (second,) = processes(book, "two")
    assert second != first
    assert not psutil.pid_exists(first)
    assert processes(book, "three", workers=2).isdisjoint({first, second})
    assert not psutil.pid_exists(second)


def test_a_run_elsewhere_ends_them_first(book):
    (first,) = processes(book, "one")
    processes(book, "two", workers=0)
    assert not psutil.pid_exists(first)


def test_a_worker_killed_while_idle_costs_no_trial(book):
    (first,) = processes(book, "one")
    os.kill(first, signal.SIGKILL)
    (second,) = processes(book, "two")
    assert second != first
    assert all(t.attempt == 1 for t in book.rounds[1].trials)


def test_idle_workers_end_by_themselves(book):
    book._kept = KeptWorkers(idle_s=0.05)
    (first,) = processes(book, "one")
    assert gone(first)
    assert first not in processes(book, "two")


@pytest.mark.parametrize("end", ["its script's end", "SIGKILL"])
def test_none_outlives_the_process_of_a_book(tmp_path, end):
    script = textwrap.dedent("""
        import os, signal, sys
        import tunebook as tb
        def who(trial):
            return float(os.getpid())
        book = tb.Book("b.db", objective=tb.minimize("loss"))
        asked = book.round("q", nuisance={"x": tb.uniform(0, 1)}, trials=2, max_train_steps=1)
        asked.run(who, workers=1, progress=False)
        print(int(asked.best.value), flush=True)
        if sys.argv[1] == "SIGKILL":
            os.kill(os.getpid(), signal.SIGKILL)
    """)
    ended = subprocess.run(
        [sys.executable, "-c", script, end], capture_output=True, text=True, cwd=tmp_path
    )
    assert gone(int(ended.stdout))


def test_a_forked_child_leaves_them_alone(book):
    (first,) = processes(book, "one")
    child = os.fork()
    if child == 0:
        book._kept.end()
        os._exit(0)
    os.waitpid(child, 0)
    assert processes(book, "two") == {first}


def test_a_second_run_at_the_same_time_has_workers_of_its_own():
    kept = KeptWorkers()
    first = kept.lend(1)
    assert isinstance(kept.lend(1), LocalExecutor)
    kept.end()  # not under a run
    assert kept._held == [first]
    first.close()
    assert kept.lend(1) is first


def test_a_file_written_since_the_process_began_counts_as_changed(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "written_early.py").write_text("A = 1\n")
    time.sleep(0.1)
    files = LoadedFiles()
    import written_early

    assert not files.changed()
    (tmp_path / "written_late.py").write_text(f"A = {written_early.A}\n")
    import written_late

    assert written_late.A == 1
    assert files.changed()


def test_a_worker_wears_out_by_trials_or_by_memory(monkeypatch):
    held = iter([100.0] * MOST_TRIALS)
    monkeypatch.setattr("tunebook.training.wear.held_memory_mb", lambda: next(held))
    wear = Wear()
    assert [wear.worn() for _ in range(MOST_TRIALS)] == [False] * (MOST_TRIALS - 1) + [True]
    grown = iter([100.0, 200.0 + GROWN_MB, 201.0 + GROWN_MB])
    monkeypatch.setattr("tunebook.training.wear.held_memory_mb", lambda: next(grown))
    wear = Wear()
    assert [wear.worn() for _ in range(3)] == [False, False, True]


def test_a_leak_is_bounded(book):
    def leaking(trial, held=[]):  # noqa: B006 - what a trial leaves behind
        import os

        held.append(bytearray(os.urandom(1) * 300_000_000))
        return float(os.getpid())

    assert len(processes(book, "one", leaking, trials=5)) > 1
