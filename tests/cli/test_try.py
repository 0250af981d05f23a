"""A1 I1: a short test run says what a step and an evaluation cost, and warns before a round is run."""

from __future__ import annotations

import json
import os
import re

import pytest

FILE = """\
goal = "q?"
train = "train.py:train"
trials = 4
max_train_steps = 200
evaluations = {evaluations}

[nuisance]
learning_rate = {{ low = 1e-3, high = 1.0, scale = "log" }}

[book]
name = "b"
objective = "minimize:valid/error"
training_objective = "train/loss"
"""

CLOCK = """\
import time

now = 0.0
time.monotonic = lambda: now

def take(seconds):
    global now
    now += seconds
"""
"""Time passes where training says so, however busy the machine is."""

IN_TURN = (
    CLOCK
    + """
def train(trial):
    trial.config["learning_rate"]
    for step in range(trial.max_train_steps):
        take(0.004)
        if trial.evaluate_at(step):
            take(0.03)
            trial.report(step, {"train/loss": 1 / (1 + step), "valid/error": 0.5})
"""
)

IN_THE_BACKGROUND = (
    CLOCK
    + """
def train(trial):
    '''As JAX and GPUs do: a step is begun and not waited for, an evaluation waits for all.'''
    trial.config["learning_rate"]
    begun = 0
    for step in range(trial.max_train_steps):
        begun += 1
        if trial.evaluate_at(step):
            take(0.004 * begun + 0.03)
            begun = 0
            trial.report(step, {"train/loss": 1 / (1 + step), "valid/error": 0.5})
"""
)


@pytest.fixture
def tried(tunebook, tmp_path):
    def call(script: str, *arguments: str, evaluations: int = 20, code: int = 0):
        (tmp_path / "train.py").write_text(script, "utf-8")
        (tmp_path / "r.toml").write_text(FILE.format(evaluations=evaluations), "utf-8")
        ended = tunebook("try", "r.toml", *arguments, code=code)
        return json.loads(ended.stdout) if "--json" in arguments else ended.stdout

    return call


@pytest.mark.parametrize("script", [IN_TURN, IN_THE_BACKGROUND], ids=["in_turn", "background"])
def test_a_step_and_an_evaluation_are_told_apart(tried, tmp_path, script):
    told = tried(script, "--json", evaluations=5)
    (seen,) = told["tried"]
    assert seen["step_s"] == pytest.approx(0.004)
    assert seen["evaluation_s"] == pytest.approx(0.03)
    # 200 steps take 0.8 s, 5 evaluations 0.15 s: about a sixth.
    assert seen["evaluation_share"] == pytest.approx(0.15 / 0.95)
    assert told["warnings"] == []
    assert not list(tmp_path.glob("*.db*"))


def test_evaluation_that_costs_more_than_training_is_told_with_a_number(tried):
    told = tried(IN_TURN, "--json", evaluations=100)
    (warning,) = told["warnings"]
    assert (warning["check"], warning["severity"], warning["subject"]) == (
        "I1",
        "warning",
        "evaluations",
    )
    assert "evaluating 100 times" in warning["sentence"]
    assert warning["numbers"]["least_ratio"] == pytest.approx(3.75)
    # A fifth of the time: 0.8 s of training allow 0.2 s, or 6.7 evaluations of 0.03 s: too few.
    proposed = warning["remedy"]["values"].get("evaluations")
    assert proposed is None or 8 <= proposed <= 10
    assert "▲ warning I1" in tried(IN_TURN, evaluations=100)


def test_enough_is_enough(tried):
    slow = IN_TURN.replace("0.004", "0.1")
    told = tried(slow, "--json", "--seconds", "1")
    (seen,) = told["tried"]
    assert seen["fault"] == "" and seen["steps"] < 30
    assert seen["step_s"] == pytest.approx(0.1)


def test_slips_are_told_before_a_round_is_run(tried):
    told = tried(IN_TURN.replace('    trial.config["learning_rate"]\n', ""), "--json")
    assert [w["subject"] for w in told["warnings"]] == ["learning_rate"]
    wrong = IN_TURN.replace('"valid/error"', '"valid_error"').replace('"train/loss"', '"loss"')
    told = tried(wrong, "--json", code=1)
    assert "valid/error" in told["tried"][0]["fault"]
    no_loss = IN_TURN.replace('"train/loss"', '"loss"')
    (warning,) = tried(no_loss, "--json")["warnings"]
    assert (warning["check"], warning["subject"]) == ("C4", "train/loss")


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("import nowhere_at_all\ndef train(trial): pass", "Next: pip install nowhere_at_all"),
        (
            "def train(trial):\n    print('before')\n    raise ValueError('no such layer')",
            "no such layer",
        ),
        ("import os\ndef train(trial):\n    os._exit(3)", "ended with 3"),
    ],
)
def test_what_does_not_train_is_told_with_its_error(tried, script, said):
    told = tried(script, "--json", code=1)
    assert said in told["tried"][0]["fault"]
    assert "It does not train" in tried(script, code=1)


def test_each_study_is_tried(tunebook, tmp_path):
    """An optimizer that the framework lacks is found before the round is run."""
    (tmp_path / "train.py").write_text(
        "from tunebook.integrations.optax import optax_optimizer\n"
        "def train(trial):\n"
        "    optax_optimizer(trial.config)\n"
        "    trial.report(0, {'loss': 1.0})\n",
        "utf-8",
    )
    (tmp_path / "r.toml").write_text(
        'goal = "q?"\ntrain = "train.py:train"\ntrials = 8\nmax_train_steps = 9\n'
        'optimizer_space = "optimizer"\n'
        '[scientific]\noptimizer = { choice = ["adam", "soap"] }\n'
        '[book]\nname = "b"\nobjective = "minimize:loss"\n',
        "utf-8",
    )
    adam, soap = json.loads(tunebook("try", "r.toml", "--json", code=1).stdout)["tried"]
    assert adam["fault"] == "" and adam["metrics"] == {"loss": [1.0, 1.0]}
    assert "optax has no SOAP" in soap["fault"]


FAST = """\
def train(trial):
    rate = trial.config["learning_rate"]
    for step in range(trial.max_train_steps):
        if trial.evaluate_at(step):
            trial.report(step, {"train/loss": 1 / (1 + step), "valid/error": 0.5})
"""


def test_code_that_is_too_fast_to_time_gets_no_absurd_number(tried):
    told = tried(FAST, "--json")
    (seen,) = told["tried"]
    assert told["warnings"] == []
    assert seen["step_most_s"] >= 1e-6
    said = tried(FAST)
    assert "e+0" not in said and "e9" not in said
    rates = [float(r.replace(",", "")) for r in re.findall(r"([\d.,e]+) steps a second", said)]
    assert all(rate <= 1e6 for rate in rates)
    assert "Nothing speaks against running it." in said


def test_a_slow_evaluation_beside_steps_too_fast_to_time_is_told_in_bounds(tried):
    slow = CLOCK + FAST.replace("trial.report(", "take(0.1); trial.report(")
    (warning,) = tried(slow, "--json")["warnings"]
    assert warning["check"] == "I1"
    assert warning["numbers"]["least_ratio"] > 1
    assert not re.search(r"\d{4,} times|e\+", warning["sentence"])


def test_times_are_measured_with_the_threads_that_run_gives(
    tried, tunebook, tmp_path, monkeypatch
):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    script = "import os\n" + FAST.replace("0.5}", "float(os.environ['OMP_NUM_THREADS'])}")
    seen = tried(script, "--json")["tried"][0]
    assert (seen["metrics"]["valid/error"], seen["threads"]) == ([1.0, 1.0], 1)
    cores = len(os.sched_getaffinity(0))
    told = json.loads(tunebook("try", "r.toml", "--workers", "1", "--json").stdout)
    seen = told["tried"][0]
    assert (seen["metrics"]["valid/error"], seen["threads"]) == ([cores, cores], cores)
    with (tmp_path / "r.toml").open("a", encoding="utf-8") as file:
        file.write('[executor]\nkind = "local"\nworkers = 1\nthreads = 3\n')
    told = json.loads(tunebook("try", "r.toml", "--json").stdout)
    assert told["tried"][0]["metrics"]["valid/error"] == [3.0, 3.0]


def test_a_fault_is_told_after_its_cause_and_a_colon(tried):
    told = tried("def train(trial):\n    pass\n", "--json", code=1)
    assert told["tried"][0]["fault"].startswith("objective never reported: ")


def test_a_misspelt_key_of_the_round_is_not_spread_to_the_code(tried):
    code = "def train(trial):\n    rate = trial.config['learning_rates']\n    return rate\n"
    fault = tried(code, "--json", code=1)["tried"][0]["fault"]
    assert 'close to "learning_rate"' in fault and "in the round" in fault
    assert "Did you mean" not in fault
    # The traceback has the person's own lines, and none of Tunebook's.
    assert 'train.py", line 2' in fault and fault.count('File "') == 1
