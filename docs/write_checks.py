"""Write checks/README.md and the checks' rows of CONTRIBUTING.md from the catalogue of checks.

make docs
"""

from __future__ import annotations

import importlib
import re
from pathlib import Path

from tunebook.checks import FOLDERS, playbook_order
from tunebook.checks.spec import CheckSpec

ROOT = Path(__file__).parents[1]
README = ROOT / "src/tunebook/checks/README.md"
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
ROWS = re.compile(r"(?:^\| `checks/\w+/` \|.*\n)+", re.MULTILINE)
HEAD = """# Checks, by the playbook's ids

Each folder holds `__init__.py` (its `SPEC`, or `SPECS` of several ids), `check.py` (a table in, a
result or `NotApplicable` out), its estimators, its sentences and its chart. `FOLDERS` in
`checks/__init__.py` lists the folders. `make docs` writes this table.

| Id | Folder | Title | Question |
|---|---|---|---|
"""


def specs_of(folder: str) -> tuple[CheckSpec, ...]:
    """The entries of one folder, the id of its check first."""
    module = importlib.import_module(f"tunebook.checks.{folder}")
    return getattr(module, "SPECS", None) or (module.SPEC,)


def readme() -> str:
    """The page beside the catalogue: a row for each id."""
    rows = [(spec, folder) for folder in FOLDERS for spec in specs_of(folder)]
    rows.sort(key=lambda row: playbook_order(row[0].id))
    lines = (f"| {s.id} | `{f}/` | {s.title} | {s.question} |\n" for s, f in rows)
    return HEAD + "".join(lines)


def contributing(text: str) -> str:
    """CONTRIBUTING.md with a row for each folder of a check."""
    ids = {folder: [spec.id for spec in specs_of(folder)] for folder in FOLDERS}
    folders = sorted(FOLDERS, key=lambda folder: playbook_order(ids[folder][0]))
    rows = "".join(f"| `checks/{folder}/` | {' '.join(ids[folder])} |\n" for folder in folders)
    return ROWS.sub(lambda _: rows, text, count=1)


if __name__ == "__main__":
    README.write_text(readme(), "utf-8")
    CONTRIBUTING.write_text(contributing(CONTRIBUTING.read_text("utf-8")), "utf-8")
