"""Small sweeps that tools wrote, stored as archives: unpacked, cut short, kept unchanged."""

from __future__ import annotations

import hashlib
import json
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tunebook.domain.errors import TableError
from tunebook.importers.source import SweepSource
from tunebook.importers.sources import FORMATS, read_source
from written_by_tools import Written, differences


def unpack(archive: Path, out: Path) -> Path:
    """The one folder of an archive, under `out`."""
    with tarfile.open(archive) as packed:
        packed.extractall(out, filter="data")
    return out


def stored_and_own(archive: Path) -> tuple[Any, Any]:
    """Fixtures of a module: what an archive holds, and a copy that a test may change."""

    @pytest.fixture(scope="module")
    def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
        return unpack(archive, tmp_path_factory.mktemp("stored"))

    @pytest.fixture
    def own(stored: Path, tmp_path: Path) -> Path:
        return Path(shutil.copytree(stored, tmp_path / "own"))

    return stored, own


def told(file: Path) -> dict[str, Any]:
    """The runs as the tool's own interface read them."""
    return dict(json.loads(file.read_text("utf-8"))["runs"])


def assert_is_what_the_tool_says(found: SweepSource, folder: Path, truth: Path) -> None:
    runs = told(truth)
    assert runs
    assert differences(found, Written(folder=folder, runs=runs)) == []


def first_format(place: Path) -> str:
    """The format that `read_source` takes a place for."""
    return next(name for name, own in FORMATS.items() if own.recognises(place))


def snapshot(folder: Path) -> dict[str, tuple[str, int]]:
    """Digest and time of each file, and the time of each folder."""
    found = {}
    for path in sorted(folder.rglob("*")):
        text = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        found[str(path.relative_to(folder))] = text, path.stat().st_mtime_ns
    return found


def cut_everywhere(folder: Path, format: str, places: int = 8, study: str = "") -> Iterator[str]:
    """Cut each file at several places, put it back; what the reader said of each cut.

    A cut may cost trials or the whole sweep; it may never end in another error than TableError.
    """
    for file in sorted(p for p in folder.rglob("*") if p.is_file()):
        whole = file.read_bytes()
        ends = {len(whole) * i // places for i in range(places)} | {max(0, len(whole) - 2)}
        for end in sorted(ends):
            file.write_bytes(whole[:end])
            try:
                found = read_source(folder, format=format, study=study)
            except TableError as error:
                said = error.rule if error.next_step else ""
            else:
                said = " ".join([*found.rows.notes, *found.rows.left_out, "read"])
            assert said, f"{file.name} cut at {end}: no next step"
            yield said
        file.write_bytes(whole)


HOSTILE = '<script>alert("1")</script>\n\x1b[31m,;"\'=cmd|x'
"""A name with HTML, a control sequence, separators and a formula."""
