"""A1: scaffolded scripts run as they are, in every framework that is installed."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from sizes import some_slow
from tunebook.cli.set_out.init_command import SCRIPTS
from waiting import HANG_S

NEEDS = {
    "numpy": "numpy", "torch": "torch", "lightning": "lightning", "huggingface": "transformers",
    "keras": "keras", "jax": "jax", "command": "numpy",
}  # fmt: skip


def needs(framework: str) -> None:
    if importlib.util.find_spec(NEEDS[framework]) is None:
        pytest.skip(f"{NEEDS[framework]} is not installed")


SCRIPTED = [(framework, task) for framework, tasks in SCRIPTS.items() for task in tasks]
QUICK = [
    case for case in SCRIPTED if case[0] in ("numpy", "command") or case == ("torch", "tabular")
]
"""The others import or compile for longer."""


@pytest.mark.parametrize(("framework", "task"), some_slow(SCRIPTED, QUICK))
def test_a_scaffold_says_what_it_saw_and_runs(tunebook, tmp_path, framework, task):
    needs(framework)
    asked = ("--framework", framework, "--task", task, "--json")
    told = json.loads(tunebook("init", "new", *asked).stdout)
    (tried,) = told["tried"]
    # What an evaluation costs beside a step is another matter while other work shares the machine.
    warnings = [w for w in told["warnings"] if w["check"] != "I1"]
    assert tried["fault"] == "" and tried["steps"] == 50 and warnings == []
    assert "train/loss" in tried["metrics"] and len(tried["metrics"]) == 2
    # A step too short for the clock has a bound instead.
    assert (tried["step_s"] > 0 or tried["step_most_s"] > 0) and tried["memory_mb"] > 20
    assert (tried["evaluation_share"] is None) == (framework == "command")
    text = (tmp_path / "new/round-1.toml").read_text("utf-8")
    text = text.replace("= 500", "= 60\nevaluations = 5").replace("trials = 4", "trials = 2")
    (tmp_path / "round-1.toml").write_text(text, "utf-8")
    (tmp_path / "train.py").write_text((tmp_path / "new/train.py").read_text("utf-8"), "utf-8")
    tunebook("run", "round-1.toml", "--workers", "1")
    status = json.loads(tunebook("status", "--json").stdout)
    assert status["rounds"][0]["trials"] == {"complete": 2}


def told_by(program: str, *arguments: object):
    """What a program of this folder prints last."""
    script = Path(__file__).with_name(program)
    ended = subprocess.run(
        [sys.executable, str(script), *map(str, arguments)],
        capture_output=True, text=True, timeout=HANG_S,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr[-3000:]
    return json.loads(ended.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def in_torch(tmp_path_factory):
    """The script for PyTorch in its modes, stopped and gone on: by one process, which imports it."""
    folder = tmp_path_factory.mktemp("torch")
    return told_by("template_modes.py", "train_torch.py.txt", folder, "torch")


@pytest.mark.parametrize(
    "framework", some_slow(["torch", "lightning", "huggingface", "keras", "jax"], ["torch"])
)
def test_a_scaffold_goes_on_from_its_checkpoint(tmp_path, framework, request):
    needs(framework)
    if framework == "torch":
        first, second = request.getfixturevalue("in_torch")["resumed"]
    else:
        first, second = told_by("resumed_scaffold.py", framework, tmp_path)
    assert first["steps"] == [9, 19, 29] and "stop here" in first["detail"]
    assert second["first_step"] == 30 and second["steps"] == [39, 49, 59]
    assert second["status"] == "complete"


def test_nothing_is_overwritten(tunebook, tmp_path):
    (tmp_path / "train.py").write_text("mine", "utf-8")
    ended = tunebook("init", code=2)
    assert "train.py exists" in ended.stderr
    assert (tmp_path / "train.py").read_text("utf-8") == "mine"


def test_a_task_without_a_script_is_told_where_there_is_one(tunebook):
    ended = tunebook("init", "--framework", "jax", "--task", "image", code=2)
    assert "image is there for torch" in ended.stderr


def test_without_a_test_run_nothing_is_trained(tunebook):
    told = json.loads(tunebook("init", "--no-try", "--json").stdout)
    assert set(told) == {"schema", "written"}


@pytest.mark.parametrize("name", ["pytorch", "PyTorch", "torch"])
def test_a_framework_goes_by_its_own_name_too(tunebook, tmp_path, name):
    tunebook("init", "--framework", name, "--no-try")
    assert "torch_optimizer" in (tmp_path / "train.py").read_text("utf-8")


ON_TORCH = ["train_torch.py.txt", "train_torch_image.py.txt", "train_torch_text.py.txt",
            "train_lightning.py.txt", "train_huggingface.py.txt"]  # fmt: skip


@pytest.mark.parametrize("script", some_slow(ON_TORCH, ["train_torch.py.txt"]))
def test_training_is_in_training_mode_and_evaluation_is_not(tmp_path, script, request):
    """So that dropout and batch norm can be added without another change."""
    needs("torch" if "torch" in script else script.split("_")[1].split(".")[0])
    if script == "train_torch.py.txt":
        told = request.getfixturevalue("in_torch")
    else:
        told = told_by("template_modes.py", script, tmp_path)
    assert told["status"] == "complete", told["detail"]
    modes = {(training, gradients) for training, gradients, _ in told["modes"]}
    assert modes == {(True, True), (False, False)}


@pytest.mark.parametrize("script", ON_TORCH)
def test_a_template_takes_the_fastest_device_there_is(script):
    text = files("tunebook.cli").joinpath("assets", script).read_text("utf-8")
    placed = {"lightning": 'accelerator="auto"', "huggingface": ".to(args.device)"}
    named = script.removeprefix("train_").split(".")[0]
    assert placed.get(named, ".to(device)") in text
    if named.startswith("torch"):
        assert "torch.cuda.is_available()" in text and "torch.backends.mps" in text
        assert "map_location=device" in text
        made, moved = text.index("= torch_optimizer("), text.index(").to(device)\n    optimizer")
        assert moved < made, "weights are on their device before the optimizer is made for them"


def test_frameworks_evaluate_in_their_own_loops():
    texts = {
        name: files("tunebook.cli").joinpath("assets", f"train_{name}.py.txt").read_text("utf-8")
        for name in ("lightning", "huggingface")
    }
    assert "def validation_step" in texts["lightning"]
    assert 'self.log("valid/error"' in texts["lightning"]
    assert 'eval_strategy="steps"' in texts["huggingface"]
    assert "(Trainer)" not in texts["huggingface"], "no subclass that waits for each step"
