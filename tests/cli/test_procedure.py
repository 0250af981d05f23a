"""tunebook procedure: plan, run, go on, show, refuse; JSON and exit codes."""

from __future__ import annotations

import json
import shutil
import tomllib
from pathlib import Path

import pytest

SET = [
    "--set", "max_train_steps=60", "--set", "learning_rates=[1e-3, 1.0]", "--set", "trials=12",
    "--set", "fixed={ warmup_steps = 0, clip_norm = 0.0 }",
]  # fmt: skip


@pytest.fixture
def valley(tmp_path, tunebook):
    shutil.copy(Path(__file__).parents[1] / "valleys.py", tmp_path / "train.py")
    from tunebook.book.notebook import Book
    from tunebook.domain.formats.spelling import minimize

    Book(tmp_path / "valley.db", objective=minimize("valid/loss")).close()
    return tunebook


def told(ended) -> dict:
    data = json.loads(ended.stdout)
    assert data["schema"] == 2
    return data


def test_plan_run_go_on_and_show(valley, tmp_path):
    ahead = valley("procedure", "instability", "--plan", *SET)
    assert "just above" in ahead.stdout and "At most" in ahead.stdout
    ran = valley("procedure", "instability", "--train", "train.py:narrow", "--workers", "0",
                 "--out", "next.toml", *SET)  # fmt: skip
    assert "Instability holds this workload back" in ran.stdout
    assert "Procedure instability, sweep" in ran.stderr
    assert "next.toml: run it with" in ran.stdout
    assert "clip_norm" in tomllib.loads((tmp_path / "next.toml").read_text("utf-8"))["scientific"]
    again = told(valley("procedure", "instability", "--workers", "0", "--json"))["procedure"]
    assert again["finished"] and again["answer"]["verdict"] == "unstable"
    assert again["proposal"]["plan"]["scientific"]["clip_norm"]
    shown = told(valley("procedure", "instability", "--show", "--json"))["procedure"]
    for key in ("answer", "findings", "proposal", "asked", "finished"):
        assert shown[key] == again[key]
    refused = valley("procedure", "instability", "--set", "trials=20", code=2)
    assert "trials: 12 -> 20" in refused.stderr


def test_wrong_use_is_told(valley):
    assert 'Did you mean "instability"' in valley("procedure", "instabilty", code=2).stderr
    assert "KEY=VALUE" in valley("procedure", "instability", "--set", "trials", code=2).stderr
    broken = valley("procedure", "instability", "--set", "learning_rates=[1e-3", code=2)
    assert "written as in TOML" in broken.stderr
    missing = valley("procedure", "instability", "--plan", *SET[:-2], code=2)
    assert 'drives "warmup_steps"' in missing.stderr and "names=" in missing.stderr
    no_code = valley("procedure", "instability", "--workers", "0", *SET, code=2)
    assert "remembers no training function" in no_code.stderr


def test_the_catalogue_is_listed(valley):
    assert "instability: Does instability hold training back?" in valley("procedure").stdout
    assert "instability" in told(valley("procedure", "--json"))["procedures"]


def test_a_wrong_name_is_told_before_a_file_that_is_too_many(tunebook):
    ended = tunebook("procedure", "batch_sizes", "round.toml", code=2)
    assert 'Did you mean "batch-size"?' in ended.stderr


def test_a_file_of_nearly_this_name_is_named(tunebook, tmp_path):
    (tmp_path / "round.toml").write_text("")
    assert 'Did you mean "round.toml"?' in tunebook("try", "rounds.toml", code=2).stderr
