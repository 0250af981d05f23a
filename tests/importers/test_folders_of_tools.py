"""Folders of sweeps that a tool wrote: every number is the tool's, stored and written anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from stored_folders import assert_is_what_the_tool_says, first_format, unpack
from tunebook.importers.sources import read_source
from written_by_tools import write

HERE = Path(__file__).parent
FOLDERS = {
    "keras_tuner": ("keras-tuner", "1.4.8", ("bayesian", "random", "hyperband", "grid")),
    "neps": ("neps", "0.17.0", ("bayesian", "asha", "random")),
    "ray": ("ray", "2.60.0", ("random", "searched", "population", "restored")),
    "smac": ("smac", "2.4.1", ("blackbox", "hyperband", "random")),
    "syne_tune": ("syne-tune", "0.16.0", ("asha", "searched", "random")),
}
"""By environment: the format, the version, the folders; truth.json is that of the first."""
IN = {"ray": "ray_tune"}


def assert_every_folder_is_right(tool: str, folder: Path) -> None:
    format, _, names = FOLDERS[tool]
    for name in names:
        assert first_format(folder / name) == format
        truth = folder / ("truth.json" if name == names[0] else f"{name}.json")
        assert_is_what_the_tool_says(read_source(folder / name), folder, truth)


@pytest.mark.parametrize("tool", FOLDERS)
def test_every_stored_number_is_the_one_that_the_tool_reads(tool, tmp_path):
    format, version, _ = FOLDERS[tool]
    stored = HERE / IN.get(tool, tool) / "stored" / f"{format}-{version}.tar.xz"
    assert_every_folder_is_right(tool, unpack(stored, tmp_path))


@pytest.mark.parametrize("tool", FOLDERS)
def test_what_the_pinned_version_writes_is_read(tool, tmp_path):
    assert_every_folder_is_right(tool, write(tool, tmp_path).folder)
