"""D8: code, git state, versions and hardware are noted, and a change is said and kept."""

from __future__ import annotations

import hashlib
import subprocess
from dataclasses import replace

import pytest

from memory_store import MemoryStore
from tunebook.domain.design import Round
from tunebook.domain.program import command as tb_command
from tunebook.domain.space import Float
from tunebook.execution.code import training_code
from tunebook.execution.environment import environment, hardware, note_environment, versions
from tunebook.execution.resources import answer_of

PLAN = Round(goal="q", nuisance={"x": Float(0, 1)}, trials=4, max_train_steps=10)
SCRIPT = "def train(trial):\n    return 0.1\n"


def git(folder, *arguments):
    subprocess.run(
        ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@b.c", *arguments],
        check=True, capture_output=True,
    )  # fmt: skip


@pytest.fixture
def script(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "train.py"
    file.write_text(SCRIPT)
    return file


@pytest.fixture
def store(tmp_path):
    made = MemoryStore(tmp_path / "files")
    made.add_round(PLAN, 1.0)
    made.add_round(replace(PLAN, goal="again"), 2.0)
    yield made
    made.close()


def noted(store, number=1, *, reruns=False):
    return note_environment(store, number, training_code("train.py:train"), reruns=reruns)


def test_what_is_noted(script, store, capsys):
    assert noted(store) == ()
    (found,) = store.environments()
    assert (found.round, found.reruns, found.code) == (1, False, "train.py:train")
    assert found.file == "train.py"
    assert found.file_sha256 == hashlib.sha256(SCRIPT.encode()).hexdigest()
    assert (found.commit, found.edits_sha256) == ("", "")
    assert dict(found.versions) == dict(versions(used=())) and "tunebook" in found.versions
    assert {"system", "cpu", "memory"} <= set(found.hardware) == set(dict(hardware()))
    assert capsys.readouterr().err == ""


def test_the_same_again_is_noted_once(script, store):
    noted(store), noted(store)
    assert len(store.environments()) == 1
    noted(store, 2)
    assert [e.round for e in store.environments()] == [1, 2]


def test_a_changed_function_is_said_and_kept(script, store, capsys):
    noted(store)
    script.write_text(SCRIPT.replace("0.1", "0.2"))
    changes = noted(store, reruns=True)
    assert [c.partition(",")[0] for c in changes] == ["the function's text", "train.py"]
    said = capsys.readouterr().err
    assert "training code of round 1 changed since its search trials" in said
    assert [e.reruns for e in store.environments()] == [False, True]


def test_a_change_elsewhere_in_the_file_is_seen_too(script, store, capsys):
    noted(store)
    script.write_text("BATCH = 32\n" + SCRIPT)
    assert [c.partition(",")[0] for c in noted(store)] == ["train.py"]


def test_git_state_is_noted_and_its_changes_seen(script, store, tmp_path):
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "train.py")
    git(tmp_path, "commit", "-qm", "one")
    noted(store)
    first = store.environments()[-1]
    assert len(first.commit) == 40 and first.edits_sha256 == ""
    (tmp_path / "model.py").write_text("x = 1\n")
    git(tmp_path, "add", "model.py")
    (said,) = noted(store)  # a module that training may import, not committed yet
    assert said.startswith("Python files that are not committed, none to ")
    git(tmp_path, "commit", "-qm", "two")
    assert {c.partition(",")[0] for c in noted(store)} == {
        "the git commit", "Python files that are not committed",
    }  # fmt: skip


def test_reruns_with_the_same_code_warn_of_nothing(script, store, capsys):
    noted(store)
    assert noted(store, reruns=True) == ()
    assert [e.reruns for e in store.environments()] == [False, True]
    assert capsys.readouterr().err == ""


def test_a_function_of_a_script_has_its_file():
    def train(trial):
        return 0.1

    found = environment(training_code(train, here=True))
    assert found.file == "test_environment.py" and len(found.file_sha256) == 64


@pytest.mark.parametrize(
    ("text", "noted_too", "left_out"),
    [
        ("import json\n", set(), {"torch", "jax", "keras", "lightning"}),
        ("import torch\n", {"torch"}, {"jax", "keras", "transformers"}),
        ("def f():\n    from transformers import Trainer\n", {"torch", "transformers"}, {"jax"}),
        ("from sklearn import svm\n", {"scikit-learn"}, {"torch", "jax"}),
        ("import optax\n", {"jax", "jaxlib", "optax"}, {"torch"}),
        ("from own.network import layers\n", {"torch"}, {"jax"}),
        ("import botorch\n", {"torch", "jax", "keras"}, set()),
    ],
    ids=["none", "torch", "in a function", "sklearn", "optax", "own module", "not known"],
)
def test_versions_are_of_what_training_imports(script, text, noted_too, left_out):
    """These packages are all installed here; a package that is not known may load any."""
    own = script.parent / "own"
    own.mkdir()
    (own / "__init__.py").touch()
    (own / "network.py").write_text("from . import parts\n", "utf-8")
    (own / "parts.py").write_text("import torch.nn\n", "utf-8")
    script.write_text(text + SCRIPT)
    found = set(environment(training_code("train.py:train")).versions)
    assert {"python", "tunebook", "numpy", "scipy"} | noted_too <= found
    assert not found & left_out


def test_versions_of_a_program_are_of_its_scripts(script):
    script.write_text("import torch\n")
    code = training_code(tb_command(["{python}", "train.py", "--lr={lr}"]))
    assert "torch" in environment(code).versions
    assert "jax" not in environment(code).versions
    assert "jax" in environment(training_code(tb_command(["sh", "run.sh"]))).versions


def test_what_a_command_complains_of_is_no_part_of_its_answer():
    """git warns about line ends where nothing differs."""
    assert answer_of("sh", "-c", "echo odd ends >&2") == (True, "")
    assert answer_of("sh", "-c", "echo no >&2; exit 1") == (False, "no\n")
    assert answer_of("tunebook-that-is-nowhere")[0] is False
    assert answer_of("sleep", "60", within_s=0.1)[0] is False
