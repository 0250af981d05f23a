"""I2: `run` and `try` end with what would use the machine; `nvidia-smi` is a script here."""

from __future__ import annotations

import json
import os

import pytest

TRAIN = """\
import sys, types
sys.modules["torch"] = types.SimpleNamespace(
    cuda=types.SimpleNamespace(is_available=lambda: False))

def train(trial):
    if trial.config["x"] > 0.5:
        raise MemoryError("no room")
    for step in range(trial.max_train_steps):
        if trial.evaluate_at(step):
            trial.report(step, {"loss": trial.config["x"]})
"""
FILE = """\
goal = "q?"
train = "train.py:train"
trials = 6
max_train_steps = 4

[nuisance]
x = { low = 0.0, high = 1.0 }

[book]
name = "b"
objective = "minimize:loss"
"""


@pytest.fixture
def two_gpus(tmp_path):
    """A folder with a round, and PATH with an `nvidia-smi` that lists two GPUs."""
    (tmp_path / "train.py").write_text(TRAIN, "utf-8")
    (tmp_path / "r.toml").write_text(FILE, "utf-8")
    tool = tmp_path / "bin/nvidia-smi"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\nprintf '0\\n1\\n'\n", "utf-8")
    tool.chmod(0o755)
    return {"PATH": f"{tool.parent}{os.pathsep}{os.environ['PATH']}"}


def test_a_run_ends_with_what_this_machine_would_take(tunebook, two_gpus, monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    told = json.loads(tunebook("run", "r.toml", "--workers", "2", "--json", **two_gpus).stdout)
    memory, gpu = told["hints"]
    assert "3 trials ran out of memory" in memory and "--memory-limit" in memory
    assert "2 GPUs" in gpu and 'gpus = "all"' in gpu
    again = tunebook("run", "r.toml", "--workers", "2", **two_gpus)
    assert "Hint:" not in again.stdout, "nothing ran"


def test_a_test_run_says_that_the_gpu_was_not_used(tunebook, two_gpus, monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    said = tunebook("try", "r.toml", **two_gpus).stdout
    assert said.count("Hint:") == 1 and "2 GPUs" in said
    (hint,) = json.loads(
        tunebook("try", "r.toml", "--json", CUDA_VISIBLE_DEVICES="", **two_gpus).stdout
    )["hints"]
    assert "CUDA_VISIBLE_DEVICES" in hint
    assert "Hint:" not in tunebook("try", "r.toml").stdout
