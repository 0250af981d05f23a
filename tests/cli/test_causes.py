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
    said = tunebook("run", "round-1.toml", "--workers", "1", "--keep-going", code=1).stdout
    assert says in " ".join(said.split())
    found = json.loads(tunebook("findings", "--json").stdout)["causes"]
    assert [c["trials"] for c in found] == [4]


def test_nothing_is_said_where_all_trials_completed(tunebook, started):
    assert "did not complete" not in tunebook("findings").stdout
    assert json.loads(tunebook("findings", "--json").stdout)["causes"] == []


def test_a_run_that_only_crashes_stops_early_and_fails(tunebook, tmp_path):
    tunebook("init")
    (tmp_path / "train.py").write_text(f"{HEAD}    print(nothing)\n", "utf-8")
    ended = tunebook("run", "round-1.toml", "--workers", "1", code=1)
    assert "3 trials crashed alike" in ended.stderr and "'nothing' is not defined" in ended.stderr
    assert "--again crashed" in ended.stderr and "--keep-going" in ended.stderr
    ran = json.loads(tunebook("run", "--workers", "1", "--json", code=1).stdout)
    assert (ran["stopped"], ran["infeasible"]) == ("", 1)  # the last one
    (tmp_path / "train.py").write_text(f"{HEAD}    return 0.1\n", "utf-8")
    ran = json.loads(tunebook("run", "--workers", "1", "--json", "--again", "crashed").stdout)
    assert (ran["complete"], ran["causes"]) == (4, [])


def test_errors_that_differ_in_numbers_alone_are_one(tunebook, tmp_path):
    tunebook("init")
    line = 'trial.report(0, {"valid/error": [trial.config["learning_rate"], 2.0]})'
    (tmp_path / "train.py").write_text(f"{HEAD}    {line}\n", "utf-8")
    ran = json.loads(
        tunebook("run", "round-1.toml", "--workers", "1", "--keep-going", "--json", code=1).stdout
    )
    assert [(c["cause"], c["trials"]) for c in ran["causes"]] == [("bad value", 4)]
