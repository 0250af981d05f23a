"""What commands print as JSON keeps the names of version 0.1; new ones may come (I1 C4 to C7)."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import forked
from json_keys import COMMANDS, keys_of

BEFORE = json.loads(Path(__file__).with_name("json_keys_0_1.json").read_text("utf-8"))
"""Of version 0.1, on the same book."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    environment = {k: v for k, v in os.environ.items() if k != "TUNEBOOK_BOOK"}

    def printed(*arguments):
        ended = forked.run(arguments, cwd=folder, env=environment)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    printed("demo", "--out", ".", "--no-open")
    return printed


@pytest.mark.parametrize("name", COMMANDS)
def test_the_keys_of_version_0_1_are_there(demo, name):
    now = set(keys_of(demo(*COMMANDS[name], "--json")))
    gone = {k for k in set(BEFORE[name]) - now if _still_there(k, now)}
    assert not gone


def _still_there(key: str, now: set[str]) -> bool:
    """Whether what had the key is still there; a finding may be none by now, a remedy null."""
    parent = key.rpartition(".")[0]
    return any(k.startswith(f"{parent}.") for k in now)


def test_a_name_that_is_gone_is_seen():
    now = {".findings[C6].numbers.best_trials", ".findings[C6].numbers.improving"}
    assert _still_there(".findings[C6].numbers.good_trials", now)
    assert not _still_there(".findings[C5].numbers.flatters_by", now)
