"""What a worker is told about one trial, and what it answers: JSON lines over two pipes.

The host writes `{"assignment": ..., "code": ...}` for each trial; the code stands in the first one
that a worker gets. The worker answers `{"said": "ready"}` once it has started, `"loaded"` once it
has the training code (or `"unloadable"` with `"why"`), and `"ended"` with `"healthy"`: whether it
can train another trial. `"unwritable"` and `"busy"`, with `"why"`: its log can't be written, or
another process still holds the trial. `"stale"`: it was sent code again, which differs from what
it has loaded; it leaves, and another worker is to train the trial.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """One attempt at a trial.

    Attributes:
        trial: its record, with the attempt's number.
        files: where it writes.
        code: what trains.
        objective, training_objective, chance: of the book.
        time_limit_s, memory_limit_mb: enforced by the host, and known to training.
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


_OF_TRIAL = ("round", "number", "study", "index", "config", "seed", "max_train_steps", "purpose",
             "attempt")  # fmt: skip
_OF_CODE = ("path", "sys_path", "cwd", "script", "logging")
_PLAIN = tuple(
    f.name for f in fields(Assignment) if f.name not in ("trial", "files", "objective", "code")
)


def to_data(assignment: Assignment, *, with_code: bool) -> dict[str, Any]:
    """An assignment as data for JSON, mappings as they are."""
    code, objective = assignment.code, assignment.objective
    told = {name: getattr(assignment, name) for name in _PLAIN}
    told["trial"] = {name: getattr(assignment.trial, name) for name in _OF_TRIAL}
    told["files"] = {name: str(path) for name, path in asdict(assignment.files).items()}
    told["objective"] = [objective.metric, objective.direction, objective.reduced]
    content: dict[str, Any] = {"assignment": told}
    if with_code:
        blob = None if code.blob is None else base64.b64encode(code.blob).decode()
        content["code"] = {"blob": blob, **{name: getattr(code, name) for name in _OF_CODE}}
    return content


def from_data(content: Mapping[str, Any], earlier: TrainingCode | None) -> Assignment:
    """The assignment of data; its code is the `earlier` one where the data hold none."""
    told, code = content["assignment"], earlier
    if "code" in content:
        sent = content["code"]
        blob = None if sent["blob"] is None else base64.b64decode(sent["blob"])
        own = {**sent, "blob": blob, "sys_path": tuple(sent["sys_path"])}
        code = TrainingCode(text="", sha256="", call=None, **own)
    assert code is not None
    metric, direction, reduced = told["objective"]
    trial = {**told["trial"], "purpose": Purpose(told["trial"]["purpose"])}
    return Assignment(
        **{
            **told,
            "trial": TrialRecord(**trial),
            "files": AttemptFiles(**{name: Path(path) for name, path in told["files"].items()}),
            "objective": Objective(metric, Direction(direction), reduced),
            "varied": tuple(told["varied"]),
            "decided_by": {name: tuple(on) for name, on in told["decided_by"].items()},
            "reported": tuple((step, value) for step, value in told["reported"]),
        },
        code=code,
    )


def encode(assignment: Assignment, *, with_code: bool) -> bytes:
    """The line that hands an assignment to a worker."""
    return json.dumps(to_data(assignment, with_code=with_code), default=dict).encode() + b"\n"


def decode(line: bytes, earlier: TrainingCode | None) -> Assignment:
    """The assignment of a line; see `from_data`."""
    return from_data(json.loads(line), earlier)
