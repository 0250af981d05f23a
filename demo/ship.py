"""Pack the demo's book into the package, for `tunebook demo`.

make ship-demo
"""

from __future__ import annotations

import gzip
import sqlite3
import sys
import tempfile
from pathlib import Path

SHIPPED = Path(__file__).parents[1] / "src/tunebook/cli/assets/digits.db.gz"


def ship(book: Path) -> int:
    """Write a compacted copy of the book, zipped; returns its size in bytes."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "digits.db"
        connection = sqlite3.connect(book)
        connection.execute("VACUUM INTO ?", (str(copy),))
        connection.close()
        SHIPPED.write_bytes(gzip.compress(copy.read_bytes(), 9, mtime=0))
    return SHIPPED.stat().st_size


if __name__ == "__main__":
    print(f"{SHIPPED.name}: {ship(Path(sys.argv[1])) / 1000:.0f} kB")
