"""The store beside Optuna's: points a second, a study into a table, size on disk, and at scale.

    make bench-store

The tools run in turn, each in a process of its own; a book is filled to a million trials. Writes
docs/store.md and docs/store.svg. It takes half an hour; `--only` runs a part, and `--measured`
keeps what was measured, so that the parts can be run one by one.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from importlib.metadata import version
from pathlib import Path

import store_points
import store_reading
import store_scale

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))


def page(parts: dict, repeats: int, trials: int) -> str:
    """The whole page, from what was measured."""
    return f"""# The store

`make bench-store`: Tunebook {version("tunebook")}, Optuna {version("optuna")}, PostgreSQL 15 on the same machine, Python
{platform.python_version()}, 2 cores, a machine that others use too; each {repeats} times in turn, medians with the whole range in brackets.

{store_points.chapter(parts["points"])}
{store_reading.chapter(parts["reading"], trials, repeats)}
{store_scale.chapter(parts["scale"])}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument(
        "--largest", type=int, default=1_000_000, help="trials, in rounds of 10,000"
    )
    parser.add_argument("--measured", type=Path, help="a file of what was measured, to go on from")
    parser.add_argument("--only", choices=["points", "reading", "scale"])
    parser.add_argument("--out", type=Path, default=ROOT / "docs")
    asked = parser.parse_args()
    parts = {}
    if asked.measured is not None and asked.measured.exists():
        parts = json.loads(asked.measured.read_text())
    if asked.only in (None, "points"):
        from system.postgres import Server

        server = Server()
        try:
            parts["points"] = store_points.points(server, asked.repeats)
        finally:
            server.remove()
    if asked.only in (None, "reading"):
        parts["reading"] = store_reading.reading(asked.trials, asked.repeats)
    if asked.only in (None, "scale"):
        parts["scale"] = store_scale.growing(asked.largest)
    if asked.measured is not None:
        asked.measured.write_text(json.dumps(parts))
    if {"points", "reading", "scale"} <= set(parts):
        text = page(parts, asked.repeats, asked.trials)
        (asked.out / "store.md").write_text(text, "utf-8")
        store_scale.draw(parts["scale"], asked.out / "store.svg")
        print(text)


if __name__ == "__main__":
    main()
