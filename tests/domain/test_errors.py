"""Which known word another can be a misspelling of."""

from __future__ import annotations

import pytest

from tunebook.domain.errors import close_words, nearest
from tunebook.domain.roles import fix_instead


@pytest.mark.parametrize(
    ("word", "known", "found"),
    [
        ("valid/loss", ["train/loss", "valid/error"], []),
        ("valid/loss", ["train/loss", "val/loss"], ["val/loss"]),
        ("error", ["train/loss", "valid/error"], ["valid/error"]),
        ("batch", ["lr", "batch_size"], ["batch_size"]),
        ("digits", ["xdist", "click"], []),
        ("tries", ["trials", "seed"], ["trials"]),
        ("lgo", ["linear", "log"], ["log"]),
    ],
)
def test_words_are_close_by_parts_and_not_by_letters_alone(word, known, found):
    assert close_words(word, known) == found
    assert nearest(word, known) == (f' Did you mean "{found[0]}"?' if found else "")


def test_what_no_trial_should_search_is_fixed_instead():
    assert fix_instead(["lr", "dropout"]) == ""
    said = fix_instead(["lr", "batch_size", "epochs"])
    assert "Fix batch_size" in said and "(A4)" in said and "epochs" in said and "(B9)" in said
    assert "lr" not in said
