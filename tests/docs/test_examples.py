"""Every example in README and docs runs: Python blocks, console blocks, docstring examples."""

from __future__ import annotations

import doctest
import importlib
import os
import pkgutil
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import forked
import tunebook

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SLOW = {"optimizers.md"}
"""Pages that train in several frameworks."""
BLOCK = re.compile(r"^```(python|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def examples() -> list:
    """The blocks of each page; those of the README in parts that do not need each other."""
    found = []
    for page in PAGES:
        blocks = BLOCK.findall(page.read_text("utf-8"))
        if page.name == "README.md":
            shell = [block for block in blocks if block[0] == "console"]
            parts = [*([block] for block in blocks if block[0] == "python"), shell]
            found += [pytest.param(p, id=f"README.md-{k}") for k, p in enumerate(parts) if p]
        elif blocks:
            marks = [pytest.mark.slow] if page.name in SLOW else []
            found.append(pytest.param(blocks, id=page.name, marks=marks))
    return found


@pytest.mark.parametrize("blocks", examples())
def test_a_page_runs_from_top_to_bottom(blocks, tmp_path, request):
    """Blocks of one page run in one folder, in order: a console block may use what went before."""
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "NO_COLOR": "1",
        "BROWSER": "true",
    }
    environment.pop("TUNEBOOK_BOOK", None)
    for number, (kind, text) in enumerate(blocks):
        if kind == "python":
            script = tmp_path / f"example_{number}.py"
            script.write_text(text, "utf-8")
            commands = [[sys.executable, str(script)]]
        else:
            lines = [x[2:] for x in text.splitlines() if x.startswith("$ ")]
            commands = [["bash", "-ec", line] for line in lines]
        for command in commands:
            ended = called(command, cwd=tmp_path, env=environment)
            assert ended.returncode == 0, (
                f"{shlex.join(command)}\n{ended.stdout[-3000:]}\n{ended.stderr[-3000:]}"
            )
    if "README.md" in request.node.name and blocks[0][0] == "python":
        assert_no_warning(tmp_path)


def assert_no_warning(folder: Path) -> None:
    """No round of a book in the folder has a finding of severity problem or warning."""
    read = 0
    for path in folder.glob("*.db"):
        with tunebook.Book(path) as book:
            for found in book.rounds:
                bad = [f for f in found.findings() if f.severity in ("problem", "warning")]
                assert not bad, f"{path.name}, round {found.number}: {[f.sentence for f in bad]}"
                read += 1
    assert read, "no round was read"


def called(command: list[str], **where) -> subprocess.CompletedProcess:
    """The command's end; a fork with its imports behind it where the command needs no shell."""
    if command[0] == sys.executable:
        return forked.run_script(command[1], **where)
    parts = command[-1].split(" && ")
    if all(re.fullmatch(r"(cd|tunebook) [^\\$|&;<>()*?`#~]+", part) for part in parts):
        return in_turn([shlex.split(part) for part in parts], **where)
    return subprocess.run(command, **where, capture_output=True, text=True, timeout=1200)


def in_turn(parts: list[list[str]], *, cwd: Path, env: dict) -> subprocess.CompletedProcess:
    """The end of the first command that fails, else of the last; `cd` moves those after it."""
    ended = subprocess.CompletedProcess([], 0, "", "")
    for name, *arguments in parts:
        if name == "cd":
            (folder,) = arguments
            cwd = cwd / folder
        else:
            ended = forked.run(arguments, cwd=cwd, env=env)
        if ended.returncode:
            break
    return ended


def modules() -> list[str]:
    names = [m.name for m in pkgutil.walk_packages(tunebook.__path__, "tunebook.")]
    return [n for n in names if "migrations" not in n and not n.endswith(("worker", "__main__"))]


@pytest.mark.parametrize("name", modules())
def test_docstring_examples_run(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    module = importlib.import_module(name)
    failed, _ = doctest.testmod(module, optionflags=doctest.ELLIPSIS)
    assert failed == 0
