"""A round file run from another folder: its training code is found beside it."""

from __future__ import annotations

import json
import shlex

import pytest

from tunebook.cli.code_beside import code_beside
from tunebook.domain.program import Program

TRAIN = """\
from own_module import VALUE

def train(trial):
    trial.report(0, {"loss": VALUE + trial.config["x"]})
"""
FILE = """\
goal = "q?"
{code}
trials = 2
max_train_steps = 1

[fixed]
x = 0.5

[book]
name = "b"
objective = "minimize:loss"
"""


@pytest.fixture
def elsewhere(tmp_path):
    """A folder with a blank in its name, with training code and a round file."""
    folder = tmp_path / "other place"
    folder.mkdir()
    (folder / "own_module.py").write_text("VALUE = 1.0\n", "utf-8")
    (folder / "train.py").write_text(TRAIN, "utf-8")
    return folder


@pytest.mark.parametrize(
    "code",
    [
        'train = "train.py:train"',
        'train = "train:train"',
        'command = ["{python}", "print_it.py"]',
    ],
    ids=["file", "module", "command"],
)
def test_training_code_beside_the_round_file_is_found(tunebook, elsewhere, code):
    (elsewhere / "print_it.py").write_text('print(\'{"step": 0, "loss": 1.5}\')\n', "utf-8")
    (elsewhere / "r.toml").write_text(FILE.format(code=code), "utf-8")
    seen = json.loads(tunebook("try", "other place/r.toml", "--json").stdout)
    assert seen["tried"][0]["metrics"]["loss"] == [1.5, 1.5]
    ended = json.loads(tunebook("run", "other place/r.toml", "--workers", "1", "--json").stdout)
    assert (ended["ran"], ended["complete"]) == (2, 2)
    again = json.loads(tunebook("run", "--json", "--workers", "1").stdout)
    assert again["ran"] == 0, "the path that the book keeps works from the same folder"


def test_code_in_the_current_folder_goes_first(tmp_path, monkeypatch):
    here, beside = tmp_path / "here", tmp_path / "beside"
    for folder in (here, beside):
        folder.mkdir()
    (beside / "train.py").touch()
    monkeypatch.chdir(here)
    found = f"{beside}/train.py"
    assert code_beside("train.py:train", beside) == f"{found}:train"
    assert code_beside("package.train:train", beside) == "package.train:train"
    program = Program(args=("{python}", "train.py", "--lr={lr}", "-v"))
    assert Program.from_path(code_beside(program.path, beside)).args[1] == found
    (here / "train.py").touch()
    for train in ("train.py:train", "train:train", program.path):
        assert code_beside(train, beside) == train


def test_a_command_that_is_proposed_can_be_pasted(tunebook, elsewhere):
    """The book's name has blanks."""
    (elsewhere / "r.toml").write_text(FILE.format(code='train = "train.py:train"'), "utf-8")
    told = tunebook("run", "other place/r.toml", "--workers", "1", "--book", "my few steps.db")
    line = next(x for x in told.stdout.splitlines() if "--book" in x)
    words = shlex.split(line[line.index("tunebook") :])
    assert words[words.index("--book") + 1].endswith("my few steps.db")
