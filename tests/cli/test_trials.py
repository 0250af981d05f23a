"""The trials of a round, one of them, and the best, from the shell."""

from __future__ import annotations

import csv
import json
import tomllib
from io import StringIO

import pytest
from rich.console import Console

import tunebook as tb
from tunebook.domain.errors import EvidenceError
from tunebook.report.terminal.trial_grid import trials_renderable
from tunebook.report.terminal.trial_list import TrialList


def train(trial):
    print("trained at", trial.config["x"])
    if trial.config["x"] > 0.8:
        raise ValueError(f"x is {trial.config['x']}, too large")
    for step in (1, 2, 3):
        trial.report(step, {"loss": abs(trial.config["x"] - 0.3) + 1 / step})


@pytest.fixture
def run(tmp_path):
    book = tb.Book(tmp_path / "b.db", objective=tb.minimize("loss"))
    found = book.round(
        "Where is x best?",
        nuisance={"x": tb.uniform(0, 1), "seed_everything": [False, True]},
        trials=16,
        max_train_steps=3,
    )
    found.run(train, workers=0, progress=False)
    return book, found


def test_trials_are_listed_best_first_and_sorted_by_any_column(tunebook, run):
    _book, found = run
    rows = json.loads(tunebook("trials", "--json").stdout)["trials"]
    assert len(rows) == 16
    assert rows[0]["trial"] == found.best.trial
    assert rows[0]["loss"] == found.best.value
    known = [r["loss"] for r in rows if r["loss"] is not None]
    assert known == sorted(known)
    assert "too large" in rows[-1]["detail"]
    text = tunebook("trials", "--sort", "x", "--csv").stdout
    places = [float(r["x"]) for r in csv.DictReader(StringIO(text))]
    assert places == sorted(places)
    assert len(tunebook("trials", "--most", "3").stdout.splitlines()) == 5
    assert "Did you mean" in tunebook("trials", "--sort", "los", code=2).stderr


def test_a_trial_shows_configuration_fate_curve_and_what_it_printed(tunebook, run):
    _book, found = run
    seen = json.loads(tunebook("show", found.best.trial, "--json").stdout)
    assert seen["config"] == dict(found.best.config)
    assert seen["value"] == found.best.value
    assert seen["curves"]["loss"]["step"] == [1, 2, 3]
    lost = next(t for t in found.trials if t.cause)
    said = tunebook("show", lost.name).stdout
    assert "crashed" in said and "too large" in " ".join(said.split())
    tunebook("show", "9.9", code=1)


def test_the_best_configuration_is_text_json_and_toml(tunebook, run):
    _book, found = run
    best = json.loads(tunebook("best", "--json").stdout)
    assert (best["schema"], best["trial"]) == (2, found.best.trial)
    assert tomllib.loads(tunebook("best", "--toml").stdout) == dict(found.best.config)
    assert found.best.trial in tunebook("best").stdout


def test_python_has_the_same_of_a_trial_and_says_why_others_failed(run):
    book, found = run
    trial = book.trial(found.best.trial)
    assert trial.value == found.best.value
    assert dict(trial.config) == found.best.config
    steps, values = trial.curves["loss"]
    assert (list(steps), min(values)) == ([1, 2, 3], trial.value)
    lost = sum(t.cause is not None for t in found.trials)
    said = " ".join(repr(found.findings()).split())
    assert f"{lost} crashed" in said and "too large" in said
    assert "too large" in repr(found)
    with pytest.raises(TypeError, match="without parentheses"):
        found.trials()
    with pytest.raises(AttributeError, match=r"round\.best\.config"):
        _ = found.best_params


def test_a_round_without_a_complete_trial_has_no_best_and_says_why(tmp_path):
    def crash(trial):
        return trial.config.x

    book = tb.Book(tmp_path / "c.db", objective=tb.minimize("loss"))
    found = book.round("x?", nuisance={"x": tb.uniform(0, 1)}, trials=3, max_train_steps=1)
    found.run(crash, workers=0, progress=False)
    with pytest.raises(EvidenceError, match="3 crashed"):
        _ = found.best
    assert 'trial.config["x"]' in repr(found)
    assert 'trial.config["x"]' in found.findings()._repr_html_().replace("&#34;", '"')


def test_pictures_are_found_by_name_and_saved(tmp_path, run):
    _book, found = run
    shown = found.pictures()
    name = shown[0].name
    assert all("Round 1:" in " ".join(p.spec["title"]["subtitle"]) for p in shown)
    assert shown[name].save(tmp_path / "p.svg").read_text().startswith("<svg")
    assert shown[0].save(tmp_path / "p.png").read_bytes()[:4] == b"\x89PNG"
    with pytest.raises(EvidenceError, match=name):
        shown[name + "x"]


@pytest.mark.parametrize(("width", "broken"), [(72, True), (200, False)])
def test_names_of_columns_break_between_their_words(width, broken):
    table = listed(("valid/accuracy", "learning_rate", "weight_decay", "label_smoothing"))
    console = Console(width=width)
    with console.capture() as captured:
        console.print(table)
    words = captured.get().split()
    assert ("valid/accuracy" in words, "learning_rate" in words) == (not broken, not broken)
    assert ("accuracy" in words, "learning_" in words, "rate" in words) == (broken, broken, broken)
    assert "seconds" in words


def listed(names):
    columns = {
        "trial": ["1.0"],
        "status": ["complete"],
        **{n: [0.1] for n in names},
        "seconds": [1.0],
    }
    columns |= {"cause": [None]}
    return trials_renderable(
        TrialList(columns=columns, objective=names[0], counts="1 trial", left=0)
    )
