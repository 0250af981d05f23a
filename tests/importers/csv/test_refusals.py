"""CSV files and arguments that make no table: what is wrong, and the way out (C11)."""

from __future__ import annotations

import gzip

import pytest

from tunebook.domain.errors import DesignError, TableError, TunebookError
from tunebook.domain.table import TrialTable

GOOD = "trial,lr,loss\na,0.1,0.5\nb,0.2,0.4\n"


@pytest.fixture
def read(tmp_path):
    """Read a file of these characters or bytes."""

    def of(content, curves=None, **more):
        paths = []
        for name, text in (("t.csv", content), ("c.csv", curves)):
            if text is not None:
                paths.append(tmp_path / name)
                paths[-1].write_bytes(text if isinstance(text, bytes) else text.encode())
        return TrialTable.from_csv(*paths, **{"objective": "minimize:loss", **more})

    return of


@pytest.mark.parametrize(
    ("content", "said", "way_out"),
    [
        ("", "is empty", "header"),
        ("trial,lr,loss\n", "a header and no rows", "add a row"),
        (
            "trial,lr,loss\na\n",
            "no row that can be read: line 2: 1 cells",
            "a cell for each column",
        ),
        ('trial,lr,loss\na,"1,2\n', "no row that can be read", "a cell for each column"),
        ("trial,lr,lr,loss\na,1,2,3\n", '"lr" stands twice', "rename"),
        (GOOD + "a,1,1\n", '"a" stands in lines 2 and 4', "name of its own"),
        ("trial,lr,los\na,1,2\n", 'Did you mean "los"', "columns"),
        ('trial,lr,loss\na,1,"2,000.5"\n', 'got "2,000.5"', "without separators of thousands"),
        ("trial,lr,loss\na,1,good\n", 'got "good"', "correct the cell"),
        (GOOD.encode("utf-16")[:-1], "is no text: byte", "UTF-8"),
        (b"trial,lr,loss\na,1,\x00\x01\xff\n", "is no text: byte", "UTF-8"),
        (gzip.compress(GOOD.encode(), mtime=0)[:-10], "damaged gzip", "anew"),
    ],
)
def test_files_that_make_no_table(read, content, said, way_out):
    with pytest.raises(TableError, match=said) as caught:
        read(content)
    assert way_out in caught.value.next_step


@pytest.mark.parametrize(
    ("curves", "said"),
    [
        ("trial,value\na,1\n", "none of trial, value is a step"),
        ("step,loss\n0,1\n", "none of step, loss is a trial"),
        ("trial,step,metric,value\na,1.5,loss,1\n", '"step" is a whole number; got "1.5"'),
        ("trial,step,metric,value\na,1,loss,y\n", '"value" must be a number; got "y"'),
    ],
)
def test_curves_that_are_none(read, curves, said):
    with pytest.raises(TableError, match=said) as caught:
        read(GOOD, curves)
    assert caught.value.next_step


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"objective": None}, "an objective is a metric and which way is better; got None"),
        ({"objective": "loss"}, 'an objective is "minimize:NAME"'),
        ({"chance": "a"}, "chance is a number; got 'a'"),
        ({"chance": float("nan")}, "chance is a finite number"),
        ({"hyperparameters": "lr"}, "hyperparameters is a list; got 'lr'"),
        ({"scientific": "lr"}, "scientific is a list; got 'lr'"),
        ({"space": ["lr"]}, "space is a table"),
        ({"reduce": "mean"}, "reduced"),
    ],
)
def test_arguments_that_can_not_be_meant(read, more, said):
    with pytest.raises(DesignError, match=said) as caught:
        read(GOOD, **more)
    assert caught.value.next_step


@pytest.mark.parametrize("path", ["absent.csv", ".", 3])
def test_no_file(path):
    with pytest.raises(TunebookError) as caught:
        TrialTable.from_csv(path, objective="minimize:loss")
    assert isinstance(caught.value, TableError) and caught.value.next_step
