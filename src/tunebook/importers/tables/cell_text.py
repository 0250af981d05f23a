"""A typed value as the text that a CSV file would have for it (C11)."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from enum import Enum
from typing import Any

from tunebook.domain.formats.names import spell


def cell_text(value: Any) -> str:
    """The text of a cell: empty for what is missing, floats that read back to the same number.

    Example:
        >>> [cell_text(v) for v in (0.1, None, True, [64, 64], float("nan"))]
        ['0.1', '', 'true', '[64, 64]', 'nan']
    """
    if value is None:
        return ""
    if isinstance(value, str) and not isinstance(value, Enum):
        return value.strip().replace("\N{MINUS SIGN}", "-")
    if isinstance(value, bool):
        return spell(value)
    if isinstance(value, float):
        return repr(float(value))
    if isinstance(value, int) and not isinstance(value, Enum):
        return str(int(value))
    return _other(value)


def _other(value: Any) -> str:
    if type(value).__name__ in ("NAType", "NaTType"):  # what pandas has for "missing"
        return ""
    if isinstance(value, timedelta):
        return repr(value.total_seconds())
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.name
    if hasattr(value, "tolist"):  # NumPy
        return cell_text(value.tolist())
    if isinstance(value, Mapping):
        return json.dumps({str(k): plain(v) for k, v in value.items()})
    if isinstance(value, list | tuple | set | frozenset):
        return json.dumps([plain(v) for v in value])
    return str(value).strip()


def plain(value: Any) -> Any:
    """The value as JSON has it; what JSON lacks becomes text."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int | float) and not isinstance(value, Enum):
        return value
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(v) for v in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    return cell_text(value)


def is_number(value: Any) -> bool:
    """True for a number that a curve can have, NaN included; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and _fits(value)


def _fits(value: float) -> bool:
    try:
        return math.isnan(value) or abs(float(value)) >= 0
    except OverflowError:
        return False
