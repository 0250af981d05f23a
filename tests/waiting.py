"""Wait for a condition; the limit only guards against a hang, and no test is judged by it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

HANG_S = 600.0


def until(true: Callable[[], object], within_s: float = HANG_S) -> None:
    """Return once `true()` holds; fails after far longer than any busy machine takes."""
    end = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < end, f"this never came to pass: {true}"
        time.sleep(0.02)


def lines(path: Path | str) -> int:
    """How many whole lines a file has; none where there is no file yet."""
    path = Path(path)
    return path.read_bytes().count(b"\n") if path.exists() else 0
