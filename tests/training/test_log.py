"""I2: one writer a trial, one line a report, whole or not at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tunebook.domain.errors import BookBusyError, DesignError
from tunebook.domain.trial import Cause, Outcome, Status, TrialKey
from tunebook.training.log import (
    TrialLog,
    attempt_files,
    holder_of,
    read_log,
    take_lock,
)
from waiting import HANG_S, lines, until


@pytest.fixture
def files(tmp_path):
    return attempt_files(tmp_path, TrialKey(1, 7), 1)


def write(files, steps=3):
    log = TrialLog(files)
    log.start(0)
    for step in range(steps):
        log.measure(step, {"loss": 1.0 / (step + 1), "déjà vu": float("nan")})
    return log


def test_what_was_written_is_read(files):
    log = write(files)
    log.end(Outcome(status=Status.INFEASIBLE, cause=Cause.DECLARED, detail="é", unread=("x",)))
    log.close()
    part = read_log(files.log)
    assert (part.lines, part.damaged, part.first_step) == (5, 0, 0)
    assert [m.value for m in part.measurements if m.metric == "loss"] == [1.0, 0.5, 1 / 3]
    assert part.outcome.cause is Cause.DECLARED
    assert part.outcome.unread == ("x",)


def test_a_torn_tail_was_never_acknowledged(files):
    write(files).close()
    whole = files.log.read_bytes()
    files.log.write_bytes(whole + b'deadbeef {"s":3,"t":0,"m":{"lo')
    assert read_log(files.log).lines == 4
    assert read_log(files.log).offset == len(whole)


def test_a_damaged_line_is_passed_over_and_counted(files):
    write(files).close()
    content = bytearray(files.log.read_bytes())
    content[content.index(b'"s":1') + 4] ^= 1
    files.log.write_bytes(content)
    part = read_log(files.log)
    assert part.damaged == 1
    assert [m.step for m in part.measurements if m.metric == "loss"] == [0, 2]


def test_reading_goes_on_where_it_stopped(files):
    log = write(files, 2)
    first = read_log(files.log)
    log.measure(2, {"loss": 0.1})
    log.close()
    for more in (read_log(files.log, offset=first.offset), read_log(files.log, skip_lines=3)):
        assert [(m.step, m.value) for m in more.measurements] == [(2, 0.1)]
        assert more.lines == 1


def test_a_second_writer_is_refused(files):
    log = write(files)
    script = (
        "import sys; from pathlib import Path; from tunebook.training.log import take_lock;"
        "take_lock(Path(sys.argv[1]))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, str(files.lock)], capture_output=True, text=True
    )
    assert "TrialBusyError" in ended.stderr
    assert str(os.getpid()) in ended.stderr, "the holder is named"
    log.close()
    subprocess.run([sys.executable, "-c", script, str(files.lock)], check=True)


def test_a_forked_child_does_not_hold_the_lock(files):
    """A data loader's process outlives its trial; the next attempt must not wait for it."""
    script = """
import os, sys, time
from pathlib import Path
from tunebook.training.log import take_lock
take_lock(Path(sys.argv[1]))
child = os.fork()
if child == 0:
    os.close(1)
    time.sleep(600)
    os._exit(0)
print(child, flush=True)
os._exit(0)
"""
    parent = subprocess.run(
        [sys.executable, "-c", script, str(files.lock)], stdout=subprocess.PIPE, text=True,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    child = int(parent.stdout)
    try:
        descriptor = take_lock(files.lock)
        os.close(descriptor)
    finally:
        os.kill(child, signal.SIGKILL)


def test_waiting_for_a_lock_ends(files):
    holder = subprocess.Popen(
        [sys.executable, "-c",
         "import sys, time; from pathlib import Path; from tunebook.training.log import take_lock;"
         "take_lock(Path(sys.argv[1])); print('held', flush=True); time.sleep(600)",
         str(files.lock)],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert holder.stdout.readline() == "held\n"
        assert holder_of(files.lock) == holder.pid
        began = time.monotonic()
        with pytest.raises(BookBusyError):
            take_lock(files.lock, wait_s=0.3)
        assert time.monotonic() - began >= 0.3
    finally:
        holder.kill()
        holder.communicate()
    os.close(take_lock(files.lock, wait_s=HANG_S))


REPORTS = """
import resource, sys
from pathlib import Path
from tunebook.training.log import TrialLog, attempt_files
from tunebook.domain.trial import TrialKey
files = attempt_files(Path(sys.argv[1]), TrialKey(1, 7), 1)
log = TrialLog(files)
log.start(0)
if sys.argv[2] == "full":
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
    import signal
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
side = open(Path(sys.argv[1]) / "side", "a")
for step in range(10**7):
    try:
        log.measure(step, {"loss": 0.5, "train/loss": 0.25, "rate": 0.1})
    except OSError as error:
        print(error)
        break
    if sys.argv[2] != "full":
        side.write(f"{step}\\n"); side.flush()
    else:
        print(step)
"""


@pytest.mark.parametrize("after", [1, 300, 5000])
def test_a_killed_writer_loses_nothing_that_returned(tmp_path, files, after):
    writer = subprocess.Popen([sys.executable, "-c", REPORTS, str(tmp_path), "kill"])
    until(lambda: lines(tmp_path / "side") >= after)
    writer.kill()
    writer.wait()
    steps = {m.step for m in read_log(files.log).measurements}
    noted = (tmp_path / "side").read_text().split("\n")[:-1]
    assert {int(x) for x in noted} <= steps


def test_a_full_disk_is_said_and_what_was_recorded_stays(tmp_path, files):
    ended = subprocess.run(
        [sys.executable, "-c", REPORTS, str(tmp_path), "full"], capture_output=True, text=True
    )
    *noted, said = ended.stdout.splitlines()
    assert "disk is full" in said or "too large" in said.lower()
    kept = {m.step for m in read_log(files.log).measurements}
    assert {int(x) for x in noted} == kept


def test_a_report_costs_little(files, capsys):
    log = TrialLog(files)
    log.start(0)
    began = time.process_time()
    for step in range(2000):
        log.measure(step, {"loss": 0.5, "train/loss": 0.25, "rate": 0.1})
    each = (time.process_time() - began) / 2000
    log.close()
    with capsys.disabled():
        print(f" [{each * 1e6:.1f} µs a report]", end="")
    assert each < 1e-3


def test_files_of_attempts_are_apart_and_those_of_the_trial_shared():
    one, two = (attempt_files(Path("b.files"), TrialKey(3, 17), n) for n in (1, 2))
    assert one.log != two.log
    assert (one.lock, one.checkpoints) == (two.lock, two.checkpoints)


def test_each_report_is_synced_where_that_is_asked_for(assign, monkeypatch):
    synced = []
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: synced.append(fsync(file)))
    for every, least, most in (("0", 5, 5), ("100", 0, 0)):
        monkeypatch.setenv("TUNEBOOK_SYNC_EVERY_S", every)
        log = TrialLog(assign().files)
        synced.clear()
        log.start(0)
        for step in range(4):
            log.measure(step, {"loss": 0.5})
        assert least <= len(synced) <= most
        log.close()


@pytest.mark.parametrize("told", ["often", "-1", "nan", "inf"])
def test_a_time_between_syncs_that_is_none_is_told(assign, monkeypatch, told):
    monkeypatch.setenv("TUNEBOOK_SYNC_EVERY_S", told)
    with pytest.raises(DesignError, match="a number of seconds"):
        TrialLog(assign().files)
