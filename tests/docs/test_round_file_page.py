"""The page on round files: its example is a round, and it names every key."""

from __future__ import annotations

import re
from pathlib import Path

from tunebook.domain.formats.round_file import BOOK_KEYS, read_round_file
from tunebook.domain.space import Per

PAGE = (Path(__file__).parents[2] / "docs" / "round-files.md").read_text("utf-8")


def test_the_example_is_a_round():
    (text,) = re.findall(r"^```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    plan = read_round_file(text).plan
    assert isinstance(plan.nuisance["learning_rate"], Per) and plan.fixed["batch_size"] == 64


def test_each_row_of_the_table_is_the_axis_that_python_makes():
    import tunebook as tb

    rows = re.findall(r"^\| `([{\[].*?)`(?: or `.*?`)? \| `(tb\..*?)` \|$", PAGE, re.MULTILINE)
    assert len(rows) == 6
    for toml, python in rows:
        text = (
            'goal = "q?"\ntrials = 8\nmax_train_steps = 1\n'
            '[scientific]\noptimizer = ["adam", "sgd"]\n'
            f"[nuisance]\nx = {toml}\n"
        )
        made = read_round_file(text).plan.nuisance["x"]
        made_in_python = {
            "tb.uniform(0.0, 0.5)": tb.uniform(0.0, 0.5),
            "tb.log_uniform(1e-4, 0.1)": tb.log_uniform(1e-4, 0.1),
            "tb.near_one(0.5, 0.99)": tb.near_one(0.5, 0.99),
            "tb.integer(1, 4)": tb.integer(1, 4),
            'tb.choice("relu", "gelu")': tb.choice("relu", "gelu"),
            'tb.per("optimizer", adam=tb.log_uniform(1e-4, 0.1))': tb.per(
                "optimizer", adam=tb.log_uniform(1e-4, 0.1)
            ),
        }
        assert made == made_in_python[python]


def test_every_key_is_on_the_page():
    for key in ("scientific", "nuisance", "fixed", "executor", "program", *BOOK_KEYS):
        assert key in PAGE
