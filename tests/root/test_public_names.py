"""The root: cheap to import, and its names agree with what type checkers see."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import tunebook
from tunebook.domain import errors

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


def test_every_error_class_is_public():
    classes = {
        name
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, Exception)
    }
    assert len(classes) > 15
    assert classes <= set(tunebook.__all__)
    assert all(f" {name} " in errors.__doc__ or name == "TunebookError"
               for name in classes - {"Infeasible"})  # fmt: skip


def test_all_lists_every_public_name_once():
    assert sorted(tunebook.__all__) == sorted({*tunebook._HOMES, "__version__"})
    assert not set(tunebook._RENAMED) & set(tunebook.__all__)


@pytest.mark.parametrize("name", sorted(set(tunebook._RENAMED) - {"BookRound"}))
def test_framework_helpers_moved_to_a_module_of_their_framework(name):
    home = f"tunebook.integrations.{name.partition('_')[0]}"
    with pytest.warns(DeprecationWarning, match=f"{home}.{name}"):
        old = getattr(tunebook, name)
    assert old is getattr(importlib.import_module(home), name)


@pytest.mark.parametrize("name", sorted(set(tunebook._HOMES) - set(vars(errors))))
def test_every_public_name_has_an_example_that_runs(name):
    """That it runs is checked with all docstrings, in tests/docs/test_examples.py."""
    assert "Example:" in getattr(tunebook, name).__doc__
    assert ">>> " in getattr(tunebook, name).__doc__


@pytest.mark.parametrize("kind", ["Book", "Round", "Exploitation"])
def test_every_method_says_what_it_returns(kind):
    methods = inspect.getmembers(getattr(tunebook, kind), inspect.isfunction)
    silent = [
        name
        for name, method in methods
        if not name.startswith("_")
        and method.__annotations__.get("return") != "None"
        and not ("Returns:" in method.__doc__ or re.search(r"[Rr]eturns? ", method.__doc__))
    ]
    assert len(methods) > 5 and silent == []


def test_results_are_made_of_public_nouns(tmp_path):
    rows = "".join(f"{i},complete,{10 ** (-i / 8):.5f},{abs(i - 9) / 50}\n" for i in range(24))
    (tmp_path / "sweep.csv").write_text("trial,status,lr,loss\n" + rows, "utf-8")
    objective = tunebook.minimize("loss")
    table = tunebook.TrialTable.from_csv(tmp_path / "sweep.csv", objective=objective)
    found = tunebook.examine(table)
    assert isinstance(found, tunebook.Examination)
    assert found.findings and all(isinstance(f, tunebook.Finding) for f in found.findings)
    with tunebook.Book(tmp_path / "b.db", objective=objective, chance=1.0) as book:
        one = book.round("Does it learn?", fixed={"lr": 0.1}, trials=2, max_train_steps=2)
        one.run(lambda trial: 0.1 + trial.seed % 7 / 1e3, workers=0, progress=False)
        decision = one.decide(
            lambda trial: 0.1 + trial.seed % 7 / 1e3, workers=0, max_reruns=4, progress=False
        )
        assert isinstance(decision, tunebook.Decision)
        assert book.adopt(decision, why="the first") == book.launch(decision) == book.baseline


def test_executors_have_a_class_name_and_a_short_one():
    assert tunebook.local is tunebook.LocalExecutor
    assert tunebook.slurm is tunebook.SlurmExecutor
    assert tunebook.ray is tunebook.RayExecutor


def test_an_old_name_works_and_warns(tmp_path):
    with pytest.warns(DeprecationWarning, match="tunebook.Round") as warned:
        old = tunebook.BookRound
    assert warned[0].filename == __file__
    with pytest.warns(DeprecationWarning, match="BookRound"):  # each time, not only at the first
        assert tunebook.BookRound is old
    with tunebook.Book(tmp_path / "b.db", objective=tunebook.minimize("loss")) as book:
        one = book.round("Does it learn?", fixed={"lr": 0.1}, trials=2, max_train_steps=2)
    assert old is tunebook.Round is type(one)


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
