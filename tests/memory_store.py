"""MemoryStore: a book that is gone with its process; what tests use as the fake.

It is the SQL store on a database in memory, so that the fake can't drift from the real one.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from tunebook.store.database.connection import connect
from tunebook.store.revisions import make_current
from tunebook.store.sql import SqlStore


class MemoryStore(SqlStore):
    """A book in memory.

    Args:
        files: folder for logs and checkpoints; a new temporary one if left out.
    """

    def __init__(self, files: Path | None = None) -> None:
        engine = connect(":memory:")
        make_current(engine, None)
        folder = files or Path(tempfile.mkdtemp(prefix="tunebook-"))
        super().__init__(engine, ":memory:", folder)
