"""What training runs on and with, noted in the book when it differs from before (D8).

Nothing of the training code is imported or run for it: its file is hashed, git is asked, versions
are read from installed packages, hardware from the system.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import os
import platform
import sys
import time
from collections.abc import Collection
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path

import psutil

from tunebook.domain.environment import Environment, code_changes, other_changes
from tunebook.domain.errors import StoreError, TrainingCodeError
from tunebook.domain.program import MARK, Program
from tunebook.domain.version import VERSION
from tunebook.execution.code import TrainingCode, without_arguments
from tunebook.execution.imported import loaded, packages_of
from tunebook.execution.naming import find_code
from tunebook.execution.resources import answer_of
from tunebook.store import Store

PACKAGES = ("numpy", "scipy", "torch", "jax", "jaxlib", "optax", "flax", "keras",
            "tensorflow", "lightning", "transformers", "scikit-learn")  # fmt: skip
ALWAYS = ("numpy", "scipy")
"""Of which results depend in any case: points come from them."""
ASK_S = 5.0
"""Seconds that git, or a GPU's tool, is given; without an answer nothing is noted of it."""


def note_environment(
    store: Store, number: int, code: TrainingCode, *, reruns: bool
) -> tuple[str, ...]:
    """Note what a round's trials run on from now on, where it differs from before.

    A change of the training code is said on the error stream and stays in the book: trials
    before and after it are not alike.

    Returns:
        what of the code changed, in words.
    """
    known = store.environments()
    now = replace(
        environment(code), number=len(known) + 1, round=number, reruns=reruns, began_at=time.time()
    )
    own = [e for e in known if e.round == number]
    if own and _same(own[-1], now):
        return ()
    try:
        store.add(now)
    except StoreError:
        if len(store.environments()) == len(known):
            raise
        # Another host has just added its own: look at what stands now.
        return note_environment(store, number, code, reruns=reruns)
    changes = code_changes(own[-1], now) if own else ()
    if changes:
        before = "its search trials" if reruns and not own[-1].reruns else "its trials before"
        print(
            f"Warning: the training code of round {number} changed since {before}: "
            f"{'; '.join(changes)}. What was measured before and after may differ for that alone; "
            "the book keeps both on record.",
            file=sys.stderr,
        )
    return changes


def _same(before: Environment, now: Environment) -> bool:
    alike = not code_changes(before, now) and not other_changes(before, now)
    return alike and before.reruns == now.reruns


def environment(code: TrainingCode) -> Environment:
    """Code, git state, versions and hardware as they are; its numbers and time are still 0."""
    file = training_file(code)
    commit, edits = git_state(file.parent) if file else ("", "")
    return Environment(
        number=0,
        round=0,
        reruns=False,
        began_at=0.0,
        code=code.path,
        sha256=code.sha256,
        file=file.name if file else "",
        file_sha256=_hash(file),
        commit=commit,
        edits_sha256=edits,
        versions=dict(versions(_used(code, file))),
        hardware=dict(hardware()),
    )


def training_file(code: TrainingCode) -> Path | None:
    """The file that defines the training function, where there is one."""
    if code.path:
        try:
            return find_code(code.path, search=code.sys_path).file
        except TrainingCodeError:
            return None
    try:
        file = inspect.getsourcefile(without_arguments(code.call))
    except TypeError:  # no function, or one that is built in
        return None
    return Path(file) if file and Path(file).is_file() else None


def git_state(folder: Path) -> tuple[str, str]:
    """The commit of a folder's repository, and the hash of how its Python files differ from it.

    Both are empty outside a repository, or where git does not answer.
    """
    commit = _asked("git", "-C", str(folder), "rev-parse", "--verify", "-q", "HEAD")
    if not commit:
        return "", ""
    # From the top of the repository, so that modules elsewhere in it count too.
    edits = _asked("git", "-C", str(folder), "diff", "HEAD", "--", ":(top)*.py")
    return commit, hashlib.sha256(edits.encode()).hexdigest() if edits else ""


def _used(code: TrainingCode, file: Path | None) -> frozenset[str] | None:
    """Names of packages that training imports; None where that can't be known."""
    if code.path.startswith(MARK):
        args = Program.from_path(code.path).args
        named = [Path(code.cwd, arg) for arg in args if arg.endswith(".py")]
        return packages_of([f for f in named if f.is_file()])
    if code.call is not None and not code.path:  # a notebook's other cells are in no file
        return loaded()
    return packages_of([file] if file else [])


def versions(used: Collection[str] | None = None) -> tuple[tuple[str, str], ...]:
    """Versions of Python and of the packages here that training uses, or is likely to use.

    Args:
        used: names of packages that it imports; None where that is not known.
    """
    found = [("python", platform.python_version()), ("tunebook", VERSION)]
    for package in PACKAGES:
        if used is not None and package not in used and package not in ALWAYS:
            continue
        try:
            found.append((package, _version(package)))
        except PackageNotFoundError:
            continue
    return tuple(found)


def _version(package: str) -> str:
    """The version of a package, from that line of its metadata alone: all of it is long."""
    for line in (distribution(package).read_text("METADATA") or "").splitlines():
        if line.startswith("Version: "):
            return line.removeprefix("Version: ").strip()
    return version(package)


@functools.cache
def hardware() -> tuple[tuple[str, str], ...]:
    """What this machine is: system, processor, memory, accelerators."""
    found = [
        ("system", f"{platform.system()} {platform.machine()}"),
        ("cpu", f"{_processor()}, {os.cpu_count() or 1} cores"),
        ("memory", f"{psutil.virtual_memory().total / 2**30:.0f} GiB"),
    ]
    names = _asked("nvidia-smi", "--query-gpu=name", "--format=csv,noheader").splitlines()
    gpus = [f"{names.count(name)} x {name.strip()}" for name in dict.fromkeys(names)]
    return (*found, *([("gpu", ", ".join(gpus))] if gpus else ()))


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        lines = []
    named = [x.partition(":")[2].strip() for x in lines if x.startswith("model name")]
    return next(iter(named), "") or platform.processor() or platform.machine()


def _hash(file: Path | None) -> str:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest() if file else ""
    except OSError:
        return ""


def _asked(program: str, *arguments: str) -> str:
    """What a program prints, or an empty text where it is missing, fails or takes too long."""
    answered, text = answer_of(program, *arguments, within_s=ASK_S)
    return text.strip() if answered else ""
