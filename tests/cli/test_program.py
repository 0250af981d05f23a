"""I1: a program that stays as it is, from a round file to a decision."""

from __future__ import annotations

import json
import tomllib

PROGRAM = """
import argparse, json, math, random, sys
ask = argparse.ArgumentParser()
ask.add_argument("--lr", type=float), ask.add_argument("--seed", type=int)
ask.add_argument("--beta", type=float, default=0.0)
given = ask.parse_args()
rng = random.Random(given.seed)
if given.lr > 3:
    print("loss is nan"); sys.exit(7)
for epoch in range(5):
    loss = math.log10(given.lr / 0.03) ** 2 + math.exp(-epoch) + rng.gauss(0, 0.01)
    print(f"epoch {epoch}: loss {loss:.4f}")
"""
ROUND = r"""
goal = "Which learning rate?"
command = ["{python}", "train.py", "--lr={learning_rate}", "--seed={seed}", "--beta={beta1}"]
trials = 8
max_train_steps = 5

[nuisance]
learning_rate = { low = 0.001, high = 10.0, scale = "log" }

[program]
metrics = 'pattern:epoch (?P<step>\d+): loss (?P<loss>\S+)'
names = { loss = "valid/loss" }
exits = { 7 = "diverged" }

[fixed]
beta1 = 0.9

[book]
name = "p"
objective = "minimize:valid/loss"
chance = 5.0
"""


def test_a_program_runs_is_decided_and_goes_into_the_next_file(tunebook, tmp_path):
    (tmp_path / "train.py").write_text(PROGRAM, "utf-8")
    (tmp_path / "r.toml").write_text(ROUND, "utf-8")
    ran = json.loads(tunebook("run", "r.toml", "--workers", "2", "--json").stdout)
    assert ran["ran"] == 8 and ran["complete"] >= 5
    assert any(c["cause"] == "diverged" for c in ran["causes"]) == (ran["infeasible"] > 0)
    told = json.loads(tunebook("decide", "--max-reruns", "4", "--json").stdout)
    assert told["decision"]["verdict"] == "adopt"
    tunebook("launch")
    tunebook("next", "--out", "r2.toml")
    proposed = tomllib.loads((tmp_path / "r2.toml").read_text("utf-8"))
    assert proposed["command"] == tomllib.loads(ROUND)["command"]
    assert proposed["program"] == tomllib.loads(ROUND)["program"]
    tunebook("run", "r2.toml", "--workers", "2")
    tunebook("report", "--out", "r.html")
    assert "the command {python} train.py" in (tmp_path / "r.html").read_text("utf-8")


def test_what_can_t_be_meant_is_told_before_a_book_is_made(tunebook, tmp_path):
    (tmp_path / "train.py").write_text(PROGRAM, "utf-8")
    wrong = {
        '"--lr={learning_rate}"': ('"--lr={learning_rat}"', "no hyperparameter of this round"),
        '"{python}", "train.py"': ('"pyhton-3", "train.py"', "there is no such program"),
        "pattern:epoch (?P<step>": ("pattern:epoch ((?P<step>", "is none"),
        "trials = 8": ('trials = 8\ntrain = "train.py:main"', "trains by one thing"),
        '7 = "diverged"': ('7 = "tired"', "an exit code means one of"),
    }
    for before, (after, said) in wrong.items():
        assert before in ROUND
        (tmp_path / "r.toml").write_text(ROUND.replace(before, after), "utf-8")
        ended = tunebook("run", "r.toml", code=2)
        assert said in ended.stderr, ended.stderr
    assert not list(tmp_path.glob("*.db"))
