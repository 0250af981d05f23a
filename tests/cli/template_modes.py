"""Train a scaffolded script, noting each layer's mode: SCRIPT FOLDER [FRAMEWORK to stop and go on]."""

from __future__ import annotations

import json
import sys
import threading
from importlib.resources import files
from pathlib import Path

import resumed_scaffold
import torch
from resumed_scaffold import CONFIG
from torch.nn.modules.module import register_module_forward_pre_hook

from tunebook.domain.design import Objective
from tunebook.domain.trial import TrialRecord
from tunebook.training.assignment import Assignment, TrainingCode
from tunebook.training.attempt import train_once
from tunebook.training.log import attempt_files


def main(script: str, folder: Path) -> dict[str, object]:
    """Modes of the linear layers: (training, gradients wanted) by how often each was seen."""
    sys.path.insert(0, str(folder))
    text = files("tunebook.cli").joinpath("assets", script).read_text("utf-8")
    (folder / "train.py").write_text(text, "utf-8")
    import train

    seen: dict[tuple[bool, bool], int] = {}

    def note(module: torch.nn.Module, given: object) -> None:
        if isinstance(module, torch.nn.Linear):
            mode = (module.training, torch.is_grad_enabled())
            seen[mode] = seen.get(mode, 0) + 1

    register_module_forward_pre_hook(note)
    metric = "valid/loss" if "text" in script else "valid/error"
    trial = TrialRecord(round=1, number=0, study="", index=0, config=CONFIG, seed=3,
                        max_train_steps=12, attempt=1)  # fmt: skip
    code = TrainingCode(path="", text="", sha256="", blob=None, call=None, sys_path=(), cwd=".")
    assignment = Assignment(trial=trial, files=attempt_files(folder, trial.key, 1), code=code,
                            objective=Objective(metric), evaluations=3)  # fmt: skip
    outcome, _ = train_once(assignment, train.train, threading.Event())
    return {
        "status": outcome.status,
        "detail": outcome.detail,
        "modes": [[*mode, count] for mode, count in sorted(seen.items())],
    }


if __name__ == "__main__":
    place = Path(sys.argv[2])
    said = main(sys.argv[1], place)
    if sys.argv[3:]:
        (place / "again").mkdir()
        said["resumed"] = resumed_scaffold.main(sys.argv[3], place / "again")
    sys.stdout.write("\n" + json.dumps(said) + "\n")
