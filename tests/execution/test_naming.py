"""Training code is looked up by name without running any of it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tunebook.domain.errors import TrainingCodeError
from tunebook.execution.naming import find_code

CODE = """
raise RuntimeError("nothing of this file may run")

import os.path as places

@cache
def decorated(): ...

def train(trial):
    return 1

if places:
    def late(trial, *, patience=3): ...
else:
    async def waits(trial): ...

def nothing(): ...
def two(trial, other): ...
def keyword(trial, *, needed): ...
def rest(*trials): ...
class Trainer: ...
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text(CODE)
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text('raise RuntimeError("not imported")')
    (tmp_path / "package" / "deep.py").write_text("from os import *\ndef train(trial): ...\n")
    (tmp_path / "empty").mkdir()
    return tmp_path


def test_a_function_of_a_file_is_found_with_its_text(folder):
    found = find_code("train.py:train", search=[])
    assert found.file == folder / "train.py"
    assert found.text == "def train(trial):\n    return 1\n"


def test_a_decorator_belongs_to_the_text_and_leaves_arguments_unjudged(folder):
    assert find_code("train.py:decorated", search=[]).text.startswith("@cache\ndef decorated")


@pytest.mark.parametrize("name", ["late", "rest", "Trainer", "places.join"])
def test_other_things_to_call_are_found(folder, name):
    assert find_code(f"./train.py:{name}", search=[]).file == folder / "train.py"


def test_a_function_of_a_module_is_found_and_no_package_is_imported(folder):
    found = find_code("package.deep:train", search=[str(folder)])
    assert found.file == folder / "package" / "deep.py"
    assert "package" not in sys.modules


def test_names_from_a_star_import_are_believed(folder):
    assert find_code("package.deep:getcwd", search=[str(folder)]).file is not None


def test_a_module_without_source_is_believed():
    assert find_code("math:sqrt", search=sys.path).file is None


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("train", "a colon separates module and function"),
        ("train.py", "a colon separates module and function"),
        (":train", "a colon separates module and function"),
        ("train.py:", "a colon separates module and function"),
        ("trian.py:train", 'no file "trian.py" here. Did you mean "train.py"?'),
        ("nowhere/train.py:train", 'no folder "nowhere"'),
        ("train.py:trian", 'has no "trian". Did you mean "train"?'),
        ("train.py:waits", "async"),
        ("train.py:nothing", "one argument, the trial; train.py:nothing is def nothing()"),
        ("train.py:two", "def two(trial, other)"),
        ("train.py:keyword", "def keyword(trial, *, needed)"),
        ("packag:train", 'no module "packag". Did you mean "package"?'),
        ("package.dep:train", 'Did you mean "deep"?'),
        ("package.deep.er:train", '"package.deep" is not a package'),
        ("empty:train", "a folder without an __init__.py"),
    ],
)
def test_a_wrong_name_gets_the_nearest_right_one(folder, named, said):
    with pytest.raises(TrainingCodeError) as caught:
        find_code(named, search=[str(folder)])
    assert said in str(caught.value)


def test_a_file_that_does_not_parse_is_told_by_line(folder):
    (folder / "broken.py").write_text("def train(trial):\n    return (\n")
    with pytest.raises(TrainingCodeError, match="line 2"):
        find_code("broken.py:train", search=[])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("train = 3", 'training code must be a function; "odd.py:train" is 3'),
        ("async def train(trial): pass", "async function"),
        ("\0", "has a syntax error: source code string cannot contain null bytes"),
    ],
)
def test_what_is_no_function_is_refused(folder, text, said):
    (folder / "odd.py").write_text(text, "utf-8")
    with pytest.raises(TrainingCodeError) as caught:
        find_code("odd.py:train", search=[str(folder)])
    assert said in caught.value.rule and caught.value.next_step
