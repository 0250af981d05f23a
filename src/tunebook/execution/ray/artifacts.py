"""Checkpoints and artifacts of an attempt, carried between a node and the book's host (E2 I3).

A thing is carried file by file, in pieces, to a hidden place, and takes its own place once it is
whole: what is there on either side is never half of something.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tunebook.training import artifacts, checkpoints
from tunebook.training.log import AttemptFiles

PIECE = 8 << 20
"""Bytes carried at a time, so that no checkpoint has to fit into memory."""
CHECKPOINT, ARTIFACT = "checkpoint", "artifact"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """One checkpoint, or one file that training keeps.

    Attributes:
        kind: CHECKPOINT or ARTIFACT.
        name: a checkpoint's step, an artifact's name.
        mark: another one for another content of the same name.
        files: relative path and bytes of each file; the path is "" where it is a file itself.
        manifest: of a checkpoint.
    """

    kind: str
    name: str
    mark: str
    files: tuple[tuple[str, int], ...]
    manifest: str = ""

    def pieces(self) -> Iterator[tuple[str, int]]:
        """Path and offset of each piece, at least one a file: an empty one is carried too."""
        for relative, size in self.files:
            for at in range(0, max(1, size), PIECE):
                yield relative, at


def kept(files: AttemptFiles, *, with_artifacts: bool = True) -> list[Thing]:
    """What is there as a whole now, oldest checkpoint first."""
    found = []
    for checkpoint in checkpoints.listed(files.checkpoints):
        with suppress(OSError):  # dropped meanwhile
            found.append(_checkpoint(files.checkpoints, checkpoint.step, checkpoint.sha256))
    folder = artifact_folder(files)
    for name, path in artifacts.listed(folder).items() if with_artifacts else ():
        with suppress(OSError):
            known = path.stat()
            mark = f"{known.st_size} {known.st_mtime_ns}"
            found.append(Thing(kind=ARTIFACT, name=name, mark=mark, files=(("", known.st_size),)))
    return found


def _checkpoint(folder: Path, step: int, sha256: str) -> Thing:
    content, manifest = folder / str(step), folder / f"{step}.json"
    return Thing(
        kind=CHECKPOINT,
        name=str(step),
        mark=sha256,
        files=_files(content),
        manifest=manifest.read_text(),
    )


def piece(files: AttemptFiles, kind: str, name: str, relative: str, at: int) -> bytes | None:
    """So many bytes of a file from an offset on; None where it is there no longer."""
    content = _content(files, kind, name)
    try:
        with (content / relative if relative else content).open("rb") as stream:
            stream.seek(at)
            return stream.read(PIECE)
    except OSError:
        return None


def artifact_folder(files: AttemptFiles) -> Path:
    """Where a trial's artifacts lie, beside its checkpoints."""
    return files.checkpoints.with_suffix(".artifacts")


class Receiver:
    """Takes in one thing; `place` puts it where it belongs.

    Raises:
        ValueError: a path in it leads elsewhere.
    """

    def __init__(self, files: AttemptFiles, thing: Thing) -> None:
        for relative, _ in thing.files:
            parts = PurePosixPath(relative).parts
            if any(part in ("..", "/") for part in parts):
                raise ValueError(f"{relative!r} leads out of {thing.kind} {thing.name}")
        self._files, self._thing = files, thing
        self._fresh = files.checkpoints.parent / f".{files.checkpoints.stem}.{os.getpid()}.carried"
        checkpoints.remove(self._fresh)

    def take(self, relative: str, data: bytes) -> None:
        """The next piece of a file."""
        to = self._fresh / relative if relative else self._fresh
        to.parent.mkdir(parents=True, exist_ok=True)
        with to.open("ab") as out:
            out.write(data)

    def place(self) -> bool:
        """True where it is whole, and now in its place; nothing is left of it otherwise."""
        try:
            return self._place()
        finally:
            checkpoints.remove(self._fresh)

    def _place(self) -> bool:
        thing, fresh = self._thing, self._fresh
        if not fresh.exists():
            return False
        if thing.kind == CHECKPOINT:
            if checkpoints.checksum(fresh, sync=True) != thing.mark:
                return False
            folder = self._files.checkpoints
            folder.mkdir(parents=True, exist_ok=True)
            checkpoints.put(folder, int(thing.name), fresh, thing.manifest)
            return True
        if fresh.stat().st_size != thing.files[0][1]:
            return False
        folder = artifact_folder(self._files)
        artifacts.put(folder, thing.name, lambda path: os.replace(fresh, path))
        return True


def drop_others(files: AttemptFiles, there: list[Thing]) -> None:
    """Drop the checkpoints that a node no longer keeps; artifacts stay."""
    steps = {int(t.name) for t in there if t.kind == CHECKPOINT}
    for checkpoint in checkpoints.listed(files.checkpoints):
        if checkpoint.step not in steps:
            checkpoints.drop(checkpoint)


def _content(files: AttemptFiles, kind: str, name: str) -> Path:
    return (files.checkpoints if kind == CHECKPOINT else artifact_folder(files)) / name


def _files(content: Path) -> tuple[tuple[str, int], ...]:
    if not content.is_dir():
        return (("", content.stat().st_size),) if content.exists() else ()
    found = sorted(p for p in content.rglob("*") if p.is_file())
    return tuple((p.relative_to(content).as_posix(), p.stat().st_size) for p in found)
