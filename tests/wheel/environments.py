"""Fresh environments with the wheel in them, and commands that are run there and judged."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKED = ("src", "pyproject.toml", "README.md", "LICENSE")
LIMIT_S = 600
"""For what hangs; nothing here takes a tenth of it."""


@dataclass
class Runs:
    """What was run, and how it ended.

    Attributes:
        passed, failed: the commands, in order.
        notes: what else a person should know.
    """

    passed: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def judge(self, shown: str, ended: subprocess.CompletedProcess[str], code: int = 0) -> bool:
        """Note a command: it passes with the expected exit code and without a traceback."""
        said = ended.stdout + ended.stderr
        whole = ended.returncode == code and "Traceback (most recent call last)" not in said
        (self.passed if whole else self.failed).append(shown)
        print(f"{'ok    ' if whole else 'FAILED'} {shown}", flush=True)
        if not whole:
            print(f"  exit code {ended.returncode}, expected {code}\n" + said[-4000:], flush=True)
        return whole

    def end(self) -> int:
        """Print the count; returns the exit code of the whole."""
        for note in self.notes:
            print(f"note   {note}")
        for command in self.failed:
            print(f"FAILED {command}")
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        print(f"{(used.ru_utime + used.ru_stime) / 60:.1f} minutes of processor time")
        print(f"{len(self.passed)} passed, {len(self.failed)} failed")
        return 1 if self.failed else 0


class Environment:
    """A virtual environment with nothing but what was installed into it.

    Args:
        python: that makes it.
        folder: to make it in; its work folder is beside.
        runs: takes in what is run.
    """

    def __init__(self, python: str, folder: Path, runs: Runs) -> None:
        self.name = folder.name
        self.runs = runs
        self.work = folder.with_name(f"{folder.name}-work")
        self.work.mkdir(parents=True)
        subprocess.run([python, "-m", "venv", str(folder)], check=True)
        self.bin = folder / "bin"

    def install(self, *what: str) -> None:
        """Install with the versions that the tests run with; an error ends the test."""
        began = time.monotonic()
        constraints = ROOT / "constraints.txt"
        subprocess.run(
            [self.bin / "python", "-m", "pip", "--disable-pip-version-check", "install",
             "--quiet", "--quiet", "--no-compile", "--constraint", str(constraints), *what],
            check=True, cwd=self.work,
        )  # fmt: skip
        print(f"{self.name}: installed {' '.join(what)} in {time.monotonic() - began:.0f} s")

    def packages(self) -> set[str]:
        """Names of the distributions that are installed."""
        script = (
            "import importlib.metadata as m; print(*{d.name.lower() for d in m.distributions()})"
        )
        return set(self.call("python", "-c", script).stdout.split())

    def call(
        self, program: str, *arguments: str, folder: str = ".", **more: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment in its work folder."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "TUNEBOOK"))}
        around = {**kept, "OMP_NUM_THREADS": "1", "BROWSER": "true", "COLUMNS": "120", **more}
        around["PATH"] = f"{self.bin}{os.pathsep}{around['PATH']}"
        try:
            return subprocess.run(
                [str(self.bin / program), *arguments], cwd=self.work / folder, env=around,
                capture_output=True, text=True, timeout=LIMIT_S, stdin=subprocess.DEVNULL,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            said = (error.stdout or b"").decode("utf-8", "replace")
            return subprocess.CompletedProcess(error.cmd, 124, said, f"no end in {LIMIT_S} s")

    def tunebook(self, *arguments: str, folder: str = ".", code: int = 0) -> bool:
        """Run a command and judge it."""
        ended = self.call("tunebook", *arguments, folder=folder)
        return self.runs.judge(f"[{self.name}] tunebook {' '.join(arguments)}", ended, code)

    def python(self, shown: str, *arguments: str, **more: str) -> bool:
        """Run Python and judge it."""
        return self.runs.judge(f"[{self.name}] {shown}", self.call("python", *arguments, **more))


def build_wheel(folder: Path) -> Path:
    """Build the wheel from a clean copy, so that no left-over of an earlier build is in it."""
    copy = folder / "sources"
    copy.mkdir()
    for name in PACKED:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
            shutil.copytree(ROOT / name, copy / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, copy / name)
    subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet", "--quiet",
         "--no-deps", "--wheel-dir", str(folder), str(copy)],
        check=True,
    )  # fmt: skip
    (wheel,) = folder.glob("tunebook-*.whl")
    print(f"built {wheel.name}, {wheel.stat().st_size // 1024} kB")
    return wheel


def pythons(versions: Sequence[str]) -> dict[str, str | None]:
    """The Python that runs this, and others by version: where found, their paths."""
    own = "{}.{}".format(*sys.version_info)
    found: dict[str, str | None] = {own: sys.executable}
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    for version in versions:
        kept = sorted(root.glob(f"versions/{version}*/bin/python{version}"))
        named = shutil.which(f"python{version}")
        usable = [p for p in (*map(str, kept), named) if p and _runs(p, version)]
        found.setdefault(version, usable[0] if usable else None)
    return found


def _runs(python: str, version: str) -> bool:
    """A shim of pyenv is there and starts nothing."""
    ended = subprocess.run([python, "--version"], capture_output=True, text=True)
    return ended.stdout.startswith(f"Python {version}")
