"""Where a trial's checkpoints lie: the folder of its files, or any place that fsspec knows (E2).

A place elsewhere, `s3://bucket/digits`, is what lets a trial go on at another host that shares no
folder with the first. A checkpoint there is one object, a folder packed as a tar file; its
manifest is put last, and each saving has a name of its own, so that a newer one never spoils the
one before it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from tunebook.domain.errors import TrainingCodeError
from tunebook.training import checkpoints
from tunebook.training.checkpoints import Checkpoint, Saving, checksum

Save = Callable[[Path], object]


class FolderPlace:
    """A folder beside the trial's log; keeps the checkpoints of one trial."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, saving: Saving, save: Save) -> str:
        """Save one and drop what need not be kept; an error of the disk goes to the caller.

        Returns:
            why it could not be stored; here always empty.
        """
        checkpoints.keep(self._folder, saving, save)
        return ""

    def listed(self) -> list[Checkpoint]:
        """Those with a manifest."""
        return checkpoints.listed(self._folder)

    @contextmanager
    def fetched(self, found: Checkpoint) -> Iterator[Path | None]:
        """Its content, where its checksum holds."""
        yield found.content if found.whole else None

    def drop(self, found: Checkpoint) -> None:
        """Delete one."""
        checkpoints.drop(found)


class ElsewherePlace:
    """A place that fsspec knows, by its URL. Credentials are fsspec's own affair."""

    def __init__(self, url: str) -> None:
        self._url = url

    @property
    def _files(self) -> Any:
        """The file system; asking for it connects to it."""
        return self._connected[0]

    @property
    def _root(self) -> str:
        return self._connected[1].rstrip("/")

    @cached_property
    def _connected(self) -> tuple[Any, str]:
        try:
            import fsspec
        except ImportError:
            raise TrainingCodeError(
                f"checkpoints at {self._url} need fsspec, which is not installed",
                next_step="pip install 'tunebook[remote]'",
            ) from None
        connected: tuple[Any, str] = fsspec.url_to_fs(self._url)
        return connected

    def keep(self, saving: Saving, save: Save) -> str:
        """Save one here, then put it there. A place that is away costs a checkpoint, no trial."""
        with tempfile.TemporaryDirectory(prefix="tunebook-") as folder:
            fresh = Path(folder, "content")
            with checkpoints.saved(fresh, save):
                sha256 = checksum(fresh)
                text = saving.manifest(fresh, sha256)
                packed = _packed(fresh, Path(folder, "packed.tar"))
                try:
                    name = _name(saving.step, sha256)
                    self._put(packed, name, f"{saving.step}.json", text)
                    for old in checkpoints.superfluous(self.listed(), saving):
                        self.drop(old)
                except Exception as error:  # whatever a file system's own client raises
                    return f"{type(error).__name__}: {error}"
        return ""

    def _put(self, packed: Path, name: str, manifest: str, text: str) -> None:
        before = next((c for c in self.listed() if f"{c.step}.json" == manifest), None)
        self._files.makedirs(self._root, exist_ok=True)
        self._files.put_file(str(packed), f"{self._root}/{name}")
        self._files.pipe_file(f"{self._root}/{manifest}", text.encode())
        if before is not None and _name(before.step, before.sha256) != name:
            self._remove(_name(before.step, before.sha256))

    def listed(self) -> list[Checkpoint]:
        """Those with a manifest."""
        found = []
        self._files.invalidate_cache()
        with suppress(FileNotFoundError):
            for path in self._files.ls(self._root, detail=False):
                name = str(path).rpartition("/")[2]
                if name.endswith(".json"):
                    with suppress(ValueError, KeyError, FileNotFoundError):
                        text = self._files.cat_file(f"{self._root}/{name}")
                        found.append(checkpoints.from_manifest(text, Path()))
        return sorted(found, key=lambda c: c.step)

    @contextmanager
    def fetched(self, found: Checkpoint) -> Iterator[Path | None]:
        """Its content, got and checked."""
        import tarfile

        with tempfile.TemporaryDirectory(prefix="tunebook-") as folder:
            packed, content = Path(folder, "packed"), Path(folder, str(found.step))
            there = f"{self._root}/{_name(found.step, found.sha256)}"
            with suppress(FileNotFoundError, tarfile.TarError):
                self._files.get_file(there, str(packed))
                _unpack(packed, content, folder=found.folder)
            whole = content.exists() and checksum(content) == found.sha256
            yield content if whole else None

    def drop(self, found: Checkpoint) -> None:
        """Delete one, its manifest first."""
        self._remove(f"{found.step}.json")
        self._remove(_name(found.step, found.sha256))

    def _remove(self, name: str) -> None:
        with suppress(FileNotFoundError):
            self._files.rm_file(f"{self._root}/{name}")


Place = FolderPlace | ElsewherePlace
"""What keeps the checkpoints of one trial."""


def place_of(at: str, folder: Path) -> Place:
    """Where a trial's checkpoints are kept: at a URL, or in a folder where that is empty."""
    return ElsewherePlace(at) if at else FolderPlace(folder)


def _name(step: int, sha256: str) -> str:
    return f"{step}.{sha256[:16]}"


def _packed(content: Path, tar: Path) -> Path:
    """A file as it is; a folder as a tar file."""
    import tarfile

    if not content.is_dir():
        return content
    with tarfile.open(tar, "w") as out:
        out.add(content, arcname=".")
    return tar


def _unpack(packed: Path, content: Path, *, folder: bool) -> None:
    """The other way; what leads out of the folder is refused by tarfile itself."""
    import tarfile

    if folder:
        with tarfile.open(packed) as tar:
            tar.extractall(content, filter="data")
    else:
        os.replace(packed, content)
