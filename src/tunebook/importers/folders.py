"""Folders that hold the records of sweeps: what is in them, and which one is meant."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tunebook.domain.errors import TableError, nearest
from tunebook.domain.formats.numbers import listed, plural

_MOST = 2000  # folders that are looked into before a place is taken for something else


def folders_in(folder: Path) -> Iterator[Path]:
    """Folders in a folder, by name; hidden ones are left out."""
    try:
        with os.scandir(folder) as entries:
            names = sorted(e.name for e in entries if e.is_dir() and not e.name.startswith("."))
    except OSError:
        return
    for name in names:
        yield folder / name


def holds(place: Path | str, is_sweep: Callable[[Path], bool]) -> bool:
    """Whether a place is the folder of a sweep, or a folder of such folders."""
    if isinstance(place, str) or not place.is_dir():
        return False
    if is_sweep(place):
        return True
    return any(is_sweep(own) for _, own in zip(range(_MOST), folders_in(place), strict=False))


def sweep_in(
    place: Path, study: str, is_sweep: Callable[[Path], bool], *, noun: str, wanted: str
) -> Path:
    """The folder of the sweep that is meant.

    Args:
        place: the folder, a file in it, or a folder of several.
        study: name of one of several, or of anything inside it: `NAME/REST`.
        is_sweep: whether a folder is one.
        noun: what the tool calls it; wanted: the files that it has, for errors.

    Raises:
        TableError: there is none, or there are several and none is named.
    """
    if not place.exists():
        raise TableError(f"there is no folder {place}", next_step="correct the path")
    folder = place if place.is_dir() else place.parent
    if is_sweep(folder):
        return folder
    names = [own.name for own in folders_in(folder) if is_sweep(own)]
    if not names:
        raise TableError(
            f"{folder.name} holds no {noun}: {wanted}",
            next_step=f"name the {noun}'s own folder",
        )
    asked = study.partition("/")[0]
    if asked in names or (len(names) == 1 and not asked):
        return folder / (asked or names[0])
    raise which(folder.name, names, asked, noun)


def which(source: str, names: Sequence[str], asked: str, noun: str) -> TableError:
    """The error that lists what a place holds, so that one can be named."""
    told = f"{source} holds {plural(len(names), noun)}: {listed(names, 6)}"
    if asked:
        slip = nearest(asked, names)
        told = f'{source} has no {noun} "{asked}".{slip} It has {listed(names, 6)}'
    return TableError(told, next_step="name one: --study NAME")
