"""Ctrl-C and SIGTERM: the first asks for a clean stop, the second stops at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


class Interrupts:
    """The request to stop a run.

    Attributes:
        asked: name of the first signal, or empty.
    """

    def __init__(self) -> None:
        self.asked = ""

    def note(self, number: int, frame: FrameType | None) -> None:
        """Note the first signal; raise KeyboardInterrupt for each further one."""
        del frame
        if self.asked:
            raise KeyboardInterrupt
        self.asked = signal.Signals(number).name


@contextmanager
def noted_interrupts() -> Iterator[Interrupts]:
    """Note signals while the block lasts.

    The first signal only sets `asked`, so that no transaction is cut in two.
    """
    found = Interrupts()
    with _handled_by(found.note, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        yield found


@contextmanager
def at_once() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM raise KeyboardInterrupt where they strike, while the block lasts.

    For training code in this very process, which no transaction runs through.
    """
    with _handled_by(signal.default_int_handler, signal.SIGINT, signal.SIGTERM):
        yield


@contextmanager
def _handled_by(
    handler: Callable[[int, FrameType | None], Any], *numbers: signal.Signals
) -> Iterator[None]:
    """Handle signals while the block lasts, then give back the handlers that were there.

    Outside the main thread Python gives no signals; there nothing is changed.
    """
    before: dict[signal.Signals, Any] = {}
    try:
        if threading.current_thread() is threading.main_thread():
            for number in numbers:
                # What is ignored stays ignored: a command under `nohup` outlives its terminal.
                if signal.getsignal(number) is not signal.SIG_IGN:
                    before[number] = signal.signal(number, handler)
        yield
    finally:
        for number, earlier in before.items():
            # None: the handler was not set from Python, and can't be set back from it.
            signal.signal(number, signal.SIG_DFL if earlier is None else earlier)
