"""A table in some lines, and as a DataFrame where pandas is installed."""

from __future__ import annotations

import sys

import pytest

from tunebook.domain.design import Objective
from tunebook.domain.errors import TableError
from tunebook.domain.formats.data_frame import columns
from tunebook.domain.table import TrialTable


@pytest.fixture
def sweep(tmp_path):
    rows = "\n".join(
        f"{i},{i / 10},{'relu' if i % 2 else '<b>'},{abs(i - 7) / 10}" for i in range(24)
    )
    (tmp_path / "t.csv").write_text(f"trial,lr,act,error\n{rows}\n", "utf-8")
    return TrialTable.from_csv(tmp_path / "t.csv", objective=Objective("error"))


def test_a_table_shows_its_best_trials_and_counts_the_others(sweep):
    lines = repr(sweep).splitlines()
    assert "24 trials" in lines[0] and "minimize error" in lines[0]
    assert lines[2].split()[0] == "7"
    assert "14 more" in lines[-1]
    html = sweep._repr_html_()
    assert "<b>" not in html and "&lt;b&gt;" in html


def test_columns_have_every_trial_and_a_name_that_is_taken_is_marked(sweep):
    table = columns(sweep)
    assert all(len(values) == 24 for values in table.values())
    assert table["lr"][3] == 0.3
    clash = sweep.take(sweep.complete)
    config = tuple({**dict(c), "status": "own"} for c in clash.config)
    made = columns(TrialTable(**{**_fields(clash), "config": config}))
    assert set(made["config.status"]) == {"own"}
    assert set(made["status"]) == {"complete"}


def test_without_pandas_the_error_names_what_to_install(sweep, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    for make in (sweep.to_pandas, sweep.curves_to_pandas):
        with pytest.raises(TableError, match="pip install pandas"):
            make()


def test_a_dataframe_has_one_row_a_trial(sweep):
    pytest.importorskip("pandas")
    frame = sweep.to_pandas()
    assert len(frame) == 24
    assert frame.sort_values("error").iloc[0]["lr"] == 0.7
    assert list(sweep.curves_to_pandas().columns) == ["trial", "step", "metric", "value"]


def _fields(table):
    names = (
        "objective",
        "name",
        "study",
        "config",
        "seed",
        "status",
        "cause",
        "seconds",
        "value",
        "branches",
        "roles",
    )
    return {name: getattr(table, name) for name in names}
