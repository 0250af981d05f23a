"""docs/playbook.md says the truth: every id once, and every module and test that it names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COUNTS = {"A": 5, "B": 9, "C": 12, "D": 8, "E": 5, "F": 4, "G": 2, "H": 5, "I": 3}
ROW = re.compile(r"^\| ([A-I]\d+) \|(.*)\|$", re.MULTILINE)


def rows() -> dict[str, list[str]]:
    text = (ROOT / "docs/playbook.md").read_text("utf-8")
    return {found[1]: [c.strip() for c in found[2].split("|")] for found in ROW.finditer(text)}


def test_every_id_stands_once_and_in_order():
    text = (ROOT / "docs/playbook.md").read_text("utf-8")
    wanted = [f"{letter}{n}" for letter, count in COUNTS.items() for n in range(1, count + 1)]
    assert [found[1] for found in ROW.finditer(text)] == wanted


@pytest.mark.parametrize("row", rows().items(), ids=lambda row: row[0])
def test_a_row_names_what_exists(row):
    identity, (_, state, module, test) = row
    assert state in ("works", "part", "not yet")
    if state == "not yet":
        assert (module, test) == ("-", "-")
        return
    source = ROOT / "src/tunebook" / module.strip("`")
    assert source.is_file()
    assert (ROOT / test.strip("`")).is_file()
    first_line = source.read_text("utf-8").split("\n", 1)[0]
    assert re.search(rf"\b{identity}\b", first_line), f"{module} does not name {identity}"
