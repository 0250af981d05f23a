"""`tunebook best` hands out no configuration that a decision found worse than the baseline."""

from __future__ import annotations

import json
import shutil
import tomllib

import pytest

import tunebook as tb

QUIET = {"workers": 0, "progress": False}


def lucky(trial):
    """Clipping looks best in the search, where a seed counts, and is worse with new seeds."""
    clip = trial.config.get("clip", 0.0)
    luck = 0.2 if trial.number < 1_000_000 and clip else 0.0
    return 0.3 + 0.001 * (trial.seed % 7) + 0.1 * clip - luck


def good(trial):
    return 0.3 + 0.001 * (trial.seed % 7) - 0.1 * trial.config.get("clip", 0.0)


def make(folder, train, *, decide):
    folder.mkdir()
    with tb.Book(folder / "b.db", objective=tb.minimize("loss"), chance=0.9) as book:
        begun = book.round("Does it learn?", fixed={"lr": 0.1}, trials=2, max_train_steps=1)
        begun.run(train, **QUIET)
        book.launch(begun.decide(train, max_reruns=6, **QUIET))
        asked = book.round("Does clipping help?", scientific={"clip": tb.choice(0.5, 1.0)},
                           trials=4, max_train_steps=1, least_improvement=0.005)  # fmt: skip
        asked.run(train, **QUIET)
        if decide:
            asked.decide(train, max_reruns=18, **QUIET)
        return asked.best.trial
    raise AssertionError


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Books by name, with the best trial of round 2: made once."""
    folder = tmp_path_factory.mktemp("best")
    cases = {"kept": (lucky, True), "adopted": (good, True), "open": (good, False)}
    return {n: (folder / n, make(folder / n, t, decide=d)) for n, (t, d) in cases.items()}


@pytest.fixture
def book(made, tmp_path):
    def copied(name):
        shutil.copytree(made[name][0], tmp_path, dirs_exist_ok=True)
        return made[name][1]

    return copied


def test_a_kept_baseline_comes_before_the_trial_that_lost(book, tunebook):
    trial = book("kept")
    lines = tunebook("best").stdout.splitlines()
    assert "baseline (launch 0)" in lines[0] and "0.30" in lines[0]
    said = " ".join(lines)
    assert said.index("baseline (launch 0)") < said.index(f"trial {trial}")
    assert "Decision 2" in said and "dropped" in said
    assert tomllib.loads(tunebook("best", "--toml").stdout) == {"lr": 0.1}
    told = json.loads(tunebook("best", "--json").stdout)
    assert told["trial"] == trial and told["baseline_is_best"]
    assert told["baseline"]["launch"] == 0 and told["baseline"]["config"] == {"lr": 0.1}
    assert 0.3 <= told["baseline"]["value"] < 0.31


def test_a_round_that_is_named_gives_its_trial_with_the_warning(book, tunebook):
    trial = book("kept")
    for how in (("2",), ("--round", "2")):
        text = tunebook("best", *how, "--toml").stdout
        assert tomllib.loads(text)["clip"] > 0
        assert f"trial {trial}" in text and "dropped" in text
    assert "one round" in tunebook("best", "2", "--round", "1", code=2).stderr


@pytest.mark.parametrize("name", ["adopted", "open"])
def test_a_trial_that_beats_the_baseline_comes_first_and_alone(book, tunebook, name):
    trial = book(name)
    said = tunebook("best").stdout
    assert f"trial {trial}" in said and "baseline (launch" not in said and "dropped" not in said
    assert tomllib.loads(tunebook("best", "--toml").stdout)["clip"] == 1.0
    assert not json.loads(tunebook("best", "--json").stdout)["baseline_is_best"]


def test_the_baseline_is_toml_too(book, tunebook):
    book("adopted")
    assert tomllib.loads(tunebook("best", "--baseline", "--toml").stdout) == {"lr": 0.1}
    tunebook("launch")
    launched = tomllib.loads(tunebook("best", "--baseline", "--toml").stdout)
    assert launched == {"lr": 0.1, "clip": 1.0}
    assert "is the launched baseline" in tunebook("best").stdout
    assert json.loads(tunebook("best", "--baseline", "--json").stdout)["baseline"]["launch"] == 1
    assert "leave out the round" in tunebook("best", "1", "--baseline", code=2).stderr


def test_a_book_without_a_launch_says_so(tunebook, tmp_path):
    with tb.Book(tmp_path / "b.db", objective=tb.minimize("loss"), chance=0.9) as book:
        begun = book.round("Does it learn?", fixed={"lr": 0.1}, trials=2, max_train_steps=1)
        begun.run(good, **QUIET)
    assert "no baseline" in tunebook("best", "--baseline", code=1).stderr
    assert tomllib.loads(tunebook("best", "--toml").stdout) == {"lr": 0.1}
