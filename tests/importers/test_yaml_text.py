"""YAML as tools write it: the same values as they had, without running anything in it."""

from __future__ import annotations

import contextlib
import math
import random
import string
from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tunebook.domain.errors import TableError
from tunebook.importers.json_files import flat
from tunebook.importers.yaml_text import MOST_LEVELS, read_yaml

plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats(allow_nan=False)
    | st.text(st.characters(blacklist_categories=("Cs",)), max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(string.ascii_letters, min_size=1), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


def number_like(value):
    """Texts that only YAML 1.2 takes for numbers: PyYAML leaves `1e5` and `0o7` unquoted."""
    if isinstance(value, dict):
        return any(map(number_like, value.values()))
    if isinstance(value, list):
        return any(map(number_like, value))
    return isinstance(value, str) and not isinstance(
        read_yaml(yaml.safe_dump(value), "t").value, str
    )


@given(plain)
def test_what_pyyaml_writes_is_read_as_it_was(value):
    read = read_yaml(yaml.safe_dump(value), "t.yaml")
    assert number_like(value) or read.value == value
    assert not read.dropped


def test_every_word_that_pyyaml_might_take_for_a_value_is_read_as_it_was():
    texts = ["on", "yes", "12:30", "012", "1_000", "2024-01-01", "=", "<<", "0x1f", "", "~", "null",
             "true", ".5", "-", "?", "- a", "a: b", "#", "&a", "*a", "!!str", "%", "|", "'", '"']  # fmt: skip
    for text in texts:
        assert read_yaml(yaml.safe_dump({"k": text}), "t").value == {"k": text}


def test_values_of_python_lose_their_tags_and_keep_what_they_hold():
    text = yaml.dump(
        {
            "lr": np.float64(0.1), "small": np.float32(0.1), "n": np.int64(-3), "on": np.bool_(True),
            "act": math.sqrt, "betas": (0.9, 0.999), "args": Namespace(depth=3, kind="a"),
            "path": Path("/a/b"), "some": {1},
        }
    )  # fmt: skip
    read = read_yaml(text, "hparams.yaml")
    assert read.value["lr"] == 0.1 and read.value["small"] == float(np.float32(0.1))
    assert read.value["n"] == -3 and read.value["on"] is True
    assert read.value["act"] == "math.sqrt"
    assert read.value["betas"] == [0.9, 0.999]
    assert read.value["args"] == {"depth": 3, "kind": "a"}
    assert read.value["path"][-2:] == ["a", "b"] and read.value["some"] == ["1"]
    assert "python/tuple" in read.dropped and "python/object" in read.dropped


def test_numbers_as_people_write_them():
    text = (
        "a: 1e-3\nb: 1.0e-05\nc: .inf\nd: -.INF\ne: .nan\nf: 0x10\ng: 0o10\nh: 1.\ni: +2\nj: '1'"
    )
    read = read_yaml(text, "t").value
    assert math.isnan(read.pop("e"))
    assert read == {"a": 1e-3, "b": 1e-5, "c": math.inf, "d": -math.inf, "f": 16, "g": 8, "h": 1.0,
                    "i": 2, "j": "1"}  # fmt: skip


def test_aliases_and_merged_tables_are_read():
    read = read_yaml("base: &b {lr: 1, wd: 2}\nrun: {<<: *b, lr: 3}\nsame: *b", "t").value
    assert read["run"] == {"wd": 2, "lr": 3} and read["same"] == {"lr": 1, "wd": 2}
    assert flat(read)["run.lr"] == 3


def test_nothing_is_run(tmp_path):
    for tag in ("python/object/apply:os.system", "python/object/new:os.system"):
        read = read_yaml(f"a: !!{tag} ['touch {tmp_path}/run']", "t")
        assert read.value == {"a": [f"touch {tmp_path}/run"]}
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "- " * 100_000,
        "a: {" * 5_000,
        "- " * (MOST_LEVELS + 1) + "a",
        "a: &a [*a]",
        "a: *b",
        "--- a\n--- b\n",
        "a: b: c",
        "\x00",
        "a: \t- [b",
        "a: &x0 [1,1,1,1,1,1,1,1,1,1]\n"
        + "".join(f"b{i}: &x{i + 1} [{','.join([f'*x{i}'] * 10)}]\n" for i in range(9)),
        b"\xff\xfe\xfa",
    ],
)
def test_what_is_no_configuration_is_refused_in_a_sentence(text):
    with pytest.raises(TableError, match=r"^t\.yaml can't be read") as told:
        read_yaml(text, "t.yaml")
    assert len(str(told.value)) < 400


def test_a_file_cut_anywhere_is_read_or_refused():
    text = yaml.dump({"a": (1, 2), "b": {"c": np.float64(2), "d": "x y: z"}, "e": Namespace(f=1)})
    rng = random.Random(0)
    for end in range(len(text)):
        broken = text[:end] + chr(rng.randrange(1, 0x250)) * rng.randrange(2)
        with contextlib.suppress(TableError):
            flat({"a": read_yaml(broken, "t").value})
