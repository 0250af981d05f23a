"""The command line as a shell runs it: a process of its own."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from pathlib import Path

import pytest

import forked


def called(
    folder: Path, *arguments: str, code: int = 0, **environment: str
) -> subprocess.CompletedProcess:
    """The ended process of `tunebook ARGUMENTS` in a folder."""
    base = {k: v for k, v in os.environ.items() if k != "TUNEBOOK_BOOK"}
    ended = forked.run(arguments, cwd=folder, env={**base, "BROWSER": "true", **environment})
    assert "Traceback" not in ended.stderr, ended.stderr
    assert ended.returncode == code, (ended.returncode, ended.stdout, ended.stderr)
    return ended


@pytest.fixture
def tunebook(tmp_path):
    """Call `tunebook ARGUMENTS` in an empty folder; returns the ended process."""
    return functools.partial(called, tmp_path)


@pytest.fixture(scope="session")
def first_round(tmp_path_factory):
    """The folder of `started`, made once."""
    folder = tmp_path_factory.mktemp("started") / "work"
    folder.mkdir()
    called(folder, "init", "--no-try")
    text = (folder / "round-1.toml").read_text("utf-8")
    (folder / "round-1.toml").write_text(text.replace("= 500", "= 100"), "utf-8")
    called(folder, "run", "round-1.toml", "--workers", "2")
    return folder


@pytest.fixture
def started(first_round, tmp_path):
    """A folder in which a first round was written and run: a copy, so that a test may change it."""
    shutil.copytree(first_round, tmp_path, dirs_exist_ok=True)
    return tmp_path
