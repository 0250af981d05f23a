"""The command line as a shell runs it: a process of its own."""

from __future__ import annotations

import os
import subprocess

import pytest

import forked


@pytest.fixture
def tunebook(tmp_path):
    """Call `tunebook ARGUMENTS` in an empty folder; returns the ended process."""

    def call(*arguments: str, code: int = 0, **environment: str) -> subprocess.CompletedProcess:
        base = {k: v for k, v in os.environ.items() if k != "TUNEBOOK_BOOK"}
        ended = forked.run(arguments, cwd=tmp_path, env={**base, "BROWSER": "true", **environment})
        assert "Traceback" not in ended.stderr, ended.stderr
        assert ended.returncode == code, (ended.returncode, ended.stdout, ended.stderr)
        return ended

    return call


@pytest.fixture
def started(tunebook, tmp_path):
    """A folder in which a first round was written, run, decided and launched."""
    tunebook("init")
    text = (tmp_path / "round-1.toml").read_text("utf-8")
    (tmp_path / "round-1.toml").write_text(text.replace("= 500", "= 100"), "utf-8")
    tunebook("run", "round-1.toml", "--workers", "2")
    return tmp_path
