"""What was worked out of a book, kept beside it, so that each command need not do it again.

A result is kept with a digest of all that it was made of (`store/fingerprint.py`) and of the code
that made it. It is JSON, read back by the types of its fields, and nothing of it is executed. What
can't be read, or has another digest, is made again; where nothing can be written, it is kept in
this process alone. Each version of the code has files of its own; those of the last few are kept.
Who may read the book may read them, and nobody else.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Generic, TypeVar

from tunebook.domain.errors import TunebookError
from tunebook.domain.version import VERSION
from tunebook.store import Store

T = TypeVar("T")

MOST_VERSIONS = 3
_here: dict[tuple[str, str], tuple[str, object]] = {}
"""By folder and name, the digest and the result that this process made or read."""


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """A kind of result: how it is written as one text, and read back or refused.

    Attributes:
        type: of the result.
        write: gives its text.
        read: of such a text; raises ValueError or TunebookError for any other.
        lasting: False of a result that another process may not get; it is not written.
    """

    type: type[T]
    write: Callable[[T], str]
    read: Callable[[str], T]
    lasting: Callable[[T], bool] = lambda _: True


def kept(
    store: Store,
    name: str,
    rounds: Collection[int],
    kind: Kind[T],
    make: Callable[[], T],
    *,
    decided: bool = False,
    beside: str = "",
) -> T:
    """The result of that name, from beside the book, or made now and kept there.

    Args:
        store: the book.
        name: of the result, a file's stem; two results never share one.
        rounds: that it was made of; the setting and what is sealed always count.
        kind: how it is written and read.
        make: works it out.
        decided: it was made of decisions and launches as well.
        beside: what else it was made of, as a text.
    """
    code = code_digest()
    other = hashlib.sha256(beside.encode("utf-8", "backslashreplace")).hexdigest()[:16]
    digest = f"{code}-{other}-{store.fingerprint(rounds, decided=decided)}"
    folder = folder_of(store)
    at = (str(folder), name)
    if at in _here and _here[at][0] == digest:
        found = _here[at][1]
        assert isinstance(found, kind.type)
        return found
    file = folder / f"{name}.{code}.json"
    read = _read(file, digest, kind)
    if read is None:
        read = make()
        came_in = store.fingerprint(rounds, decided=decided) != digest.rpartition("-")[2]
        if not came_in and kind.lasting(read) and store.may_keep():
            _write(file, f"{digest}\n{kind.write(read)}\n", _mode(store))
            _drop_old(folder, name)
    _here[at] = (digest, read)
    return read


def folder_of(store: Store) -> Path:
    """Where results are kept: `.digits.kept` beside `digits.files`, in no copy and no archive."""
    return store.files.with_name(f".{store.files.stem}.kept")


def forget_kept() -> None:
    """Drop what this process keeps; files beside books stay."""
    _here.clear()


@cache
def code_digest() -> str:
    """A digest that differs where the installed code does: the version, and when files changed."""
    top = Path(__file__).parents[1]
    digest = hashlib.sha256(VERSION.encode())
    for folder, _, names in sorted(os.walk(top)):
        for name in sorted(n for n in names if n.endswith((".py", ".toml"))):
            changed = os.stat(os.path.join(folder, name)).st_mtime_ns
            digest.update(f"{folder}/{name} {changed}\n".encode())
    return digest.hexdigest()[:16]


def _read(file: Path, digest: str, kind: Kind[T]) -> T | None:
    try:
        first, _, rest = file.read_text("utf-8").partition("\n")
        return kind.read(rest) if first == digest else None
    except (OSError, ValueError, TunebookError, RecursionError):
        return None


def _mode(store: Store) -> int:
    """Permissions of the book's file; of a database on a server, its user's alone."""
    book = Path(store.location)
    return book.stat().st_mode & 0o666 if book.is_file() else 0o600


def _write(file: Path, text: str, mode: int) -> None:
    """Whole or not at all; where it can't be written, it is not."""
    new = file.with_name(f".{file.stem}-{uuid.uuid4().hex}")
    try:
        if not file.parent.is_dir():
            file.parent.mkdir(0o700)
            file.parent.chmod(0o700 | mode | (mode & 0o444) >> 2)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
            opened.write(text.encode("utf-8", "backslashreplace"))
        new.chmod(mode)
        new.replace(file)
    except OSError:
        with suppress(OSError):
            new.unlink(missing_ok=True)


def _drop_old(folder: Path, name: str) -> None:
    """Delete a result's files but those of the MOST_VERSIONS versions that wrote last."""
    with suppress(OSError):
        files = sorted(folder.glob(f"{name}.*.json"), key=lambda f: -f.stat().st_mtime)
        for old in files[MOST_VERSIONS:]:
            old.unlink(missing_ok=True)
