"""The same question by a script with Optuna and by the procedure: lines, trials, time."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent / "by_hand"
SCRIPTS = {"Optuna": "batch_size_optuna.py", "Tunebook": "batch_size_tunebook.py"}

HEAD = """
## Against doing it by hand with Optuna

The same question on fewer sizes (`teacher`, SGD, batch sizes 8 to 2048, ten rates each, the best with four fresh seeds), once as a
careful engineer would write it (`bench/by_hand/batch_size_optuna.py`), once as the procedure (`bench/by_hand/batch_size_tunebook.py`). Both train
one network at a time. Lines are those of code, without the training function.

| | lines | trials | seconds |
|---|---|---|---|
"""

REST = """
Both train in one process; the procedure keeps its worker, with the data and the compiled steps, for all of its ten rounds.
The script cannot continue after an interruption, and keeps no
curves, seeds or failures. It does not report the ends of the regimes with their uncertainty, the best rate against the linear and
the square-root rule, other targets, or equal steps against equal examples. It has no step times without evaluations, no pictures
and no report. With five sizes, neither shows where perfect scaling ends.
"""


def section(rows: Path) -> str:
    """The table; runs both scripts where they have not run yet."""
    if not rows.exists():
        rows.write_text(json.dumps({name: measure(name, rows.parent) for name in SCRIPTS}))
    text = HEAD
    for name, row in json.loads(rows.read_text()).items():
        text += f"| {name} | {row['lines']} | {row['trials']} | {row['seconds']:.0f} |\n"
    return text + REST


def measure(name: str, folder: Path) -> dict[str, float]:
    """Run one of them from the beginning."""
    script = (HERE / SCRIPTS[name]).resolve()
    for old in folder.glob("batch_size.db*"):
        old.unlink()
    shutil.rmtree(folder / "batch_size.files", ignore_errors=True)
    began = time.monotonic()
    ended = subprocess.run(
        [sys.executable, str(script)], cwd=folder, env=dict(os.environ), capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    seconds = time.monotonic() - began
    (folder / f"by_hand_{name}.txt").write_text(ended.stdout)
    if name == "Optuna":
        trials = json.loads(ended.stdout.splitlines()[-1])["trials"]
    else:
        trials = sum(map(int, re.findall(r"^(\d+)/\1 trials? done", ended.stderr, re.MULTILINE)))
    return {"lines": lines_of(script), "trials": trials, "seconds": seconds}


def lines_of(script: Path) -> int:
    """Lines of code: no blank ones, comments or docstrings."""
    text = script.read_text("utf-8")
    told: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.FunctionDef) and ast.get_docstring(node):
            first = node.body[0]
            told |= set(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    return sum(
        bool(line.strip()) and not line.lstrip().startswith("#") and n not in told
        for n, line in enumerate(text.splitlines(), 1)
    )
