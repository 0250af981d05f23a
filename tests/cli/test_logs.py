"""D6: what a trial printed, while it runs and afterwards."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from tunebook.book.trial_view import beyond
from waiting import HANG_S, until

TRAIN = """
import time
def train(trial):
    for step in range(6):
        print("step", step, flush=True)
        trial.report(step, {"loss": 1 / (step + 1)})
        time.sleep(0.4)
    if trial.number == 1:
        raise ValueError("unlucky")
"""
ROUND = """
goal = "What is printed?"
train = "t.py:train"
trials = 2
max_train_steps = 6
[nuisance]
x = { low = 0.0, high = 1.0 }
[book]
name = "logs"
objective = "minimize:loss"
"""


def test_a_trial_is_followed_to_its_end_and_read_afterwards(tunebook, tmp_path):
    (tmp_path / "t.py").write_text(TRAIN, "utf-8")
    (tmp_path / "r.toml").write_text(ROUND, "utf-8")
    cli = [sys.executable, "-c", "from tunebook.cli import main; main()"]
    environment = {k: v for k, v in os.environ.items() if k != "TUNEBOOK_BOOK"}
    running = subprocess.Popen([*cli, "run", "r.toml", "--workers", "1"], cwd=tmp_path,
                               env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    try:
        until(lambda: (tmp_path / "logs.files/round-1").exists())
        followed = tunebook("logs", "1.1", "--follow").stdout
    finally:
        running.wait(HANG_S)
    assert [line for line in followed.splitlines() if line.startswith("step")] == [
        f"step {n}" for n in range(6)
    ]
    assert "ValueError: unlucky" in followed
    assert "step 5" in tunebook("logs", "1.0").stdout
    told = json.loads(tunebook("logs", "1.1", "--json").stdout)
    assert told["trial"] == "1.1" and "unlucky" in told["printed"]


def test_a_trial_that_is_not_there_is_named(tunebook, tmp_path):
    (tmp_path / "t.py").write_text(TRAIN.replace("0.4", "0").replace("== 1", "== 9"), "utf-8")
    (tmp_path / "r.toml").write_text(ROUND, "utf-8")
    tunebook("run", "r.toml", "--workers", "0")
    assert "has no '1.7'" in tunebook("logs", "1.7", code=1).stderr


def test_what_was_not_shown_of_the_end():
    assert beyond("a\nb\n", "a\nb") == ""
    assert beyond("x\na\nb\n", "b\nc\n") == "\nc\n"
    assert beyond("", "a") == "a\n"
    assert beyond("abc", "xyz") == "xyz\n"
    assert beyond("abc", "") == ""
