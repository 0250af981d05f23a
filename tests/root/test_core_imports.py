"""What `pip install tunebook` brings is enough to import all of it, but for what an extra is for."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import tunebook

ROOT = Path(__file__).parents[2]
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"][
    "optional-dependencies"
]


@pytest.fixture(scope="module")
def found():
    script = Path(__file__).with_name("core_imports.py")
    ended = subprocess.run(
        [sys.executable, str(script), str(ROOT / "pyproject.toml")],
        capture_output=True, text=True,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr[-2000:]
    *refused, whole = [json.loads(line) for line in ended.stdout.splitlines()]
    return refused, whole


def test_the_packages_of_extras_and_of_checks_were_really_absent(found):
    _, whole = found
    assert {"altair", "jaxtyping", "torch", "pytest", "ray"} <= set(whole["absent"])
    assert {"numpy", "vl_convert", "sqlalchemy"}.isdisjoint(whole["absent"])
    assert whole["imported"] > 300


def test_every_module_imports_or_names_its_extra(found):
    refused, _ = found
    for one in refused:
        named = re.findall(r"tunebook\[(\w+)\]", one["says"])
        assert named and set(named) <= set(EXTRAS), f"{one['module']} misses {one['missing']}"


def test_a_checkout_that_is_not_installed_has_a_version(tmp_path):
    """Sources on the path and no metadata: the packages are there, `tunebook` is not installed."""
    script = (
        "import importlib.metadata as m, sys\n"
        "real = m.distribution\n"
        "def gone(name):\n"
        "    if name == 'tunebook': raise m.PackageNotFoundError(name)\n"
        "    return real(name)\n"
        "m.distribution = gone\n"
        "import tunebook as tb\n"
        f"tb.Book({str(tmp_path / 'b.db')!r}, objective=tb.minimize('loss')).close()\n"
        "for name in tb.__all__: getattr(tb, name)\n"
        "from tunebook.cli import main\n"
        "sys.argv = ['tunebook', '--version']\n"
        "main()\n"
    )
    source = Path(tunebook.__file__).parents[1]
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(source)},
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr[-2000:]
    assert ended.stdout.strip().endswith(tunebook.__version__)


def test_the_version_is_written_once():
    stated = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert "version" not in stated["project"]
    assert stated["tool"]["setuptools"]["dynamic"]["version"] == {
        "attr": "tunebook.domain.version.VERSION"
    }
