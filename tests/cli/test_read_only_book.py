"""A colleague's book: every command that reads it works, and leaves it as it is."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from bound_by_permissions import bound

MAKES = """
import os, signal, sys
import tunebook as tb

def train(trial):
    for step in range(trial.max_train_steps):
        if trial.evaluate_at(step):
            trial.report(step, {"loss": (trial.config["x"] - 0.3) ** 2 + 1 / (step + 1)})

book = tb.Book(sys.argv[1], objective=tb.minimize("loss"), chance=2.0)
done = book.round("Which x?", nuisance={"x": tb.uniform(0, 1)}, trials=8, max_train_steps=20)
done.run(train, workers=0, progress=False)
if sys.argv[2] == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
book.close()
"""

COMMANDS = [
    ["status"], ["findings"], ["history"], ["next"], ["protocol"], ["logs", "1.1"],
    ["status", "--json"], ["run", "--plan"],
    ["report", "--out", "{here}/r.html"], ["export", "{here}/files"],
    ["export", "{here}/b.zip"], ["copy", "{book}", "{here}/copy.db"],
]  # fmt: skip

RUNS = """
import contextlib, io, json, sys
from tunebook.cli import group
from tunebook.words.errors import TunebookError
for command in json.loads(sys.argv[1]):
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            group(command, standalone_mode=False, prog_name="tunebook")
        error = ""
    except TunebookError as refused:
        error = str(refused)
    print(json.dumps([command[0], error, said.getvalue()]))
"""


@pytest.mark.parametrize("ended", ["closed", "killed"])
def test_every_reading_command_reads_a_book_that_may_not_be_written(tmp_path, ended):
    shared, here = tmp_path / "my few books", tmp_path / "mine"
    shared.mkdir()
    here.mkdir()
    file = shared / "b.db"
    made = subprocess.run(
        [sys.executable, "-c", MAKES, str(file), ended], capture_output=True, text=True
    )
    assert made.returncode == (-signal.SIGKILL if ended == "killed" else 0), made.stderr
    before = {p: p.read_bytes() for p in shared.rglob("*") if p.is_file()}
    assert any(p.name.endswith("-wal") for p in before) == (ended == "killed")
    for one in shared.rglob("*"):
        one.chmod(0o555 if one.is_dir() else 0o444)
    shared.chmod(0o555)
    commands = [[part.format(here=here, book=file) for part in c] for c in COMMANDS]
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", RUNS, json.dumps([*commands, ["cancel", "1.1"]])],
        env={**os.environ, "TUNEBOOK_BOOK": str(file)}, cwd=here, preexec_fn=bound,
        capture_output=True, text=True,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr[-2000:]
    *read, written = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [(name, error) for name, error, _ in read] == [(c[0], "") for c in commands]
    assert (here / "r.html").stat().st_size > 10_000
    assert (here / "copy.db").is_file()
    assert {p: p.read_bytes() for p in shared.rglob("*") if p.is_file()} == before
    assert "can't be written" in written[1], "what writes is refused, and says why"
    for one in shared.rglob("*"):
        one.chmod(0o755)
    shared.chmod(0o755)
