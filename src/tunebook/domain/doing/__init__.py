"""What is being done, said by what takes long to whoever watches; by default nobody does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar


def _unheard(_: str) -> None:
    """Where nobody watches."""


_watcher: ContextVar[Callable[[str], None]] = ContextVar("watcher", default=_unheard)


def doing(what: str) -> None:
    """Say in a few words what begins now: `C10 importance, 9 of 12`."""
    _watcher.get()(what)


@contextmanager
def watched(by: Callable[[str], None] = _unheard) -> Iterator[None]:
    """Give all that is said within the block to a function; to nobody if left out."""
    token = _watcher.set(by)
    try:
        yield
    finally:
        _watcher.reset(token)


@contextmanager
def within(subject: str) -> Iterator[None]:
    """Put a subject, `Round 2`, before all that is said within the block."""
    outer = _watcher.get()
    with watched(lambda what: outer(f"{subject}: {what}")):
        yield
