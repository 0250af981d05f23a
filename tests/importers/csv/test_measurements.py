"""Curves files by blocks: the same numbers with quotes and without, and where a row is wrong."""

from __future__ import annotations

import numpy as np
import pytest

from tunebook.domain.errors import TableError
from tunebook.importers.csv import measurements
from tunebook.importers.csv.curves import pack_curves
from tunebook.importers.csv.measurements import read_measurements

HEAD = "trial,step,metric,value\n"


def same(a, b):
    assert (a.trials, a.metrics) == (b.trials, b.metrics)
    for column in ("trial", "metric", "step", "value"):
        assert np.array_equal(getattr(a, column), getattr(b, column), equal_nan=True)


@pytest.fixture(params=[1, 40, 1 << 20], ids=lambda size: f"blocks of {size} bytes")
def blocks(request, monkeypatch):
    """Block sizes: a row, some rows, all of them."""
    monkeypatch.setattr(measurements, "BLOCK_BYTES", request.param)
    monkeypatch.setattr(measurements, "BLOCK_ROWS", max(request.param // 20, 1))


def test_quotes_and_line_ends_change_nothing(blocks, fresh_rng):
    words = ["0.5", "-1e-3", "nan", "inf", "-inf", "1e400", "", "none", " 7 ", "+.5", "3"]
    rows = [
        f"t{fresh_rng.integers(4)},{fresh_rng.integers(30)},{m},{fresh_rng.choice(words)}"
        for m in fresh_rng.choice(["loss", "valid/größe", "x"], 60)
    ]
    plain = read_measurements((HEAD + "\n".join(rows)).encode(), "c.csv")
    assert len(plain.value) == sum(r.rsplit(",", 1)[1] not in ("", "none") for r in rows)
    quoted = [",".join(f'"{cell}"' for cell in row.split(",")) for row in rows]
    for text in (
        HEAD + "\n".join(rows) + "\n",
        HEAD + "\n\n".join(rows) + "\n\n",
        "\ufeff" + HEAD + "\n".join(rows),
        HEAD.replace("\n", "\r\n") + "\r\n".join(rows) + "\r\n",
        HEAD + "\n".join(quoted),
        HEAD.replace("\n", "\r") + "\r".join(rows),
    ):
        same(plain, read_measurements(text.encode(), "c.csv"))


@pytest.mark.parametrize("quote", ["", '"'])
@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("a,2,loss", "line 4: 3 cells, where the header has 4"),
        ("a,2,loss,1,1", "line 4: 5 cells"),
        ("a,2.5,loss,1", 'line 4: "step" is a whole number; got "2.5"'),
        ("a,,loss,1", 'line 4: "step" is a whole number; got ""'),
        ("a,1e20,loss,1", 'line 4: "step" is a whole number'),
        ("a,2,loss,x", 'line 4: "value" must be a number; got "x"'),
        ("a,2,loss,1_0", 'line 4: "value" must be a number; got "1_0"'),
        ("a,2,loss,1 234", 'line 4: "value" must be a number; got "1 234"'),
    ],
)
def test_a_wrong_row_is_named(blocks, quote, row, says):
    text = HEAD + f"{quote}a{quote},1,loss,1\n\n{row}\na,3,loss,1\n"
    with pytest.raises(TableError) as caught:
        read_measurements(text.encode(), "c.csv")
    assert says in caught.value.rule and caught.value.next_step


def test_columns_may_stand_in_any_order_beside_others(blocks):
    text = "value,note,metric,trial,step\n0.5,,loss,a,2\n0.25,hm,loss,b,1.0\n"
    read = read_measurements(text.encode(), "c.csv")
    assert (read.trials, read.metrics) == (("a", "b"), ("loss",))
    assert (read.step.tolist(), read.value.tolist()) == ([2, 1], [0.5, 0.25])


def test_steps_out_of_order_are_put_in_order_and_the_later_row_holds():
    rows = ["b,2,loss,9", "a,3,loss,3", "a,1,loss,1", "c,1,loss,5", "a,3,loss,4", "a,1,acc,7"]
    read = read_measurements((HEAD + "\n".join(rows)).encode(), "c.csv")
    packed = pack_curves(read, np.array([1, 0, -1]), 2)
    assert [list(map(np.ndarray.tolist, packed["loss"].of(i))) for i in (0, 1)] == [
        [[1, 3], [1.0, 4.0]],
        [[2], [9.0]],
    ]
    assert [len(packed["acc"].of(i)[0]) for i in (0, 1)] == [1, 0]


def test_no_row_has_a_value():
    read = read_measurements((HEAD + "a,1,loss,\n").encode(), "c.csv")
    assert read.metrics == () and len(read.value) == 0
    assert pack_curves(read, np.empty(0, np.int64), 2) == {}
