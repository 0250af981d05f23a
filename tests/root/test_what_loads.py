"""What each use loads: a table of the third-party packages that may be in its process."""

from __future__ import annotations

import gzip
import os
import sqlite3
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from tunebook.book.notebook import Book
from tunebook.store.schema import REVISION

STORED = {"sqlalchemy", "greenlet", "typing_extensions"}
COMMAND = STORED | {"click"}

COMMANDS = {
    "--version": {"click"},
    "--help": {"click"},
    "status": COMMAND,
    "status --json": COMMAND,
    "trials 4": COMMAND,
    "trials 4 --json": COMMAND,
    "trials 4 --csv": COMMAND,
    "logs 1.1": COMMAND,
    "pause": COMMAND,
    "resume": COMMAND,
    "drain": COMMAND,
    "priority 1.1": COMMAND,
    "cancel 1.1": COMMAND,
}
"""Command to what it may load; a command that reads no result computes and draws nothing."""

NEW = "import tunebook as tb; book = tb.Book('new.db', objective=tb.minimize('loss')); "
ROUND = (
    "found = book.round('Which x?', nuisance={'x': tb.uniform(0, 1)}, trials=3, "
    "max_train_steps=1); "
)
RUNNING = STORED | {"numpy", "psutil", "cloudpickle"}

USES = {
    "import tunebook": set[str](),
    "import tunebook.training.worker": set[str](),
    "import tunebook as tb; tb.Book('demo.db').close()": STORED,
    NEW: STORED,
    f"{NEW}{ROUND}found.trials": STORED | {"numpy"},
    f"{NEW}{ROUND}repr(found.planned())": STORED
    | {"numpy", "scipy", "charset_normalizer", "psutil", "rich", "pygments", "threadpoolctl"},
    f"{NEW}{ROUND}found.run('trained:train', workers=1, progress=False)": RUNNING,
    f"{NEW}{ROUND}found.run('trained:train', workers=1)": RUNNING,
}
"""Code to what it may load."""

LOADED = (
    "import atexit, sys; before = {m.partition('.')[0] for m in sys.modules}; "
    "atexit.register(lambda: print('\\nLOADED', *sorted("
    "{m.partition('.')[0] for m in sys.modules} - before - set(sys.stdlib_module_names)), "
    "file=sys.stderr)); "
)
"""Says at the end which packages were loaded, but for those that every process here has."""


def loaded(code: str, *arguments: str, at: Path) -> set[str]:
    """The packages that a process loads for some code, Tunebook itself left out."""
    ran = subprocess.run(
        [sys.executable, "-c", LOADED + code, *arguments],
        cwd=at,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    said = [line for line in ran.stderr.splitlines() if line.startswith("LOADED")]
    names = set(said[-1].split()[1:]) - {"tunebook", "cython_runtime"}
    return {name for name in names if not name.startswith("_")}


@pytest.fixture
def folder(tmp_path):
    """A folder with a finished book, of the schema of today, and a training module."""
    shipped = files("tunebook.cli").joinpath("assets/digits.db.gz").read_bytes()
    (tmp_path / "demo.db").write_bytes(gzip.decompress(shipped))
    (tmp_path / "trained.py").write_text(
        "def train(trial):\n    trial.report(1, loss=trial.config['x'])\n"
    )
    Book(tmp_path / "demo.db").close()
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_loads_what_it_uses(folder, command):
    run = "import sys; sys.argv[0] = 'tunebook'; from tunebook.cli import main; main()"
    named = [] if command.startswith("--") else ["--book", "demo.db"]
    beyond = loaded(run, *command.split(), *named, at=folder) - COMMANDS[command]
    assert not beyond


def test_status_of_an_undecided_book_reads_what_was_kept(folder):
    with sqlite3.connect(folder / "demo.db") as connection:
        connection.execute("DROP TRIGGER decision_DELETE_refused")
        connection.execute(
            "DELETE FROM decision WHERE number = (SELECT max(number) FROM decision)"
        )
    connection.close()
    run = "import sys; sys.argv[0] = 'tunebook'; from tunebook.cli import main; main()"
    first = loaded(run, "status", "--book", "demo.db", at=folder)
    assert "numpy" in first
    assert not loaded(run, "status", "--book", "demo.db", at=folder) - COMMAND


@pytest.mark.parametrize("code", USES)
def test_python_loads_what_it_uses(folder, code):
    assert not loaded(code, at=folder) - USES[code]


def test_what_is_loaded_is_seen(folder):
    assert {"numpy", "scipy"} <= loaded("import scipy.special", at=folder)


def test_the_newest_schema_is_alembics_own_head():
    config = Config()
    config.set_main_option("script_location", str(files("tunebook.store") / "migrations"))
    assert ScriptDirectory.from_config(config).get_heads() == [REVISION]
