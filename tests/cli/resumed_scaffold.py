"""Train a scaffolded script, stop it after a checkpoint, and train it again: FRAMEWORK FOLDER."""

from __future__ import annotations

import importlib.util
import json
import sys
import threading
from importlib.resources import files
from pathlib import Path

from tunebook.domain.design import Objective
from tunebook.domain.trial import TrialRecord
from tunebook.training.assignment import Assignment, TrainingCode
from tunebook.training.attempt import train_once
from tunebook.training.log import attempt_files, read_log

CONFIG = {
    "optimizer": "adamw",
    "learning_rate": 1e-3,
    "schedule": "cosine",
    "width": 32,
    "depth": 2,
}


def main(framework: str, folder: Path) -> list[dict[str, object]]:
    """What either attempt reported."""
    script = folder / "train.py"
    asset = files("tunebook.cli").joinpath("assets", f"train_{framework}.py.txt")
    script.write_text(asset.read_text("utf-8"), "utf-8")
    spec = importlib.util.spec_from_file_location("train", script)
    module = importlib.util.module_from_spec(spec)
    sys.modules["train"] = module
    spec.loader.exec_module(module)
    return [attempt(module.train, folder, number, stops=number == 1) for number in (1, 2)]


def attempt(train, folder: Path, number: int, *, stops: bool) -> dict[str, object]:
    """Train once; an error right after the checkpoint of step 29 where it `stops`."""
    trial = TrialRecord(
        round=1, number=0, study="", index=0, config=CONFIG, seed=3, max_train_steps=60, attempt=number
    )  # fmt: skip
    code = TrainingCode(path="", text="", sha256="", blob=None, call=None, sys_path=(), cwd=".")
    assignment = Assignment(
        trial=trial, files=attempt_files(folder, trial.key, number), code=code,
        objective=Objective("valid/error"), evaluations=6,
    )  # fmt: skip

    def watched(handle) -> None:
        checkpoint = handle.checkpoint

        def stopping(step, save, *more) -> None:
            checkpoint(step, save, *more)
            if step >= 29:
                raise RuntimeError("stop here")

        if stops:
            handle.checkpoint = stopping
        train(handle)

    outcome, _ = train_once(assignment, watched, threading.Event())
    lines = [json.loads(x[9:]) for x in assignment.files.log.read_text("utf-8").splitlines()]
    assert read_log(assignment.files.log)
    return {
        "status": outcome.status,
        "detail": outcome.detail,
        "first_step": next(line["start"] for line in lines if "start" in line),
        "steps": [line["s"] for line in lines if "s" in line],
    }


if __name__ == "__main__":
    said = main(sys.argv[1], Path(sys.argv[2]))
    sys.stdout.write("\n" + json.dumps(said) + "\n")
