"""Files that are no table of trials, and tables that were written to break a reader."""

from __future__ import annotations

import gzip
import json
import sqlite3
import zipfile
from importlib.resources import files

import pytest

from tunebook.domain.errors import TableError
from tunebook.domain.table import TrialTable

LRS = [0.1, 0.01, 0.002, 0.05, 0.0007, 0.02, 0.003, 0.001, 0.03, 0.005, 0.0004, 0.07]
GOOD = "lr,width,loss\n" + "".join(
    f"{lr},{16 * (1 + i % 3)},{0.3 + i % 7 / 50}\n" for i, lr in enumerate(LRS)
)


def read(path, objective="minimize:loss", **more):
    return TrialTable.from_csv(path, objective=objective, **more)


def refusal(path, **more):
    with pytest.raises(TableError) as caught:
        read(path, **more)
    assert caught.value.next_step and "\n" not in caught.value.rule
    return str(caught.value)


def write(tmp_path, content, name="t.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        (("studies", "trials", "trial_params"), "Optuna"),
        (("runs", "params", "latest_metrics"), "MLflow"),
        (("t",), "SQLite database"),
    ],
)
def test_a_database_is_named_for_what_it_is(tmp_path, tables, said):
    path = tmp_path / "x.db"
    connection = sqlite3.connect(path)
    for table in tables:
        connection.execute(f"CREATE TABLE {table} (a)")
    connection.commit()
    connection.close()
    told = refusal(path)
    assert said in told and "not a CSV file" in told


def test_a_book_is_named_and_its_own_command_is_told(tmp_path):
    book = write(
        tmp_path,
        gzip.decompress((files("tunebook.cli.assets") / "digits.db.gz").read_bytes()),
        "demo.db",
    )
    told = refusal(book)
    assert "book of Tunebook" in told and "tunebook findings --book demo.db" in told


def test_archives_and_workbooks_are_named(tmp_path):
    for inside, said in (
        ("xl/workbook.xml", "Excel workbook"),
        ("a.npy", "NumPy"),
        ("t.csv", "zip"),
    ):
        path = tmp_path / "a.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(inside, "x")
        assert said in refusal(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (json.dumps([{"lr": 0.1}]), "JSON"),
        ('{"lr": 0.1}\n{"lr": 0.2}\n', "JSON lines"),
        (b"PAR1....", "Parquet"),
        (b"\x80\x04\x95", "pickle"),
        (b":W&B\x00", "W&B"),
        ("<!DOCTYPE html><table>", "HTML page"),
    ],
)
def test_other_formats_are_named(tmp_path, content, said):
    assert said in refusal(write(tmp_path, content))


@pytest.mark.parametrize(
    ("inside", "said"),
    [("trials.csv", "trials.csv"), ("oracle.json", "Keras Tuner"), ("experiment_state-1.json", "Ray Tune"),
     ("multirun.yaml", "Hydra"), ("events.out.tfevents.1", "TensorBoard")],
)  # fmt: skip
def test_a_folder_is_named_for_what_it_holds(tmp_path, inside, said):
    (tmp_path / inside).write_text("x")
    assert said in refusal(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + GOOD.encode(),
        b"\xff\xfe" + GOOD.replace(",", "\t").encode("utf-16-le"),
        GOOD.encode("utf-16"),
        GOOD.replace("\n", "\r\n"),
        GOOD.replace("\n", "\r"),
        GOOD.replace(",", ";"),
        GOOD.replace(",", "\t"),
        GOOD.replace(",", "|"),
        "sep=;\n" + GOOD.replace(",", ";"),
        "lr;width;loss\n" + "\n".join(";".join(r.split(",")).replace(".", ",") for r in GOOD.splitlines()[1:]),
        "# written by me\n" + GOOD,
        GOOD.replace("\n", "\n\n"),
        GOOD + ",,\n,,\n",
        GOOD.replace("\n", ",,\n"),
        "\n".join('"' + '","'.join(r.split(",")) + '"' for r in GOOD.splitlines()),
        GOOD.replace("0.1,", "1e-1,"),
        GOOD.replace("lr,", " lr ,"),
        GOOD + "lr,width,loss\n",
    ],
)  # fmt: skip
def test_the_same_table_in_other_dress(tmp_path, content):
    table = read(write(tmp_path, content))
    assert (list(table.roles), len(table), table.left_out) == (["lr", "width"], 12, ())
    assert table.config[0] == {"lr": 0.1, "width": 16} and table.value[1] == 0.32


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (GOOD.replace("width", "lr"), '"lr" stands twice'),
        ("lr,width,loss\n", "has a header and no rows"),
        (GOOD + '9,16,"1,234.5"\n', 'line 14: "loss"'),
        (GOOD + "9,16,10%\n", "percent sign"),
        (b"\x00\x01\x02\x03", ""),
        (b"\xff\xfe" + GOOD.encode("utf-16-le") + b"x", "is no text"),
        ("lr,width,loss\n" + "x" * 200_000 + ",1,1\n", "this is no CSV"),
        ("loss\n" + "1\n2\n3\n", "no column that is a hyperparameter"),
    ],
)
def test_what_can_not_be_read_is_one_sentence(tmp_path, content, said):
    assert said in refusal(write(tmp_path, content))


@pytest.mark.parametrize(
    "content",
    [GOOD.replace("0.1,16", "0.1"), GOOD + "x" * 50_000 + ",1,1\n", GOOD + '"9,16,0.3\n'],
)
def test_a_row_that_can_not_be_read_is_left_out(tmp_path, content):
    table = read(write(tmp_path, content))
    assert len(table) + len(table.left_out) in (12, 13)


def test_a_missing_objective_names_the_nearest_of_many(tmp_path):
    names = [f"metric_{i}" for i in range(450)]
    text = (
        ",".join(["lr", "val_loss", *names])
        + "\n"
        + "\n".join(",".join(["0.1"] * 452) for _ in range(3))
    )
    told = refusal(write(tmp_path, text), objective="minimize:valid_loss")
    assert '"val_loss"' in told and "452 columns" in told and len(told) < 500


def test_a_hundred_columns_are_read(tmp_path):
    names = [f"x{i}" for i in range(100)]
    body = "\n".join(
        ",".join(f"{(i * 7919 + j * 104729) % 1000 / 1000}" for j in range(101)) for i in range(60)
    )
    table = read(write(tmp_path, ",".join([*names, "loss"]) + "\n" + body))
    assert len(table) == 60 and set(table.roles) <= set(names)


def test_ragged_rows_are_counted(tmp_path):
    table = read(write(tmp_path, GOOD + "0.1\n0.2,16,0.3,9\n"))
    assert len(table) == 12 and len(table.left_out) == 2
    assert "line 14: 1 cells" in table.left_out[0]


def test_names_of_html_stay_names(tmp_path):
    text = GOOD.replace("width", "<script>alert(1)</script>")
    assert "<script>alert(1)</script>" in read(write(tmp_path, text)).roles


def test_another_encoding_is_read_and_said(tmp_path):
    text = GOOD.replace("width", "größe")
    table = read(write(tmp_path, text.encode("cp1252")))
    assert list(table.roles) == ["lr", "größe"]
    assert any("Windows-1252" in note for note in table.origin.notes)
    assert read(write(tmp_path, text)).origin.notes == ()
