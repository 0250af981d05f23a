"""A round that runs while its script or notebook goes on with something else."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


def in_background(work: Callable[[], T], what: str) -> Future[T]:
    """Call `work` in a thread of its own.

    Args:
        work: what to do.
        what: it is, for the thread's name and for the message about an exception.

    Returns:
        a future: `result()` waits and returns what `work` returned, or raises what it raised.
        An exception is also printed when it occurs, since nobody may ask for the result.
    """
    future: Future[T] = Future()
    future.set_running_or_notify_cancel()

    def go() -> None:
        try:
            found = work()
        except BaseException as error:
            print(f"{what} stopped. {type(error).__name__}: {error}", file=sys.stderr)
            future.set_exception(error)
        else:
            future.set_result(found)

    threading.Thread(target=go, name=what).start()
    return future
