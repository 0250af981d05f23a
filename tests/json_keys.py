"""The keys of what commands print as JSON on the demo's book, as sorted paths.

`python tests/json_keys.py FOLDER` prints them for the tunebook on the path: version 0.1 made
tests/cli/json_keys_0_1.json so.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

COMMANDS = {
    "status": ("status",),
    "findings": ("findings", "1"),
    "findings 2": ("findings", "2"),
    "history": ("history",),
    "decide": ("decide", "1", "--no-run"),
    "next": ("next",),
    "plan": ("run", "--round", "1", "--plan"),
    "protocol": ("protocol",),
    "optimizers": ("optimizers",),
    "doctor": ("doctor",),
}


def paths(content: Any, at: str = "") -> Iterator[str]:
    """Every key with where it is; findings by their check, so that each keeps its own numbers."""
    if isinstance(content, dict):
        for key, value in content.items():
            yield f"{at}.{key}"
            yield from paths(value, f"{at}.{key}")
    elif isinstance(content, list):
        for value in content:
            check = value.get("check") if isinstance(value, dict) else None
            yield from paths(value, f"{at}[{check or ''}]")


def keys_of(text: str) -> list[str]:
    """The sorted paths of one JSON document."""
    return sorted(set(paths(json.loads(text))))


def main(folder: Path) -> None:
    """Print the keys of every command, on a demo's book in a folder."""
    run = [sys.executable, "-c", "from tunebook.cli import main; main()"]
    if not (folder / "digits.db").exists():
        subprocess.run([*run, "demo", "--out", str(folder), "--no-open"], check=True,
                       stdout=sys.stderr)  # fmt: skip
    found = {}
    for name, arguments in COMMANDS.items():
        ended = subprocess.run([*run, *arguments, "--json"], cwd=folder, text=True,
                               capture_output=True, check=False)  # fmt: skip
        if not ended.stdout.startswith("{"):
            print(name, ended.stderr, file=sys.stderr)
            continue
        found[name] = keys_of(ended.stdout)
    print(json.dumps(found, indent=0, sort_keys=True))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
