"""What was worked out of a book, kept beside it, so that each command need not do it again.

A result is kept with a digest of all that it was made of (`store/fingerprint.py`) and of the code
that made it. It is JSON, read back by the types of its fields, and nothing of it is executed. What
can't be read, or has another digest, is made again; where nothing can be written, it is kept in
this process alone.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Callable, Collection
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TypeVar

from tunebook.domain.errors import TunebookError
from tunebook.domain.formats.codec import from_json, to_json
from tunebook.domain.version import VERSION
from tunebook.store import Store

T = TypeVar("T")

FOLDER = "kept"
_here: dict[tuple[str, str], tuple[str, object]] = {}
"""By folder and name, the digest and the result that this process made or read."""


def kept(
    store: Store, name: str, rounds: Collection[int], kind: type[T], make: Callable[[], T]
) -> T:
    """The result of that name, from beside the book, or made now and kept there.

    Args:
        store: the book.
        name: of the result, a file's stem; two results never share one.
        rounds: that it was made of; the setting and what is sealed always count.
        kind: a dataclass, by which it is read back.
        make: works it out.
    """
    digest = f"{code_digest()}-{store.fingerprint(rounds)}"
    folder = store.files / FOLDER
    at = (str(folder), name)
    if at in _here and _here[at][0] == digest:
        found = _here[at][1]
        assert isinstance(found, kind)
        return found
    file = folder / f"{name}.json"
    read = _read(file, digest, kind)
    if read is None:
        read = make()
        if store.fingerprint(rounds) == digest.rpartition("-")[2]:  # nothing came in meanwhile
            _write(file, f"{digest}\n{to_json(read)}\n")
    _here[at] = (digest, read)
    return read


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


def _read(file: Path, digest: str, kind: type[T]) -> T | None:
    try:
        first, _, rest = file.read_text("utf-8").partition("\n")
        return from_json(kind, rest) if first == digest else None
    except (OSError, ValueError, TunebookError, RecursionError):
        return None


def _write(file: Path, text: str) -> None:
    """Whole or not at all; where it can't be written, it is not."""
    new = file.with_name(f".{file.stem}-{uuid.uuid4().hex}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        new.write_text(text, "utf-8")
        new.replace(file)
    except OSError:
        with suppress(OSError):
            new.unlink(missing_ok=True)
