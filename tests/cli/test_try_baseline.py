"""A1 D3: a round whose code can't train the baseline is told before a trial is spent on it."""

from __future__ import annotations

import json
import shutil

import pytest

import tunebook as tb

QUIET = {"workers": 0, "progress": False}
FILE = """\
goal = "Does clipping help?"
train = "train.py:train"
trials = 4
max_train_steps = 10
least_improvement = 0.005

[scientific]
clip = { choice = [0.0, 1.0] }

[book]
name = "b"
objective = "minimize:loss"
"""
CODE = """\
def train(trial):
    rate = trial.config["lr"]
    for step in range(trial.max_train_steps):
        trial.report(step, {"loss": 0.3 - 0.1 * READ + 0.001 * (trial.seed % 7)})
"""


def first(trial):
    return 0.4 + 0.001 * (trial.seed % 7)


@pytest.fixture(scope="module")
def launched_book(tmp_path_factory):
    """A book whose baseline knows `lr` alone."""
    folder = tmp_path_factory.mktemp("launched") / "work"
    folder.mkdir()
    with tb.Book(folder / "b.db", objective=tb.minimize("loss"), chance=0.9) as book:
        begun = book.round("Does it learn?", fixed={"lr": 0.1}, trials=2, max_train_steps=10)
        begun.run(first, **QUIET)
        book.launch(begun.decide(first, max_reruns=6, **QUIET))
    (folder / "r.toml").write_text(FILE, "utf-8")
    return folder


@pytest.fixture
def asked(launched_book, tmp_path):
    def written(read):
        shutil.copytree(launched_book, tmp_path, dirs_exist_ok=True)
        (tmp_path / "train.py").write_text(CODE.replace("READ", read), "utf-8")

    return written


def test_a_baseline_that_crashes_is_a_problem(asked, tunebook):
    asked('trial.config["clip"]')
    told = json.loads(tunebook("try", "r.toml", "--json", code=1).stdout)
    (found,) = [w for w in told["warnings"] if w["subject"] == "baseline"]
    assert found["severity"] == "problem" and "KeyError" in found["sentence"]
    assert "launch 0" in found["sentence"] and "default" in found["sentence"]
    assert told["baseline"]["config"] == {"lr": 0.1} and not told["tried"][0]["fault"]
    # The round holds at the baseline's value what it does not name.
    assert told["tried"][0]["config"] == {"lr": 0.1, "clip": 0.0}
    said = tunebook("try", "r.toml", code=1).stdout
    assert "Nothing speaks against" not in said and "Baseline lr 0.1" in said


def test_a_default_in_the_code_is_enough(asked, tunebook):
    asked('trial.config.get("clip", 0.0)')
    told = json.loads(tunebook("try", "r.toml", "--json").stdout)
    (found,) = [w for w in told["warnings"] if w["subject"] == "baseline"]
    assert found["severity"] == "note" and "no value of clip" in found["sentence"]
    assert told["baseline"]["steps"] == 10


def test_plan_and_run_warn_before_a_trial_is_spent(asked, tunebook):
    asked('trial.config["clip"]')
    planned = json.loads(tunebook("run", "r.toml", "--plan", "--json").stdout)
    assert any("no value of clip" in w for w in planned["planned"]["warnings"])
    ran = tunebook("run", "r.toml", "--workers", "0")
    assert "launch 0" in ran.stderr and "no value of clip" in ran.stderr
    assert "--again crashed" in tunebook("decide", "--workers", "1", code=1).stderr
    reruns = json.loads(tunebook("status", "--json").stdout)["rounds"][1]["reruns"]
    assert reruns == {"infeasible": 2}


def test_a_book_without_a_baseline_is_no_reason_to_warn(asked, tunebook, tmp_path):
    asked('trial.config.get("clip", 0.0)')
    (tmp_path / "b.db").unlink()
    text = CODE.replace("READ", 'trial.config["clip"]').replace('trial.config["lr"]', "0.1")
    (tmp_path / "train.py").write_text(text, "utf-8")
    told = json.loads(tunebook("try", "r.toml", "--json").stdout)
    assert (told["baseline"], told["warnings"]) == (None, [])
