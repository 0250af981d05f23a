"""Who holds a claim: a host's name that says, later and on its own machine, whether it lives."""

from __future__ import annotations

import itertools
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

_turns = itertools.count(1)
_active: set[str] = set()
_guard = threading.Lock()


@contextmanager
def host_identity() -> Iterator[str]:
    """This process as a host of a book, `machine:pid:start:turn`, while the block lasts.

    The turn tells apart two runs in one process, so that a notebook's earlier run, ended by an
    error, does not look alive.
    """
    me = f"{_machine()}:{os.getpid()}:{started_at(os.getpid())}:{next(_turns)}"
    with _guard:
        _active.add(me)
    try:
        yield me
    finally:
        with _guard:
            _active.discard(me)


def gone(host: str) -> bool:
    """True where a host ran on this machine and certainly runs no more."""
    fields = host.rsplit(":", 3)
    if len(fields) != 4 or fields[0] != _machine() or not fields[1].isdigit():
        return False
    pid, start = int(fields[1]), fields[2]
    if pid == os.getpid() and start == started_at(pid):
        with _guard:
            return host not in _active
    return not psutil.pid_exists(pid) or started_at(pid) != start


def started_at(pid: int) -> str:
    """When a process began, as a text that no later process of the same id has."""
    try:
        # Clock ticks since the machine started: unlike a date, no clock change moves it.
        stat = Path("/proc", str(pid), "stat").read_text(encoding="latin-1")
        return stat.rpartition(")")[2].split()[19]
    except OSError:
        pass
    try:
        return f"{psutil.Process(pid).create_time():.2f}"
    except psutil.Error:
        return ""


def _machine() -> str:
    return socket.gethostname().replace(":", "-")
