"""A1: scaffolded scripts run as they are, in every framework."""

from __future__ import annotations

import json

import pytest


@pytest.mark.parametrize("framework", ["numpy", "torch", "jax"])
def test_a_scaffold_runs(tunebook, tmp_path, framework):
    tunebook("init", "new", "--framework", framework)
    text = (tmp_path / "new/round-1.toml").read_text("utf-8").replace("= 500", "= 60")
    (tmp_path / "round-1.toml").write_text(text, "utf-8")
    (tmp_path / "train.py").write_text((tmp_path / "new/train.py").read_text("utf-8"), "utf-8")
    tunebook("run", "round-1.toml", "--workers", "2")
    status = json.loads(tunebook("status", "--json").stdout)
    assert status["rounds"][0]["trials"] == {"complete": 4}


def test_nothing_is_overwritten(tunebook, tmp_path):
    (tmp_path / "train.py").write_text("mine", "utf-8")
    ended = tunebook("init", code=2)
    assert "train.py exists" in ended.stderr
    assert (tmp_path / "train.py").read_text("utf-8") == "mine"
