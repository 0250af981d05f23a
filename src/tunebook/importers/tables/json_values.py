"""The values of a JSON file: one document, or one a line; an end cut off is said (C11)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from tunebook.domain.errors import TableError

_BEGINS = re.compile(r'\s*(\{\s*["}]|\[\s*[\[{\]])')
_BLANK = re.compile(r"[\s,]*")
_DECODER = json.JSONDecoder()
CUT = "The file ends inside a record: it is read up to the last whole one."


@dataclass(slots=True, kw_only=True)
class Values:
    """What a file holds.

    Attributes:
        items: values, one after another.
        lines: line on which each begins.
        whole: the file is one document, the only item.
        left_out: "line 3: reason" for what is no JSON.
        notes: a sentence each.
    """

    items: list[Any] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    whole: bool = False
    left_out: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def begins_as_json(start: str) -> bool:
    """Whether a text begins as an object or a list of objects does."""
    return _BEGINS.match(start) is not None


def values_of(text: str, source: str) -> Values:
    """Every value of a JSON text.

    Raises:
        TableError: there is none; or it is nested too deep.
    """
    text = text.lstrip("\ufeff")
    try:
        return Values(items=[json.loads(text)], lines=[1], whole=True)
    except RecursionError:
        raise TableError(
            f"{source} is nested too deep", next_step="give one object a trial"
        ) from None
    except ValueError:
        pass
    try:
        found = _by_line(text) or _one_after_another(text)
    except RecursionError:
        found = Values()
    if not found.items:
        raise TableError(
            f"{source} is no JSON that can be read",
            next_step='write one object a line for each trial: {"lr": 0.1, "loss": 0.5}',
        )
    return found


def _by_line(text: str) -> Values | None:
    """One value a line; None where the first line that is not blank is none."""
    found = Values()
    filled = [(i, line) for i, line in enumerate(text.splitlines(), 1) if line.strip()]
    for at, line in filled:
        try:
            found.items.append(json.loads(line))
            found.lines.append(at)
        except ValueError as error:
            if not found.items:
                return None
            if at == filled[-1][0] and not text.endswith("\n"):
                found.notes.append(CUT)
            else:
                found.left_out.append(f"line {at}: {_why(error)}")
    return found


def _one_after_another(text: str) -> Values:
    """Values of several lines each, or the members of a list whose end is missing."""
    found = Values()
    at, counted, line = _skip(text, 0), 0, 1
    if text[at : at + 1] == "[":
        at = _skip(text, at + 1)
    while at < len(text):
        try:
            value, end = _DECODER.raw_decode(text, at)
        except ValueError:
            if text[at:].strip() != "]":
                found.notes.append(CUT)
            break
        line, counted = line + text.count("\n", counted, at), at
        found.items.append(value)
        found.lines.append(line)
        at = _skip(text, end)
    return found


def _skip(text: str, at: int) -> int:
    match = _BLANK.match(text, at)
    return match.end() if match else at


def _why(error: ValueError) -> str:
    return (
        f"this is no JSON: {error.msg}" if isinstance(error, json.JSONDecodeError) else str(error)
    )
