"""What the runner and its Ray driver say to each other: lines of JSON over two pipes.

The runner says `{"do": "code", ...}` once for each training code, then `"train"`, `"cancel"` and
`"close"`. The driver answers `{"said": "ready"}` (or `"none"`, `"refused"`), then `"ended"` for
each attempt.
"""

from __future__ import annotations

import json
from typing import Any

from tunebook.training.assignment import Assignment, to_data


def order(assignment: Assignment, code: int) -> bytes:
    """The line that has an attempt trained."""
    return line({"do": "train", **to_data(assignment, with_code=False), "code": code})


def code_of(assignment: Assignment, number: int) -> bytes:
    """The line that tells its training code, under a number."""
    code = to_data(assignment, with_code=True)["code"]
    return line({"do": "code", "number": number, "code": code})


def line(message: dict[str, Any]) -> bytes:
    """One message."""
    return json.dumps(message, default=dict).encode() + b"\n"
