"""Short trials: claimed many at a time, ends recorded together, and nothing lost to a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time

from tunebook.execution import RunOptions
from tunebook.execution.code import training_code
from tunebook.execution.inline import InlineExecutor
from tunebook.execution.queue import CLAIM_AHEAD, MOST_AHEAD, TrialQueue
from tunebook.execution.scheduler import run_trials
from waiting import HANG_S


def counted(where, what, monkeypatch):
    calls = []
    real = getattr(where, what)

    def noted(*args, **more):
        calls.append(args)
        return real(*args, **more)

    monkeypatch.setattr(where, what, noted)
    return calls


def test_short_trials_are_claimed_and_recorded_in_groups(make_book, monkeypatch):
    store = make_book([{"x": x} for x in range(60)])
    claims = counted(store, "claim", monkeypatch)
    takes = counted(store, "take_in", monkeypatch)

    def train(trial):
        return 1.0

    run_trials(store, 1, training_code(train, here=True), RunOptions(workers=0))
    assert all(t.attempt == 1 for t in store.trials(1))
    assert len(claims) < 15
    assert len(takes) < 40


def test_long_trials_are_claimed_two_a_worker(make_book):
    store = make_book([{"x": 1}])
    queue = TrialQueue(
        store=store, stored=store.round(1), host="h", code=training_code(len, here=True),
        purpose=None, options=RunOptions(executor=InlineExecutor()),
    )  # fmt: skip
    assert queue._ahead() == CLAIM_AHEAD
    queue._recent_s.extend([3.0, 4.0, 0.001])
    assert queue._ahead() == CLAIM_AHEAD
    queue._recent_s.extend([0.05] * 10)
    assert CLAIM_AHEAD < queue._ahead() < MOST_AHEAD
    queue._recent_s.extend([0.0] * 20)
    assert queue._ahead() == MOST_AHEAD


def test_a_killed_host_repeats_no_trial_that_had_ended(make_book, tmp_path):
    count, workers = 80, 2
    store = make_book([{"x": x} for x in range(count)])
    note = tmp_path / "trained"
    (tmp_path / "short_training.py").write_text(
        f"import time\ndef train(trial):\n    time.sleep(0.01)\n"
        f"    open({str(note)!r}, 'a').write(f'{{trial.number}}\\n')\n    return 1.0\n"
    )
    code = textwrap.dedent(f"""
        from tunebook.execution import RunOptions
        from tunebook.execution.code import training_code
        from tunebook.execution.scheduler import run_trials
        from tunebook.store.sql import SqlStore
        store = SqlStore.open({store.location!r}, create=False)
        run_trials(store, 1, training_code("short_training.py:train"), RunOptions(workers={workers}))
    """)
    host = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path)
    until = time.monotonic() + HANG_S
    while time.monotonic() < until and not (note.exists() and len(note.read_text().split()) > 20):
        time.sleep(0.005)
    os.kill(host.pid, signal.SIGKILL)
    host.wait()
    named = training_code(f"{tmp_path}/short_training.py:train")
    run_trials(store, 1, named, RunOptions(workers=workers))
    trained = note.read_text().split()
    assert {t.status.value for t in store.trials(1)} == {"complete"}
    assert set(trained) == {str(n) for n in range(count)}
    # Only a trial under way at the kill may be trained again: one for each worker.
    assert len(trained) <= count + workers
