"""Ctrl-C and SIGTERM: the first asks for a clean stop, the second stops at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupts:
    """Notes signals while the block lasts, and gives back the handlers that were there.

    The first signal only sets `asked`, so that no transaction is cut in two. Each further one
    raises KeyboardInterrupt. Outside the main thread Python gives no signals; there nothing is
    changed.

    Attributes:
        asked: name of the first signal, or empty.
    """

    def __init__(self) -> None:
        self.asked = ""
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                # What is ignored stays ignored: a command under `nohup` outlives its terminal.
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, before in self._before.items():
            # None: the handler was not set from Python, and can't be set back from it.
            signal.signal(number, signal.SIG_DFL if before is None else before)
        self._before.clear()

    def _note(self, number: int, frame: FrameType | None) -> None:
        del frame
        if self.asked:
            raise KeyboardInterrupt
        self.asked = signal.Signals(number).name


@contextmanager
def at_once() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM raise KeyboardInterrupt where they strike, while the block lasts.

    For training code in this very process, which no transaction runs through.
    """
    before: dict[signal.Signals, Any] = {}
    try:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                if signal.getsignal(number) is not signal.SIG_IGN:
                    before[number] = signal.signal(number, signal.default_int_handler)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
