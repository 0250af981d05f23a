"""What the runner and its Ray driver say to each other: lines of JSON over two pipes.

The runner says `{"do": "code", ...}` once for each training code, then `"train"`, `"cancel"` and
`"close"`. The driver answers `{"said": "ready"}` (or `"none"`, `"refused"`), then `"ended"` for
each attempt.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from tunebook.domain.trial import TrialKey
from tunebook.execution import Ended
from tunebook.training.assignment import Assignment, encode
from tunebook.training.log_reading import outcome_of


def order(assignment: Assignment, code: int) -> bytes:
    """The line that has an attempt trained."""
    told = json.loads(encode(assignment, with_code=False))
    limit = assignment.memory_limit_mb
    return line({"do": "train", **told, "code": code, "memory_limit_mb": limit})


def code_of(assignment: Assignment, number: int) -> bytes:
    """The line that tells its training code, under a number."""
    told = json.loads(encode(assignment, with_code=True))
    return line({"do": "code", "number": number, "code": told["code"]})


def ended_line(ended: Ended) -> bytes:
    """The line that says how an attempt ended."""
    return line({"said": "ended", **as_data(ended)})


def as_data(ended: Ended) -> dict[str, Any]:
    """An end as plain data."""
    return {**asdict(ended), "key": [ended.key.round, ended.key.number]}


def from_data(told: dict[str, Any]) -> Ended:
    """The other way."""
    fields = {key: value for key, value in told.items() if key != "said"}
    outcome = fields.pop("outcome")
    fields["outcome"] = None if outcome is None else outcome_of(outcome)
    return Ended(**{**fields, "key": TrialKey(*fields["key"])})


def line(message: dict[str, Any]) -> bytes:
    """One message."""
    return json.dumps(message).encode() + b"\n"
