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

from tunebook.domain.trial import Cause, Status
from tunebook.training.assignment import TrainingCode, decode, encode
from tunebook.training.log import read_log
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


def test_training_finds_the_arguments_of_a_script_that_has_none(host, assign, tmp_path):
    from dataclasses import replace

    (tmp_path / "parses.py").write_text(
        "import argparse, sys\n"
        "p = argparse.ArgumentParser(); p.add_argument('--width', type=int, default=8)\n"
        "args = p.parse_args()\n"
        "def train(trial):\n    print('argv', sys.argv)\n    return float(p.parse_args().width)\n"
    )
    code = TrainingCode(path="parses.py:train", text="", sha256="", blob=None, call=None,
                        sys_path=(str(tmp_path),), cwd=str(tmp_path))  # fmt: skip
    asked = replace(assign(), code=code)
    host.train(asked)
    assert host.until("ended")["healthy"]
    assert "argv ['parses.py']" in asked.files.output.read_text()
    assert read_log(asked.files.log).measurements[-1].value == 8.0


def test_why_code_that_parses_arguments_can_not_be_loaded(host, assign, tmp_path):
    from dataclasses import replace

    (tmp_path / "needs.py").write_text(
        "import argparse\np = argparse.ArgumentParser()\n"
        "p.add_argument('--data', required=True)\nargs = p.parse_args()\n"
    )
    code = TrainingCode(path="needs.py:train", text="", sha256="", blob=None, call=None,
                        sys_path=(str(tmp_path),), cwd=str(tmp_path))  # fmt: skip
    host.train(replace(assign(), code=code))
    why = host.until("unloadable")["why"]
    assert "required: --data" in why and "(needs.py:4)" in why


def test_a_script_s_logging_is_there_where_its_function_goes_by_value(host, assign):
    from dataclasses import replace

    def train(trial):
        import logging

        logging.getLogger("mine").debug("a debug line")
        logging.getLogger("other").info("an info line")
        return 0.5

    told = {"format": "%(name)s says %(message)s", "datefmt": None, "levels": {"": 20, "mine": 10}}
    asked = by_value(assign(), train)
    asked = replace(asked, code=replace(asked.code, logging=told))
    host.train(asked)
    assert host.until("ended")["healthy"]
    said = asked.files.output.read_text()
    assert "mine says a debug line" in said and "other says an info line" in said


def test_a_function_with_data_is_read_in_linear_time(host, assign):
    """By processor time: four times the data takes at most about six times as long."""
    from dataclasses import replace

    def worker_s(mb):
        made = Host()
        try:
            asked = by_value(assign(attempt=mb), lambda trial: 0.5)
            blob = cloudpickle.dumps(
                (lambda data: lambda trial: float(len(data)))(os.urandom(mb << 20))
            )
            line = encode(replace(asked, code=replace(asked.code, blob=blob)), with_code=True)
            import threading

            sender = threading.Thread(target=write_all, args=(made.tell, line))
            before = made.until("ready") and psutil.Process(made.process.pid).cpu_times()
            sender.start()
            assert made.until("ended")["healthy"]
            after = psutil.Process(made.process.pid).cpu_times()
            sender.join()
            return after.user + after.system - before.user - before.system
        finally:
            made.process.kill()
            made.process.wait()

    small, large = worker_s(16), worker_s(64)
    assert large < 6 * small + 0.5, (small, large)


def write_all(descriptor, content):
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]
