"""The guard of the suite's own cost: a test that uses too much processor time fails."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sizes import some_slow

TESTS = Path(__file__).parents[1]
SCRIPT = """
import subprocess, sys, time
import pytest

def busy(seconds):
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass

def test_itself():
    busy(0.6)

def test_a_child():
    subprocess.run([sys.executable, "-c",
        "import time\\nwhile time.process_time() < 0.6: pass"], check=True)

def test_that_waits():
    time.sleep(0.6)

@pytest.mark.processor_limit(30)
def test_with_a_limit_of_its_own():
    busy(0.6)
"""
SETTINGS = """
[pytest]
pythonpath = {tests}
markers =
    slow: later
    level(n): much later
    processor_limit(seconds): its own
"""


@pytest.mark.parametrize("workers", some_slow(["0", "1"], ["1"]))
def test_a_test_over_the_limit_of_processor_time_fails(tmp_path, workers):
    (tmp_path / "conftest.py").write_text((TESTS / "conftest.py").read_text("utf-8"), "utf-8")
    (tmp_path / "pytest.ini").write_text(SETTINGS.format(tests=TESTS), "utf-8")
    (tmp_path / "test_some.py").write_text(SCRIPT, "utf-8")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")}
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", workers, "--processor-limit", "0.5",
         "--processor-times", "times.txt", "-p", "no:cacheprovider"],
        cwd=tmp_path, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    outcomes = ended.stdout.splitlines()[-1]
    # A teardown that fails leaves its test passed: four passed, and two over the limit.
    assert ended.returncode == 1, ended.stdout
    assert "4 passed" in outcomes and "2 error" in outcomes, ended.stdout
    times = {
        name.rpartition("::")[2]: float(seconds)
        for seconds, name in (
            line.split("\t") for line in (tmp_path / "times.txt").read_text("utf-8").splitlines()
        )
    }
    assert list(times)[-1] == "test_that_waits"
    assert all(times[n] > 0.5 for n in ("test_itself", "test_a_child"))
