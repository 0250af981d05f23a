"""Tables of numbers in a line of text: JSON objects, and dictionaries as Python prints them (I1).

A line need not begin with its object: progress bars leave their line open, loggers put a prefix
before it. Nothing is evaluated.
"""

from __future__ import annotations

import ast
import json
import math
import re
import warnings
from collections.abc import Collection, Iterator, Mapping
from typing import Any

Numbers = Mapping[str, Any]
"""What one line or event says, by the program's own names."""

LONGEST = 100_000
"""Characters of a line that are searched: longer ones are a dump of something else."""
MOST_STARTS = 50
_JSON = json.JSONDecoder()


def objects_in(text: str, wanted: Collection[str] = ()) -> Iterator[Numbers]:
    """The objects of a line, in their order.

    Args:
        text: one line.
        wanted: names that make a Python dictionary one of metrics: a program may print others,
            such as its arguments.

    Example:
        >>> list(objects_in(' 20%|## | 1/5 [00:01]{"step": 0, "loss": 0.5}'))
        [{'step': 0, 'loss': 0.5}]
        >>> list(objects_in("{'loss': 0.5, 'epoch': 1.0}", ["loss"]))
        [{'loss': 0.5, 'epoch': 1.0}]
    """
    at = text.find("{") if len(text) <= LONGEST else -1
    for _ in range(MOST_STARTS):
        if at < 0:
            return
        found, end = _json_at(text, at)
        if not found:
            end = _closing(text, at)
            found = _python(text[at:end]) if end else {}
            found = found if found.keys() & set(wanted) else {}
        if found:
            yield found
        at = text.find("{", end if found else at + 1)


def _json_at(text: str, at: int) -> tuple[dict[str, Any], int]:
    try:
        found, end = _JSON.raw_decode(text, at)
    except (ValueError, RecursionError):
        return {}, at
    return (found, end) if isinstance(found, dict) else ({}, at)


def _closing(text: str, at: int) -> int:
    """The place behind the brace that closes the one at `at`; 0 where none does."""
    depth, quote = 0, ""
    for found in re.finditer(r"\\.|[{}'\"]", text[at:]):
        sign = found[0]
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        elif sign in "{}":
            depth += 1 if sign == "{" else -1
            if depth == 0:
                return at + found.end()
    return 0


def _python(text: str) -> dict[str, Any]:
    """A dictionary as Python prints it: texts, numbers, nan and `np.float64(0.5)` as values."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    if not isinstance(tree, ast.Dict):
        return {}
    return {
        key.value: _value(value)
        for key, value in zip(tree.keys, tree.values, strict=True)
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    }


def _value(node: ast.expr) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return {"nan": math.nan, "inf": math.inf}.get(node.id)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _value(node.operand)
        number = isinstance(inner, int | float) and not isinstance(inner, bool)
        return -inner if number else None
    if isinstance(node, ast.Call) and node.args:  # np.float64(0.5), tensor(0.5, device=...)
        return _value(node.args[0])
    return None
