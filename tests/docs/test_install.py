"""The README's install lines: Python's version and every extra, as pyproject.toml has them."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
STATED = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
README = (ROOT / "README.md").read_text("utf-8")


def install_lines() -> str:
    return README.partition("<!-- install -->")[2].partition("<!-- /install -->")[0]


def test_the_readme_says_how_to_install():
    assert "\npip install tunebook\n" in install_lines()
    least = STATED["requires-python"].removeprefix(">=")
    assert f"Python {least} or later" in README.partition("<!-- install -->")[0]


def test_the_readme_names_every_extra_and_no_other():
    rows = re.findall(r"^\| (`.*?`) \|", install_lines(), re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert sorted(named) == sorted(STATED["optional-dependencies"])
    for used in re.findall(r"tunebook\[(\w+)\]", README):
        assert used in STATED["optional-dependencies"]
