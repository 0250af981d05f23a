"""A colleague's book: every command that reads it works, and leaves it as it is."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

import forked
from bound_by_permissions import bound

MAKES = """
import os, signal
import tunebook as tb

def train(trial):
    for step in range(trial.max_train_steps):
        if trial.evaluate_at(step):
            trial.report(step, {"loss": (trial.config["x"] - 0.3) ** 2 + 1 / (step + 1)})

book = tb.Book(BOOK, objective=tb.minimize("loss"), chance=2.0)
done = book.round("Which x?", nuisance={"x": tb.uniform(0, 1)}, trials=8, max_train_steps=20)
done.run(train, workers=0, progress=False)
if ENDED == "killed":
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
import contextlib, io, json, os, sys
from tunebook.cli import group
from tunebook.domain.errors import TunebookError
for book, here, commands in json.loads(sys.argv[1]):
    os.environ["TUNEBOOK_BOOK"] = book
    os.chdir(here)
    for command in commands:
        said = io.StringIO()
        try:
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
                group(command, standalone_mode=False, prog_name="tunebook")
            error = ""
        except TunebookError as refused:
            error = str(refused)
        print(json.dumps([command[0], error, said.getvalue()]))
"""


@pytest.fixture
def made(tmp_path):
    """A closed book and one whose process was killed, read-only: (book, folder beside, files)."""
    books = []
    for ended, code in (("closed", 0), ("killed", -signal.SIGKILL)):
        shared, here = tmp_path / f"my {ended} books", tmp_path / ended
        shared.mkdir()
        here.mkdir()
        script = here / "makes.py"
        script.write_text(
            MAKES.replace("BOOK", repr(str(shared / "b.db"))).replace("ENDED", repr(ended))
        )
        run = forked.run_script(str(script), cwd=here, env=dict(os.environ))
        assert run.returncode == code, run.stderr
        files = {p: p.read_bytes() for p in shared.rglob("*") if p.is_file()}
        assert any(p.name.endswith("-wal") for p in files) == (ended == "killed")
        for one in (*shared.rglob("*"), shared):
            one.chmod(0o555 if one.is_dir() else 0o444)
        books.append((shared / "b.db", here, files))
    yield books
    for book, _, _ in books:
        for one in (book.parent, *book.parent.rglob("*")):
            one.chmod(0o755)


def test_every_reading_command_reads_a_book_that_may_not_be_written(made):
    asked = [
        (str(book), str(here), [[p.format(here=here, book=book) for p in c] for c in COMMANDS])
        for book, here, _ in made
    ]
    cancel = [(book, here, [["cancel", "1.1"]]) for book, here, _ in asked]
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", RUNS, json.dumps([*asked, *cancel])],
        preexec_fn=bound, capture_output=True, text=True,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr[-2000:]
    *read, first, second = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [(name, error) for name, error, _ in read] == 2 * [(c[0], "") for c in COMMANDS]
    for book, here, files in made:
        assert (here / "r.html").stat().st_size > 10_000
        assert (here / "copy.db").is_file()
        assert {p: p.read_bytes() for p in book.parent.rglob("*") if p.is_file()} == files
    for written in (first, second):
        assert "can't be written" in written[1], "what writes is refused, and says why"
