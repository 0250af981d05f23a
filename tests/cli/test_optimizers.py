"""A2: the catalogue from the shell, and a round file that takes its spaces in one line."""

from __future__ import annotations

import json


def test_the_catalogue_is_listed_and_explained(tunebook):
    assert "schedule_free_adamw" in tunebook("optimizers").stdout
    told = tunebook("optimizers", "adam", "nesterov", "--trials", "60", NO_COLOR="1").stdout
    assert "epsilon: 1e-10 to 0.001, log; from 25 trials" in told and "beta2" not in told
    found = json.loads(tunebook("optimizers", "nadam", "sgd", "--trials", "20", "--json").stdout)
    assert [o["tuned"] for o in found["optimizers"]] == [
        ["learning_rate", "beta1"],
        ["learning_rate"],
    ]
    assert found["inclusions"] == [["nadam", "sgd"]]
    assert 'Did you mean "adam"' in tunebook("optimizers", "adm", code=2).stderr


TRAIN = """\
import torch
import tunebook as tb
from tunebook.integrations.torch import torch_optimizer

def train(trial):
    torch.manual_seed(0)
    x = torch.randn(200, 10)
    y = (x[:, 0] + x[:, 1] * x[:, 2] > 0).long()
    model = torch.nn.Sequential(torch.nn.Linear(10, 16), torch.nn.ReLU(), torch.nn.Linear(16, 2))
    optimizer = torch_optimizer(model, trial.config)
    schedule = tb.schedule(trial.config, trial.max_train_steps)
    moving = torch.optim.lr_scheduler.LambdaLR(optimizer, schedule.factor)
    for step in range(trial.max_train_steps):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        moving.step()
        if trial.evaluate_at(step):
            trial.report(step, {"train/loss": float(loss)})
"""

ROUND = """\
goal = "Which of three optimizers, and does a cosine help?"
train = "train.py:train"
trials = 9
max_train_steps = 30
optimizer_space = "optimizer"

[scientific]
optimizer = { choice = ["nesterov", "adam", "muon"] }

[nuisance]
schedule = { choice = ["constant", "cosine", "wsd"] }
warmup_steps = { low = 0, high = 5, integer = true }

[book]
name = "three"
objective = "minimize:train/loss"
"""


def test_a_round_of_ready_made_spaces_runs(tunebook, tmp_path):
    (tmp_path / "train.py").write_text(TRAIN, "utf-8")
    (tmp_path / "round.toml").write_text(ROUND, "utf-8")
    planned = json.loads(tunebook("run", "round.toml", "--plan", "--json").stdout)
    assert planned["planned"]
    tunebook("run", "round.toml", "--workers", "1")
    status = json.loads(tunebook("status", "--json").stdout)
    ended = status["rounds"][0]["trials"]
    assert sum(ended.values()) == 9 and ended["complete"] >= 7  # a high rate may diverge
    said = json.loads(tunebook("findings", "--json").stdout)
    never_read = [f for f in said["findings"] if "never read" in f["sentence"]]
    assert not never_read
    proposed = tunebook("next", "--out", "next.toml")
    assert "optimizer_space" not in (tmp_path / "next.toml").read_text("utf-8")
    assert 'is = "muon"' in (tmp_path / "next.toml").read_text("utf-8"), proposed.stdout
