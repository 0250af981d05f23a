"""Take the picture of the README: the top of the report of the book that `tunebook demo` opens.

make picture
"""

from __future__ import annotations

import gzip
import subprocess
import tempfile
from pathlib import Path

from ship import SHIPPED

import tunebook as tb

PICTURE = Path(__file__).parents[1] / "docs/report.png"
WIDTH, HEIGHT = 1280, 1180
CHROMIUM = "/usr/bin/chromium"


def take(to: Path = PICTURE) -> Path:
    """Write the picture."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "digits.db"
        path.write_bytes(gzip.decompress(SHIPPED.read_bytes()))
        with tb.Book(path) as book:
            report = book.report(Path(folder) / "report.html")
        subprocess.run(
            [
                CHROMIUM,
                "--headless",
                "--no-sandbox",
                "--hide-scrollbars",
                "--virtual-time-budget=20000",
                f"--window-size={WIDTH},{HEIGHT}",
                f"--user-data-dir={folder}/profile",
                f"--screenshot={to}",
                report.as_uri(),
            ],
            check=True,
            timeout=500,
            capture_output=True,
        )
    return to


if __name__ == "__main__":
    print(take())
