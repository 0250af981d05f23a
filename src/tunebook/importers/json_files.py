"""JSON that other tools wrote: whole files, and files of lines that may end half-written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tunebook.domain.errors import TableError

_LONGEST = 2_000_000_000
_DEEP = 20


def read_object(file: Path, shown: str = "") -> dict[str, Any]:
    """A file that holds one JSON object.

    Args:
        file: to read.
        shown: its name in errors; the file's own if left out.

    Raises:
        TableError: it can't be read, or holds something else.
    """
    shown = shown or file.name
    text = _text(file, shown)
    read = parsed(text)
    if isinstance(read, dict):
        return read
    why = "is empty" if not text.strip() else "is not a whole JSON object"
    raise TableError(
        f"{shown} {why}",
        next_step="if it is still being written, try again when it is whole; else take it from "
        "a backup",
    )


def read_lines(file: Path, shown: str = "") -> tuple[list[dict[str, Any]], str]:
    """The objects of a file of JSON lines, and what was not read, in words.

    Args:
        file: to read.
        shown: its name in errors; the file's own if left out.

    Returns:
        The objects in their order; then "", "the last line is half written", or how many lines
        hold no object.
    """
    lines = _text(file, shown or file.name).split("\n")
    found: list[dict[str, Any]] = []
    bad: list[int] = []
    for i, line in enumerate(lines):
        if not line.strip():
            continue
        read = parsed(line)
        if isinstance(read, dict):
            found.append(read)
        else:
            bad.append(i)
    if not bad:
        return found, ""
    if bad == [len(lines) - 1]:
        return found, "the last line is half written"
    return found, f"{len(bad)} of {len(lines)} lines hold no JSON object"


def parsed(text: str) -> Any:
    """What JSON text holds; None where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _text(file: Path, shown: str) -> str:
    try:
        if file.stat().st_size > _LONGEST:
            raise TableError(f"{shown} is larger than 2 GB", next_step="name a smaller part")
        return file.read_text("utf-8", errors="replace")
    except OSError as error:
        raise TableError(
            f"{shown} can't be read: {error.strerror or error}",
            next_step="correct the path, or make the file readable",
        ) from None


def flat(config: Mapping[str, Any], separator: str = ".", above: str = "") -> dict[str, Any]:
    """Nested values under one name each.

    Example:
        >>> flat({"lr": 0.1, "model": {"width": 8}})
        {'lr': 0.1, 'model.width': 8}
    """
    found: dict[str, Any] = {}
    for key, value in config.items():
        name = f"{above}{key}"
        if isinstance(value, Mapping) and value and name.count(separator) < _DEEP:
            found |= flat(value, separator, name + separator)
        else:
            found[name] = value
    return found


def number(value: Any) -> float | None:
    """A JSON value as a number: texts such as "nan" too; None where it is none."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        try:
            return float(value)
        except OverflowError:
            return None
    if isinstance(value, str) and value.lower() in _WORDS:
        return float(value)
    return None


_WORDS = frozenset({"nan", "inf", "-inf", "infinity", "-infinity", "+inf"})
