"""Export keeps hyperparameters apart from columns of its own."""

from __future__ import annotations

import csv

import pytest

from tunebook.book.files.exporting import export
from tunebook.book.notebook import Book
from tunebook.domain.formats.spelling import choice, minimize, uniform


def train(trial):
    return float(trial.config["lr"])


def header(tmp_path, **nuisance):
    with Book(tmp_path / "e.db", objective=minimize("loss")) as book:
        book.round("q", nuisance=nuisance, trials=2, max_train_steps=1).run(
            train, workers=0, progress=False
        )
        export(book, tmp_path / "out", pictures="none")
    with (tmp_path / "out" / "round-1-trials.csv").open(newline="") as file:
        return list(csv.DictReader(file))


OWN = ["trial", "study", "rerun_of", "seed", "status", "cause", "seconds", "loss"]


@pytest.mark.parametrize("name", OWN)
def test_a_hyperparameter_named_as_a_column_is_told_from_it(tmp_path, name):
    rows = header(tmp_path, lr=uniform(0, 1), **{name: choice(1, 2)})
    assert list(rows[0]) == [*OWN, "params_lr", f"params_{name}"]
    assert {row[f"params_{name}"] for row in rows} <= {"1", "2"}
    assert rows[0]["trial"] == "1.0" and float(rows[0]["loss"]) == float(rows[0]["params_lr"])


def test_others_keep_their_names(tmp_path):
    assert list(header(tmp_path, lr=uniform(0, 1))[0]) == [*OWN, "lr"]
