"""D6: what the doctor says of books that are well and of books that are not."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from sizes import some_slow
from waiting import until

TRAIN = """
import time
def train(trial):
    for step in range(50):
        trial.report(step, {"loss": 1 / (step + 1)})
        time.sleep(PAUSE)
"""
ROUND = """
goal = "Is all well?"
train = "t.py:train"
trials = 3
max_train_steps = 50
[nuisance]
x = { low = 0.0, high = 1.0 }
[book]
name = "well"
objective = "minimize:loss"
"""


@pytest.fixture
def ready(tmp_path):
    def write(pause):
        (tmp_path / "t.py").write_text(TRAIN.replace("PAUSE", str(pause)), "utf-8")
        (tmp_path / "r.toml").write_text(ROUND, "utf-8")
        return tmp_path

    return write


def test_a_book_that_is_well(tunebook, ready):
    ready(0)
    tunebook("run", "r.toml", "--workers", "0")
    said = tunebook("doctor", "--json").stdout
    told = json.loads(said)
    assert told["schema"] == 2
    states = {one["what"]: one["state"] for one in told["checkups"]}
    assert set(states) == {"book", "leftovers", "versions", "disk", "clock", "workers", "clusters"}
    assert set(states.values()) <= {"good", "warning"}
    assert states["book"] == states["workers"] == "good"
    assert "1 round, 3 trials" in said


def test_a_killed_run_and_stray_files_are_seen(tunebook, ready):
    folder = ready(0.2)
    cli = [sys.executable, "-c", "from tunebook.cli import main; main()"]
    environment = {k: v for k, v in os.environ.items() if k != "TUNEBOOK_BOOK"}
    running = subprocess.Popen([*cli, "run", "r.toml", "--workers", "1"], cwd=folder,
                               env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    until(lambda: list(folder.glob("well.files/round-1/*.log")))
    running.send_signal(signal.SIGKILL)
    running.wait()
    (folder / "well.files/round-9").mkdir()
    (folder / "well.files/round-9/4.a1.log").write_text("who was I?")
    said = tunebook("doctor").stdout
    assert "belong to a run on this machine that is gone" in " ".join(said.split())
    assert "1 file in well.files belong to no trial" in " ".join(said.split())
    assert "round-9/4.a1.log" in said


@pytest.mark.parametrize("where", some_slow([0, 100, 4096], [100]))
def test_a_damaged_file_is_a_problem(tunebook, ready, where):
    folder = ready(0)
    tunebook("run", "r.toml", "--workers", "0")
    book = folder / "well.db"
    content = bytearray(book.read_bytes())
    content[where : where + 400] = b"\xff" * 400
    book.write_bytes(content)
    ended = tunebook("doctor", code=1)
    assert "✗ book" in ended.stdout
    assert "Next: " in ended.stdout
    assert "✓ workers" in ended.stdout, "the rest is looked at all the same"


def test_without_a_book_it_says_where_one_would_be(tunebook):
    assert "there is no book" in tunebook("doctor", code=2).stderr
