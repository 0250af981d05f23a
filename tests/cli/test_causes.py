"""What a person sees where trials crash: the error itself, and the way out (C3)."""

from __future__ import annotations

import json

import pytest

HEAD = 'def train(trial):\n    trial.config["learning_rate"], trial.config["momentum"]\n'


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("trial.report(0.3, 5)", 'Next: trial.report(5, {"valid/error": 0.3})'),
        ('trial.suggest_float("lr", 0, 1)', 'write trial.config["learning_rate"]'),
        ("trial.config.learning_rate", 'trial.config["learning_rate"] (train.py:3)'),
        ("trial.conf", 'Did you mean "config"?'),
        ('trial.report(0, {"valid/eror": 0.1})', 'reported were valid/eror. Did you mean "valid/eror"?'),
        ('trial.report(0, {"valid/error": 0.7})', "Next: no trial beat chance. If the book's chance (0.5)"),
    ],
)  # fmt: skip
def test_the_error_of_training_is_shown(tunebook, tmp_path, line, says):
    tunebook("init")
    (tmp_path / "train.py").write_text(f"{HEAD}    {line}\n", "utf-8")
    assert says in tunebook("run", "round-1.toml", "--workers", "1").stdout
    found = json.loads(tunebook("findings", "--json").stdout)["causes"]
    assert [c["trials"] for c in found] == [4]


def test_nothing_is_said_where_all_trials_completed(tunebook, started):
    assert "did not complete" not in tunebook("findings").stdout
    assert json.loads(tunebook("findings", "--json").stdout)["causes"] == []
