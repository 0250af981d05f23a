"""D8: what changed between two runs, in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tunebook.domain.environment import Environment, code_changes, other_changes
from tunebook.domain.formats.codec import from_json, to_json

FIRST = Environment(
    number=1, round=1, reruns=False, began_at=1.0, code="train.py:train", sha256="a" * 64,
    file="train.py", file_sha256="b" * 64, commit="c" * 40, versions={"torch": "2.1"},
    hardware={"cpu": "one"},
)  # fmt: skip


def test_it_comes_back_from_json():
    assert from_json(Environment, to_json(FIRST)) == FIRST


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("code", "other.py:train", "train.py:train to other.py:train"),
        ("sha256", "d" * 64, "the function's text, aaaaaaaaaaaa to dddddddddddd"),
        ("file_sha256", "d" * 64, "train.py, bbbbbbbbbbbb to dddddddddddd"),
        ("commit", "", "the git commit, cccccccccccc to none"),
        ("edits_sha256", "e" * 64, "not committed, none to eeeeeeeeeeee"),
    ],
)
def test_each_change_of_the_code_is_named(key, value, says):
    (said,) = code_changes(FIRST, replace(FIRST, **{key: value}))
    assert says in said
    assert other_changes(FIRST, replace(FIRST, **{key: value})) == ()


def test_versions_and_hardware_are_no_code():
    later = replace(FIRST, versions={"torch": "2.2", "jax": "0.5"}, hardware={"cpu": "two"})
    assert code_changes(FIRST, later) == ()
    assert other_changes(FIRST, later) == ("jax none to 0.5", "torch 2.1 to 2.2", "cpu one to two")


def test_the_same_twice_is_no_change():
    assert code_changes(FIRST, replace(FIRST, number=2, began_at=9.0, reruns=True)) == ()
