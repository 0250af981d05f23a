"""CONTRIBUTING's map is complete and true; so is the table from playbook id to a check's folder."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

import tunebook
from tunebook.checks import CHECKS, SPECS
from tunebook.cli import COMMANDS, GROUPS

ROOT = Path(__file__).parents[2]
SOURCE = Path(tunebook.__file__).parent
MOST_MODULES = 25
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
CHECK_FOLDERS = dict(
    re.findall(
        r"^\| ([A-I]\d+) \| `(\w+)/` \|",
        (SOURCE / "checks/README.md").read_text("utf-8"),
        re.MULTILINE,
    )
)


def folders() -> set[str]:
    found = {p.parent for p in SOURCE.rglob("*") if p.is_file() and "__pycache__" not in p.parts}
    return {f"{p.relative_to(SOURCE).as_posix()}/" for p in found} - {"./"}


def section(heading: str) -> str:
    return CONTRIBUTING.partition(f"## {heading}\n")[2].partition("\n## ")[0]


def test_every_folder_is_on_the_map_and_every_one_on_it_exists():
    listed = re.findall(r"^\| `([\w/]+/)` \|", section("Where things are"), re.MULTILINE)
    assert len(listed) == len(set(listed))
    assert set(listed) == folders()


def test_no_folder_has_too_many_modules():
    for folder in folders():
        assert len(list((SOURCE / folder).glob("*.py"))) <= MOST_MODULES, folder


def test_places_of_a_change_exist():
    """Where a row stands for a new name, the folder around it exists, and names in brackets do."""
    named = re.findall(
        r"`([\w/]+\.(?:py|md)|[\w/]+/)`(?: \(([^)]*)\))?", section("Where does my change go?")
    )
    assert len(named) > 20
    for path, constants in named:
        place = ROOT / path if path.startswith(("tests/", "docs/")) else SOURCE / path
        if re.search(r"\bx\b|test_x|x_command|NNNN|FOLDER", path):
            place = place.parent.parent if re.search(r"x/\w|FOLDER", path) else place.parent
        assert place.exists(), path
        for constant in re.findall(r"`([A-Z]+)`", constants):
            assert re.search(rf"^{constant}\b", place.read_text("utf-8"), re.MULTILINE), constant


@pytest.mark.parametrize("check", CHECKS)
def test_every_check_has_its_folder(check):
    assert SPECS[check].check == f"tunebook.checks.{CHECK_FOLDERS[check]}.check:check"


def test_the_tables_of_checks_are_what_the_specs_say():
    written = runpy.run_path(str(ROOT / "docs/write_checks.py"))
    assert written["README"].read_text("utf-8") == written["readme"](), "run: make docs"
    assert written["contributing"](CONTRIBUTING) == CONTRIBUTING, "run: make docs"
    assert set(CHECK_FOLDERS) == set(SPECS)


def test_every_folder_of_a_check_is_in_the_table():
    held = {p.parent.name for p in (SOURCE / "checks").glob("*/check.py")}
    assert set(CHECK_FOLDERS.values()) == held


def test_an_id_of_the_table_is_named_in_its_folder():
    for check, folder in CHECK_FOLDERS.items():
        first = {
            p.read_text("utf-8").partition("\n")[0]
            for p in (SOURCE / "checks" / folder).glob("*.py")
        }
        assert any(re.search(rf"\b{check}\b", line) for line in first), (check, folder)


def test_every_command_is_in_one_folder():
    names = [name for _, lines in GROUPS.values() for name in lines]
    assert sorted(names) == sorted(set(names)) == sorted(COMMANDS)
    for folder, (_, lines) in GROUPS.items():
        for name in lines:
            assert (SOURCE / "cli" / folder / f"{name}_command.py").is_file()
    held = {p.stem for p in (SOURCE / "cli").rglob("*_command.py")}
    assert held == {f"{name}_command" for name in names}
