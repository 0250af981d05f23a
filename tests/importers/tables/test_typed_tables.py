"""Parquet files, workbooks and data frames: the same numbers as in memory."""

from __future__ import annotations

import datetime as dt
import math
import subprocess
import sys

import numpy as np
import pytest

from small_sweeps import FLAT, NAMES, table_of
from tunebook.domain.errors import TableError
from tunebook.importers.sources import format_of, read_source
from tunebook.importers.tables.frames import is_frame, read_frame

pandas = pytest.importorskip("pandas")


@pytest.fixture
def frame():
    return pandas.DataFrame(FLAT, index=NAMES)


def same(table, names=NAMES, digits=0.0):
    assert table.column("lr") == pytest.approx([r["lr"] for r in FLAT], rel=digits, abs=0)
    assert table.column("width") == [r["width"] for r in FLAT]
    assert table.value.tolist() == pytest.approx([r["val_loss"] for r in FLAT], rel=digits, abs=0)
    assert list(table.name) == names


def test_a_pandas_frame_has_its_index_as_names(frame):
    same(table_of(read_frame(frame)))
    same(table_of(read_frame(frame.reset_index(drop=True))), [str(i) for i in range(30)])


def test_an_index_of_several_levels_is_columns(frame):
    frame.index = pandas.MultiIndex.from_product(
        [("adam", "sgd", "lion"), range(10)], names=["optimizer", "seed"]
    )
    table = table_of(read_frame(frame))
    assert list(table.roles) == ["optimizer", "lr", "width"] and set(table.seed) == set(range(10))


def test_types_of_pandas(frame):
    frame["started"] = [
        pandas.Timestamp("2026-01-01") + pandas.Timedelta(hours=i) for i in range(30)
    ]
    frame["duration"] = pandas.to_timedelta(range(60, 90), unit="s")
    frame["bias"] = [i % 2 == 0 for i in range(30)]
    frame["depth"] = pandas.array(
        [None if i % 3 == 0 else i % 4 for i in range(30)], dtype="Int64"
    )
    frame["norm"] = pandas.Categorical(["batch", "layer", "batch"] * 10)
    frame["hidden"] = [[64, 64] if i % 2 else [128] for i in range(30)]
    frame.loc["run-3", "val_loss"] = np.nan
    table = table_of(read_frame(frame))
    assert table.origin.order == "started" and table.seconds[2] == 62
    assert table.column("bias")[:2] == [True, False] and table.column("norm")[1] == "layer"
    assert table.column("hidden")[:2] == ["[128]", "[64, 64]"]
    assert table.column("depth")[:3] == [None, 1, 2]
    assert str(table.cause[3]) == "objective never reported"


def test_columns_of_two_levels_are_joined_as_optuna_does(frame):
    frame.columns = pandas.MultiIndex.from_tuples(
        [("params", "lr"), ("params", "width"), ("val_loss", "")]
    )
    same(table_of(read_frame(frame)))


def test_a_list_of_mappings():
    same(table_of(read_frame([{"name": n, **r} for n, r in zip(NAMES, FLAT, strict=True)])))


@pytest.mark.parametrize("value", [3, None, [], [1], "t.csv", {"lr": [1]}, np.zeros(3)])
def test_what_is_no_frame_is_said(value):
    assert not is_frame(value)
    with pytest.raises(TableError) as caught:
        read_frame(value)
    assert caught.value.next_step


def test_a_frame_without_rows_or_with_two_columns_of_one_name(frame):
    with pytest.raises(TableError, match="no rows"):
        read_frame(frame.iloc[:0])
    frame.columns = ["lr", "lr", "val_loss"]
    with pytest.raises(TableError, match="stands twice"):
        read_frame(frame)


def test_polars_frames_keep_nan_and_null_apart():
    polars = pytest.importorskip("polars")
    rows = [{"name": n, "config": {"lr": r["lr"], "net": {"width": r["width"]}}, "val_loss": r["val_loss"]}
            for n, r in zip(NAMES, FLAT, strict=True)]  # fmt: skip
    rows[1]["val_loss"], rows[2]["val_loss"] = math.nan, None
    table = table_of(read_frame(polars.DataFrame(rows)))
    assert table.column("lr") == [r["lr"] for r in FLAT]
    assert table.column("net.width") == [r["width"] for r in FLAT]
    assert [str(c) for c in table.cause[1:3]] == ["diverged", "objective never reported"]


def test_parquet(frame, tmp_path):
    arrow = pytest.importorskip("pyarrow")
    path = tmp_path / "t.parquet"
    frame.to_parquet(path)
    assert format_of(path) == "parquet"
    same(table_of(read_source(path)))
    same(table_of(read_frame(arrow.Table.from_pandas(frame.reset_index(names="name")))))
    content = path.read_bytes()
    for end in range(4, len(content), 211):
        path.write_bytes(content[:end])
        with pytest.raises(TableError, match="no whole Parquet") as caught:
            read_source(path)
        assert caught.value.next_step


def test_curves_in_parquet(frame, tmp_path):
    pytest.importorskip("pyarrow")
    frame.to_parquet(tmp_path / "t.parquet")
    rows = [(n, s, "loss", 1 / (s + 1)) for n in NAMES for s in range(4)]
    curves = pandas.DataFrame(rows, columns=["trial", "step", "metric", "value"])
    curves.to_parquet(tmp_path / "c.parquet")
    table = table_of(read_source(tmp_path / "t.parquet", tmp_path / "c.parquet"), "minimize:loss")
    assert table.value.tolist() == [0.25] * 30


@pytest.fixture
def workbook():
    return pytest.importorskip("openpyxl")


def test_a_workbook(frame, tmp_path, workbook):
    path = tmp_path / "t.xlsx"
    frame.to_excel(path)
    assert format_of(path) == "excel"
    same(table_of(read_source(path)), digits=1e-15)  # a workbook has 16 digits


def test_a_sheet_as_people_lay_it_out(tmp_path, workbook):
    book = workbook.Workbook()
    sheet = book.active
    sheet.title = "Runs"
    sheet["B2"] = "Sweep of November"
    for at, cells in enumerate([["run", "lr", "width", "started", "val_acc"]] + [
        [n, f"{r['lr']:.6f}".replace(".", ","), r["width"], dt.datetime(2026, 1, 1, i % 24), f"{50 + i}%"]
        for i, (n, r) in enumerate(zip(NAMES, FLAT, strict=True))
    ]):  # fmt: skip
        for column, cell in enumerate(cells):
            sheet.cell(row=4 + at, column=2 + column, value=cell)
    book.create_sheet("Notes")["A1"] = "Never trust run-7."
    book.save(tmp_path / "t.xlsx")
    table = table_of(read_source(tmp_path / "t.xlsx"), "maximize:val_acc")
    assert list(table.roles) == ["lr", "width"] and sorted(table.value)[:2] == [0.5, 0.51]
    assert table.column("lr")[table.name.index("run-0")] == float(f"{FLAT[0]['lr']:.6f}")
    assert any("Notes" in note for note in table.origin.notes)


def test_several_sheets_are_listed_and_one_is_named(frame, tmp_path, workbook):
    path = tmp_path / "t.xlsx"
    with pandas.ExcelWriter(path) as writer:
        frame.to_excel(writer, sheet_name="first")
        frame.iloc[:20].to_excel(writer, sheet_name="second")
    with pytest.raises(TableError, match="first, second") as caught:
        read_source(path)
    assert "--study" in caught.value.next_step
    assert len(read_source(path, study="second").rows) == 20
    with pytest.raises(TableError, match='no sheet "secnd"'):
        read_source(path, study="secnd")


def test_formulas_without_values_are_said(tmp_path, workbook):
    book = workbook.Workbook()
    for row in [["=A1", "=B1", "=C1"]] * 5:
        book.active.append(row)
    book.save(tmp_path / "t.xlsx")
    with pytest.raises(TableError, match="formulas"):
        read_source(tmp_path / "t.xlsx")


def test_a_cut_workbook_is_one_sentence(frame, tmp_path, workbook):
    path = tmp_path / "t.xlsx"
    frame.to_excel(path)
    content = path.read_bytes()
    for end in range(4, len(content), 307):
        path.write_bytes(content[:end])
        with pytest.raises(TableError) as caught:
            read_source(path, format="excel")
        assert caught.value.next_step and "\n" not in caught.value.rule


@pytest.mark.parametrize(
    ("content", "name", "extra"),
    [
        (b"PAR1" + b"\0" * 20 + b"PAR1", "t.parquet", "tunebook[parquet]"),
        (b"PK\x03\x04", "t.xlsx", "tunebook[excel]"),
    ],
)
def test_without_the_extra_the_command_is_told(tmp_path, content, name, extra):
    (tmp_path / name).write_bytes(content)
    script = (
        "import sys; sys.modules['pyarrow.parquet'] = sys.modules['openpyxl'] = None\n"
        "from tunebook.importers.sources import read_source\n"
        "from tunebook.domain.errors import TableError\n"
        "try: read_source(sys.argv[1])\n"
        "except TableError as error: print(error.rule, '|', error.next_step)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path / name], capture_output=True, text=True
    )
    assert extra in done.stdout and "not installed" in done.stdout, done.stderr


def test_the_one_table_in_a_folder_is_read(frame, tmp_path):
    frame.to_csv(tmp_path / "trials.csv")
    (tmp_path / "README.md").write_text("x")
    same(table_of(read_source(tmp_path)))
    frame.to_csv(tmp_path / "other.tsv", sep="\t")
    same(table_of(read_source(tmp_path / "other.tsv")))
    with pytest.raises(TableError, match=r"has 2 tables: other\.tsv, trials\.csv"):
        read_source(tmp_path)
