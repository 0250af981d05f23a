"""The worker as a process: it dies with its host, with all that it started."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import cloudpickle
import psutil
import pytest

from tunebook.training.assignment import TrainingCode, decode, encode
from tunebook.training.log import read_log
from tunebook.words.trial import Cause, Status
from waiting import HANG_S, until


class Host:
    """The host's end of a worker's pipes."""

    def __init__(self) -> None:
        hear, self.tell = os.pipe()
        self.replies, say = os.pipe()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tunebook.training.worker", str(hear), str(say)],
            pass_fds=(hear, say), start_new_session=True, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(hear)
        os.close(say)
        self._rest = b""

    def train(self, assignment, *, with_code=True):
        os.write(self.tell, encode(assignment, with_code=with_code))

    def until(self, said):
        """Read replies until one says this."""
        while True:
            while b"\n" not in self._rest:
                part = os.read(self.replies, 1 << 16)
                assert part, "the worker said no more"
                self._rest += part
            line, _, self._rest = self._rest.partition(b"\n")
            message = json.loads(line)
            if message["said"] == said:
                return message


@pytest.fixture
def host():
    made = Host()
    yield made
    made.process.kill()
    made.process.wait()


def by_value(assignment, train):
    from dataclasses import replace

    code = TrainingCode(
        path="", text="", sha256="", blob=cloudpickle.dumps(train), call=None,
        sys_path=tuple(sys.path), cwd=os.getcwd(),
    )  # fmt: skip
    return replace(assignment, code=code)


def test_an_assignment_survives_the_wire(assign):
    asked = by_value(assign(chance=0.9, time_limit_s=3.5, reported=((1, 0.5),)), len)
    got = decode(encode(asked, with_code=True), None)
    assert got.trial == asked.trial
    assert (got.files, got.objective, got.varied) == (asked.files, asked.objective, asked.varied)
    assert got.code.blob == asked.code.blob
    assert decode(encode(asked, with_code=False), got.code).code is got.code


def test_one_worker_trains_several_trials(host, assign):
    def train(trial):
        print("pid", os.getpid())
        subprocess.run(["echo", "from a child"], check=True)
        return 0.5

    pids = set()
    for n in (1, 2, 3):
        assignment = by_value(assign(attempt=n), train)
        host.train(assignment, with_code=n == 1)
        assert host.until("ended")["healthy"]
        output = assignment.files.output.read_text()
        assert "from a child" in output
        pids.add(output.split()[1])
        assert read_log(assignment.files.log).outcome.status is Status.COMPLETE
    assert pids == {str(host.process.pid)}


def test_a_fault_ends_the_worker_after_its_log(host, assign):
    def train(trial):
        raise ValueError("no")

    assignment = by_value(assign(), train)
    host.train(assignment)
    assert not host.until("ended")["healthy"]
    host.process.wait(HANG_S)
    assert read_log(assignment.files.log).outcome.cause is Cause.CRASHED
    assert "Traceback" in assignment.files.output.read_text()


def test_code_that_can_not_be_loaded_is_said(host, assign, tmp_path):
    from dataclasses import replace

    (tmp_path / "broken.py").write_text("import nothing_of_that_name\n")
    code = TrainingCode(path="broken.py:train", text="", sha256="", blob=None, call=None,
                        sys_path=(str(tmp_path),), cwd=str(tmp_path))  # fmt: skip
    host.train(replace(assign(), code=code))
    assert "nothing_of_that_name" in host.until("unloadable")["why"]


@pytest.mark.parametrize("busy", [True, False])
def test_it_dies_with_its_host_and_takes_its_children_along(host, assign, tmp_path, busy):
    note = tmp_path / "child"

    def train(trial):
        child = os.fork()
        if child == 0:
            time.sleep(HANG_S)
            os._exit(0)
        note.write_text(str(child))
        while busy:
            pass
        time.sleep(HANG_S)

    host.train(by_value(assign(), train))
    until(lambda: note.exists() and note.read_text())
    child = int(note.read_text())
    os.close(host.tell)
    host.process.wait(HANG_S / 3)  # sooner than the child would end by itself
    until(lambda: not _alive(child), HANG_S / 3)


def _alive(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
