"""Training code that a round file names: looked for in this folder, then beside the file (B2)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path


def code_beside(train: str, folder: Path) -> str:
    """The same training code, by a path that works from the current folder.

    Args:
        train: as the round file has it: `train.py:train`, `train:train`, or a command.
        folder: of the round file.

    Returns:
        `train` itself where the code is found from the current folder, or nowhere.
    """
    from tunebook.domain.program import MARK, Program

    if train.startswith(MARK):
        program = Program.from_path(train)
        return replace(program, args=tuple(_path(arg, folder) for arg in program.args)).path
    place, colon, function = train.rpartition(":")
    if not colon:
        return train
    if place.isidentifier():
        found = _path(f"{place}.py", folder)
        return train if found == f"{place}.py" else f"{found}:{function}"
    return f"{_path(place, folder)}:{function}"


def _path(named: str, folder: Path) -> str:
    """Where a file is; the name itself where it is in this folder or is no file at all."""
    beside = folder / named
    if not named or named.startswith("-") or Path(named).exists() or not beside.is_file():
        return named
    return str(beside)
