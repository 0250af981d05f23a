"""Studies in a journal file of Optuna: an operation a line, the last perhaps cut off (C11)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tunebook.importers.optuna.study import ENDED, STATES, Study, StudyTrial

_DIRECTIONS = ("minimize", "minimize", "maximize")
"""By number; 0 is "not set", which Optuna treats as minimize."""


_LONGEST = 4096
"""Bytes of a first line that are looked at."""


@dataclass(slots=True)
class _Replay:
    """What the operations so far have made."""

    studies: dict[int, Study] = field(default_factory=dict)
    trials: list[StudyTrial] = field(default_factory=list)
    created: int = 0
    skipped: int = 0

    def take(self, op: Mapping[str, Any]) -> None:
        """Carry out one operation; one that is not known is counted."""
        code = op.get("op_code")
        if not isinstance(code, int) or not 0 <= code < len(_OPERATIONS):
            self.skipped += 1
            return
        _OPERATIONS[code](self, op)

    def create_study(self, op: Mapping[str, Any]) -> None:
        """0: a name that is taken makes none."""
        ways = [_DIRECTIONS[int(d)] for d in op["directions"]]
        if all(own.name != op["study_name"] for own in self.studies.values()):
            self.studies[self.created] = Study(name=str(op["study_name"]), directions=ways)
            self.created += 1

    def delete_study(self, op: Mapping[str, Any]) -> None:
        """1."""
        self.studies.pop(int(op["study_id"]), None)

    def study_user(self, op: Mapping[str, Any]) -> None:
        """2: nothing here reads them."""

    def study_system(self, op: Mapping[str, Any]) -> None:
        """3."""
        if study := self.studies.get(int(op["study_id"])):
            study.system.update(op["system_attr"])

    def create_trial(self, op: Mapping[str, Any]) -> None:
        """4: with all that it has, where it was added whole."""
        study = self.studies.get(int(op["study_id"]))
        if study is None:
            return
        values = op.get("values") or ([op["value"]] if op.get("value") is not None else [])
        distributions = op.get("distributions") or {}
        trial = StudyTrial(
            number=len(study.trials),
            state=STATES[int(op.get("state", 0))],
            values=[float(v) for v in values],
            start=str(op.get("datetime_start") or ""),
            complete=str(op.get("datetime_complete") or ""),
            params={n: (float(op["params"][n]), str(text)) for n, text in distributions.items()},
            user=dict(op.get("user_attrs") or {}),
            system=dict(op.get("system_attrs") or {}),
            reported={int(s): float(v) for s, v in (op.get("intermediate_values") or {}).items()},
        )
        self.trials.append(trial)
        study.trials.append(trial)

    def _of(self, op: Mapping[str, Any]) -> StudyTrial:
        """The trial; one that has ended takes nothing more, as with Optuna itself."""
        trial = self.trials[int(op["trial_id"])]
        return StudyTrial(number=-1, state="") if trial.state in ENDED else trial

    def param(self, op: Mapping[str, Any]) -> None:
        """5."""
        internal, text = float(op["param_value_internal"]), str(op["distribution"])
        self._of(op).params[str(op["param_name"])] = (internal, text)

    def state(self, op: Mapping[str, Any]) -> None:
        """6."""
        trial = self._of(op)
        trial.state = STATES[int(op["state"])]
        trial.values = [float(v) for v in op.get("values") or ()] or trial.values
        trial.start = str(op.get("datetime_start") or trial.start)
        trial.complete = str(op.get("datetime_complete") or trial.complete)

    def intermediate(self, op: Mapping[str, Any]) -> None:
        """7."""
        value = op["intermediate_value"]
        self._of(op).reported[int(op["step"])] = float("nan" if value is None else value)

    def trial_user(self, op: Mapping[str, Any]) -> None:
        """8."""
        self._of(op).user.update(op["user_attr"])

    def trial_system(self, op: Mapping[str, Any]) -> None:
        """9."""
        self._of(op).system.update(op["system_attr"])


_OPERATIONS = (
    _Replay.create_study, _Replay.delete_study, _Replay.study_user, _Replay.study_system,
    _Replay.create_trial, _Replay.param, _Replay.state, _Replay.intermediate,
    _Replay.trial_user, _Replay.trial_system,
)  # fmt: skip


def is_journal(file: Path) -> bool:
    """Whether a file is a journal of Optuna, by its first line."""
    try:
        with file.open("rb") as opened:
            first = opened.readline(_LONGEST)
    except OSError:
        return False
    return first[:1] == b"{" and b'"op_code"' in first and b'"worker_id"' in first


def read_journal(path: Path, study: str = "") -> tuple[list[str], Study | None, list[str]]:
    """Read a study of a journal.

    Args:
        path: of the file; it may be one that is being written.
        study: its name; where it is empty, the only one.

    Returns:
        The names of all studies; the study, or None where several are there and none is named;
        and notes on lines that could not be read.
    """
    replay, broken, lines = _Replay(), 0, path.read_bytes().split(b"\n")
    for line in lines:
        if not line.strip():
            continue
        try:
            replay.take(json.loads(line))
        except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
            broken += 1
    half = bool(lines and lines[-1].strip()) and broken > 0
    notes = ["Its last line is half written, and was not read."] if half else []
    if (left := broken - half) > 0:
        notes.append(f"{left} lines of it are no operations of Optuna, and were not read.")
    if replay.skipped:
        notes.append(f"{replay.skipped} operations of a kind that is not known were not read.")
    by_name = {own.name: own for own in replay.studies.values()}
    name = study or (next(iter(by_name)) if len(by_name) == 1 else "")
    return list(by_name), by_name.get(name), notes
