"""The root: cheap to import, and its names agree with what type checkers see."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import tunebook

HEAVY = ("altair", "click", "numpy", "rich", "scipy", "sqlalchemy", "torch", "jax", "jinja2")


def imported_for_type_checkers() -> dict[str, str]:
    tree = ast.parse(Path(tunebook.__file__).read_text("utf-8"))
    block = next(n for n in tree.body if isinstance(n, ast.If))
    return {
        alias.asname or alias.name: node.module
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def test_lazy_names_agree_with_type_checkers():
    assert imported_for_type_checkers() == tunebook._HOMES


@pytest.mark.parametrize("name", sorted(tunebook._HOMES))
def test_every_name_loads_from_its_home(name):
    assert getattr(tunebook, name).__name__ == tunebook._CALLED.get(name, name)
    assert name in dir(tunebook)


def test_names_that_others_rely_on():
    fixed = {"Book", "Trial", "TrialTable", "examine", "explore", "uniform", "log_uniform",
             "near_one", "integer", "choice", "per", "minimize", "maximize", "Infeasible"}  # fmt: skip
    assert fixed <= set(tunebook.__all__)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Trail'"):
        _ = tunebook.Trail


def loaded_by(statement: str) -> set[str]:
    ended = subprocess.run(
        [sys.executable, "-c", f"import sys; {statement}; print(*sys.modules)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return {name.split(".")[0] for name in ended.stdout.split()}


def test_import_loads_nothing_heavy():
    assert loaded_by("import tunebook") & set(HEAVY) == set()


def test_the_worker_loads_nothing_heavy():
    assert loaded_by("import tunebook.training.worker") & set(HEAVY) == set()


def test_no_module_bears_a_public_functions_name():
    folder = Path(tunebook.__file__).parent
    modules = {p.stem for p in folder.glob("*.py")} | {p.name for p in folder.iterdir()}
    assert modules & set(tunebook._HOMES) == set()


def test_no_module_imports_the_root():
    for path in Path(tunebook.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                assert "tunebook" not in {a.name for a in node.names}, path
            if isinstance(node, ast.ImportFrom):
                assert node.module != "tunebook", path
