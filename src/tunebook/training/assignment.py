"""What a worker is told about one trial, and what it answers: JSON lines over two pipes.

The host writes `{"assignment": ..., "code": ...}` for each trial; the code stands in the first one
that a worker gets. The worker answers `{"said": "ready"}` once it has started, `"loaded"` once it
has the training code (or `"unloadable"` with `"why"`), and `"ended"` with `"healthy"`: whether it
can train another trial. `"unwritable"` and `"busy"`, with `"why"`: its log can't be written, or
another process still holds the trial.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tunebook.domain.design import Direction, Objective
from tunebook.domain.trial import Purpose, TrialKey, TrialRecord
from tunebook.training.log import AttemptFiles


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingCode:
    """Training code on its way to a worker.

    Attributes:
        path: `package.module:function` or `train.py:function`; empty where it goes by value.
        text, sha256: its source, for the record.
        blob: the function by value (cloudpickle), for our own worker's pipe alone.
        call: the function itself, for trials that run here.
        sys_path, cwd: where the worker looks for modules and files.
        script: what training finds as `sys.argv[0]`.
        logging: levels by logger's name, format and date format of the script whose function
            goes by value; empty where it set none.
    """

    path: str
    text: str
    sha256: str
    blob: bytes | None
    call: Callable[..., Any] | None
    sys_path: tuple[str, ...]
    cwd: str
    script: str = ""
    logging: Mapping[str, Any] = field(default_factory=dict)

    def known_from(self, earlier: TrainingCode | None) -> bool:
        """True where a worker that has the earlier code need not be sent this: data may be large.

        Code that goes by its name is read again, since its file may have changed.
        """
        if self is earlier:
            return True
        if earlier is None or self.blob is None:
            return False
        return (self.blob, self.sys_path, self.cwd) == (
            earlier.blob, earlier.sys_path, earlier.cwd,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """One attempt at a trial.

    Attributes:
        trial: its record, with the attempt's number.
        files: where it writes.
        code: what trains.
        objective, training_objective, chance: of the book.
        time_limit_s, memory_limit_mb: enforced by the host; the first is told to training.
        evaluations: how often it is asked to evaluate.
        varied: names of the hyperparameters that vary and exist here.
        decided_by: for hyperparameters that exist in some trials only, what decides about it.
        reported: (step, value) of the objective from earlier attempts; what lies before the step
            from which training resumes belongs to this trial's curve.
        checkpoints_at: URL of the folder of its checkpoints; empty for `files.checkpoints`.
    """

    trial: TrialRecord
    files: AttemptFiles
    code: TrainingCode
    objective: Objective
    training_objective: str = ""
    chance: float | None = None
    time_limit_s: float | None = None
    memory_limit_mb: int | None = None
    evaluations: int = 20
    varied: tuple[str, ...] = ()
    decided_by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    reported: tuple[tuple[int, float], ...] = ()
    checkpoints_at: str = ""


def checkpoints_at(place: str, key: TrialKey) -> str:
    """Where a trial's checkpoints lie in a place of the whole book; empty for no such place."""
    return f"{place.rstrip('/')}/round-{key.round}/{key.number}" if place else ""


def encode(assignment: Assignment, *, with_code: bool) -> bytes:
    """The line that hands an assignment to a worker."""
    t, code = assignment.trial, assignment.code
    content: dict[str, Any] = {
        "assignment": {
            "round": t.round,
            "number": t.number,
            "study": t.study,
            "index": t.index,
            "config": dict(t.config),
            "seed": t.seed,
            "max_train_steps": t.max_train_steps,
            "purpose": t.purpose,
            "attempt": t.attempt,
            "files": {
                "log": str(assignment.files.log),
                "lock": str(assignment.files.lock),
                "output": str(assignment.files.output),
                "checkpoints": str(assignment.files.checkpoints),
            },
            "objective": [
                assignment.objective.metric,
                assignment.objective.direction,
                assignment.objective.reduced,
            ],
            "training_objective": assignment.training_objective,
            "chance": assignment.chance,
            "time_limit_s": assignment.time_limit_s,
            "evaluations": assignment.evaluations,
            "varied": assignment.varied,
            "decided_by": dict(assignment.decided_by),
            "reported": assignment.reported,
            "checkpoints_at": assignment.checkpoints_at,
        }
    }
    if with_code:
        content["code"] = {
            "path": code.path,
            "blob": None if code.blob is None else base64.b64encode(code.blob).decode(),
            "sys_path": code.sys_path,
            "cwd": code.cwd,
            "script": code.script,
            "logging": dict(code.logging),
        }
    return json.dumps(content).encode() + b"\n"


def decode(line: bytes, earlier: TrainingCode | None) -> Assignment:
    """The assignment of a line; its code is the `earlier` one where the line holds none."""
    content = json.loads(line)
    told, code = content["assignment"], earlier
    if "code" in content:
        sent = content["code"]
        code = TrainingCode(
            path=sent["path"],
            text="",
            sha256="",
            blob=None if sent["blob"] is None else base64.b64decode(sent["blob"]),
            call=None,
            sys_path=tuple(sent["sys_path"]),
            cwd=sent["cwd"],
            script=sent["script"],
            logging=sent["logging"],
        )
    assert code is not None
    metric, direction, reduce = told["objective"]
    return Assignment(
        trial=TrialRecord(
            round=told["round"],
            number=told["number"],
            study=told["study"],
            index=told["index"],
            config=told["config"],
            seed=told["seed"],
            max_train_steps=told["max_train_steps"],
            purpose=Purpose(told["purpose"]),
            attempt=told["attempt"],
        ),
        files=AttemptFiles(**{name: Path(path) for name, path in told["files"].items()}),
        code=code,
        objective=Objective(metric, Direction(direction), reduce),
        training_objective=told["training_objective"],
        chance=told["chance"],
        time_limit_s=told["time_limit_s"],
        evaluations=told["evaluations"],
        varied=tuple(told["varied"]),
        decided_by={name: tuple(on) for name, on in told["decided_by"].items()},
        reported=tuple((step, value) for step, value in told["reported"]),
        checkpoints_at=told["checkpoints_at"],
    )
