"""tunebook run --plan: what a round would cost and tell, and nothing is run (B5)."""

from __future__ import annotations

import json

PLAN = """
goal = "Which optimizer?"
trials = 24
max_train_steps = 100
train = "train.py:train"

[scientific]
optimizer = { choice = ["adam", "momentum"] }

[nuisance]
learning_rate = { low = 1e-4, high = 1.0, scale = "log" }

[book]
name = "digits"
objective = "minimize:valid/error"
"""


def test_a_plan_runs_nothing_and_makes_no_book(tunebook, tmp_path):
    (tmp_path / "round.toml").write_text(PLAN, "utf-8")
    shown = tunebook("run", "round.toml", "--plan", "--workers", "2").stdout
    assert "12 in each of 2 studies of 1 hyperparameter" in shown
    assert "What one change would buy" in shown
    assert not list(tmp_path.glob("*.db"))


def test_json_has_the_schema_and_finite_numbers(tunebook, tmp_path):
    (tmp_path / "round.toml").write_text(PLAN.replace("= 24", "= 6"), "utf-8")
    found = json.loads(tunebook("run", "round.toml", "--dry-run", "--json").stdout)
    assert found["schema"] == 2
    assert found["planned"]["difference"] is None
    assert "C9 says nothing of a value below 5" in found["planned"]["warnings"][0]


def test_an_existing_book_says_what_trials_take(started, tunebook):
    shown = tunebook("run", "--plan").stdout
    assert "of compute" in shown
    assert "no hyperparameter is scientific" in shown
    told = tunebook("next").stdout
    assert told.startswith("# No new round is proposed after round 1")
    assert "# What it would cost and tell" not in told


TRAIN = """
def train(trial):
    for step in range(trial.max_train_steps):
        if trial.evaluate_at(step):
            trial.report(step, {"valid/error": trial.config["learning_rate"]})
"""


def test_a_plan_right_after_a_test_run_takes_its_times(tunebook, tmp_path):
    (tmp_path / "train.py").write_text(TRAIN, "utf-8")
    (tmp_path / "round.toml").write_text(PLAN, "utf-8")
    assert "no trial was timed yet" in tunebook("run", "round.toml", "--plan").stdout
    tunebook("try", "round.toml", "--steps", "20")
    shown = " ".join(tunebook("run", "round.toml", "--plan").stdout.split())
    assert "a test run of 2 configurations (tunebook try)" in shown
    cost = json.loads(tunebook("run", "round.toml", "--plan", "--json").stdout)["planned"]["cost"]
    assert cost["number"] == 0 and cost["timed"] == 2
    assert cost["compute_s"] >= 24 * cost["trial_s"] > 0
    other = PLAN.replace("Which optimizer?", "Which optimizer, again?")
    (tmp_path / "other.toml").write_text(other, "utf-8")
    shown = " ".join(tunebook("run", "other.toml", "--plan").stdout.split())
    assert "a test run of 2 configurations (tunebook try)" in shown
    assert "for each worker to start" in shown
    (tmp_path / "other.toml").write_text(f"{other}\n[fixed]\nwidth = 64\n", "utf-8")
    assert "no trial was timed yet" in tunebook("run", "other.toml", "--plan").stdout
