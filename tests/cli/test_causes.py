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
        ('trial.report(0, {"valid/eror": 0.1})', 'Did you mean "valid/eror"? Reported were valid/eror'),
        ('trial.report(0, {"valid/error": 0.7})', "Next: no trial beat chance. If the book's chance (0.5)"),
    ],
)  # fmt: skip
def test_the_error_of_training_is_shown(tunebook, tmp_path, line, says):
    tunebook("init", "--no-try")
    (tmp_path / "train.py").write_text(f"{HEAD}    {line}\n", "utf-8")
    said = tunebook("run", "round-1.toml", "--workers", "1", "--keep-going", code=1).stdout
    assert says in " ".join(said.split())
    found = json.loads(tunebook("findings", "--json").stdout)["causes"]
    assert [c["trials"] for c in found] == [4]


def test_nothing_is_said_where_all_trials_completed(tunebook, started):
    assert "did not complete" not in tunebook("findings").stdout
    assert json.loads(tunebook("findings", "--json").stdout)["causes"] == []


def test_a_run_that_only_crashes_stops_early_and_fails(tunebook, tmp_path):
    tunebook("init", "--no-try")
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
    tunebook("init", "--no-try")
    line = 'trial.report(0, {"valid/error": [trial.config["learning_rate"], 2.0]})'
    (tmp_path / "train.py").write_text(f"{HEAD}    {line}\n", "utf-8")
    ran = json.loads(
        tunebook("run", "round-1.toml", "--workers", "1", "--keep-going", "--json", code=1).stdout
    )
    assert [(c["cause"], c["trials"]) for c in ran["causes"]] == [("bad value", 4)]


def test_an_objective_under_a_wrong_name_is_corrected(tunebook, tmp_path):
    """The trials are right and the objective's name is not: no code to correct, and no new book."""
    tunebook("init", "--no-try")
    line = 'trial.report(0, {"valid/error": 0.1, "train/loss": 1.0})'
    (tmp_path / "train.py").write_text(f"{HEAD}    {line}\n", "utf-8")
    plan = (tmp_path / "round-1.toml").read_text("utf-8")
    (tmp_path / "round-1.toml").write_text(plan.replace("valid/error", "valid/eror"), "utf-8")
    said = tunebook("run", "round-1.toml", "--workers", "1", code=1)
    name = next(tmp_path.glob("*.db")).name
    command = (
        f"tunebook run --round 1 --objective minimize:valid/error --again crashed --book {name}"
    )
    for shown in (said.stderr, said.stdout, tunebook("status").stdout):
        words = " ".join(shown.split())
        assert command in words and "Did you mean" in words and "training code" not in words
    found = json.loads(tunebook("findings", "--json").stdout)["findings"]
    failed = next(f for f in found if f["check"] == "C3")
    assert failed["remedy"]["kind"] == "correct"
    assert failed["remedy"]["values"] == {"objective": "minimize:valid/error"}
    ran = json.loads(tunebook(*command.split()[1:], "--workers", "1", "--json").stdout)
    assert (ran["complete"], ran["causes"]) == (4, [])
    # Now values rest on it: it stays.
    refused = tunebook("run", "round-1.toml", code=2).stderr
    assert "keeps its objective" in refused and "--book NEW.db" in refused
    assert 'round file: objective = "minimize:valid/error"' in " ".join(refused.split())
