"""JSON files of trials in every shape in which people and pandas write them."""

from __future__ import annotations

import gzip
import json
import math

import pytest

from small_sweeps import FLAT, NAMES, RUNS, table_of
from tunebook.domain.errors import TableError
from tunebook.importers.sources import format_of, read_source


def lines(rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.fixture
def read(tmp_path):
    """The table of a JSON text, read as `tunebook audit` reads it."""

    def of(content, objective="minimize:val_loss", name="t.json"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        assert format_of(path) == "json"
        return table_of(read_source(path), objective)

    return of


@pytest.mark.parametrize(
    "text",
    [
        lines(RUNS),
        lines(RUNS).replace("\n", "\r\n"),
        lines(RUNS).replace("\n", "\n\n"),
        "\ufeff" + lines(RUNS),
        gzip.compress(lines(RUNS).encode(), mtime=0),
        json.dumps(RUNS),
        json.dumps(RUNS, indent=2),
        "\n".join(json.dumps(r, indent=1) for r in RUNS),
        json.dumps({"runs": RUNS}),
        json.dumps({"project": "p", "trials": RUNS, "seen": [1, 2]}),
    ],
)
def test_nested_configurations(read, text):
    table = read(text)
    assert table.name == tuple(NAMES) and not table.left_out
    assert list(table.roles) == ["lr", "model.width", "schedule"]
    for config, value, run in zip(table.config, table.value, RUNS, strict=True):
        own = run["config"]
        assert config["lr"] == own["lr"] and config["model.width"] == own["model"]["width"]
        assert config["schedule"] == (own["schedule"] or "null")
        assert value == run["metrics"]["val_loss"]


def by_column(rows):
    return {k: [r[k] for r in rows] for k in rows[0]}


@pytest.mark.parametrize(
    ("document", "names"),
    [
        (FLAT, None),
        ([list(FLAT[0]), *(list(r.values()) for r in FLAT)], None),
        (by_column(FLAT), None),
        ({"columns": list(FLAT[0]), "index": NAMES, "data": [list(r.values()) for r in FLAT]}, NAMES),
        ({k: dict(zip(NAMES, v, strict=True)) for k, v in by_column(FLAT).items()}, NAMES),
        ({k: {str(i): x for i, x in enumerate(v)} for k, v in by_column(FLAT).items()}, [str(i) for i in range(30)]),
        (dict(zip(NAMES, FLAT, strict=True)), NAMES),
        ({"results": dict(zip(NAMES, FLAT, strict=True))}, NAMES),
        ({"schema": {"fields": []}, "data": FLAT}, None),
    ],
)  # fmt: skip
def test_the_shapes_that_pandas_and_people_write(read, document, names):
    table = read(json.dumps(document))
    assert [dict(c) for c in table.config] == [{"lr": r["lr"], "width": r["width"]} for r in FLAT]
    assert table.value.tolist() == [r["val_loss"] for r in FLAT]
    assert names is None or list(table.name) == names


def test_what_stands_beside_the_trials_is_said(read):
    table = read(json.dumps({"project": "p", "trials": RUNS}))
    assert any("trials" in note and "project" in note for note in table.origin.notes)


@pytest.mark.parametrize("text", [lines(RUNS), json.dumps(RUNS), json.dumps(RUNS, indent=2)])
def test_a_file_cut_anywhere_is_read_up_to_its_last_whole_record(tmp_path, text):
    path = tmp_path / "t.json"
    for end in range(1, len(text), 97):
        path.write_text(text[:end])
        whole = sum(text.find(json.dumps(n), 0, end) >= 0 for n in NAMES)
        try:
            found = read_source(path, format="json")
        except TableError:
            assert whole <= 1
            continue
        assert whole - 1 <= len(found.rows) <= whole
        assert found.rows.notes or text[:end].rstrip()[-1] in "}]"


def test_lines_that_are_no_json_are_left_out(read):
    broken = lines(RUNS[:10]) + "{'lr': 0.1}\n" + "[1]\n" + lines(RUNS[10:])
    table = read(broken)
    assert len(table) == 30 and [t.split(":")[0] for t in table.left_out] == ["line 11", "line 12"]


@pytest.mark.parametrize(
    "text",
    ['{"lr": 0.1, "loss": 2}', "[1, 2, 3]", "{}", '{"a": {"b": 1}}', "[" * 5000 + "{", "{a"],
)
def test_json_without_trials_is_one_sentence(tmp_path, text):
    (tmp_path / "t.json").write_text(text)
    with pytest.raises(TableError) as caught:
        read_source(tmp_path / "t.json", format="json")
    assert caught.value.next_step and "\n" not in caught.value.rule


@pytest.mark.parametrize(
    ("history", "steps"),
    [
        ({"epoch": [1, 2, 3], "val_loss": [2.0, 1.0, 0.5]}, [1, 2, 3]),
        ({"val_loss": [2.0, 1.0, 0.5], "lr": [0.1, 0.1, 0.1]}, [0, 1, 2]),
        ([{"step": 10 * i, "val_loss": v} for i, v in enumerate((2.0, 1.0, 0.5))], [0, 10, 20]),
    ],
)
def test_lists_of_a_metric_are_its_curve(tmp_path, history, steps):
    rows = [{"run": n, **r, "history": history} for n, r in zip(NAMES, FLAT, strict=True)]
    rows = [{k: v for k, v in row.items() if k != "val_loss"} for row in rows]
    (tmp_path / "t.jsonl").write_text(lines(rows))
    table = table_of(read_source(tmp_path / "t.jsonl"), reduce="last")
    assert list(table.name) == NAMES and table.value.tolist() == [0.5] * 30
    assert list(table.roles) == ["lr", "width"]
    own = table.curves["val_loss"].of(3)
    assert own[0].tolist() == steps and own[1].tolist() == [2.0, 1.0, 0.5]


def test_lists_that_are_configurations_are_none(read):
    rows = [{**r, "hidden": [[64, 64], [128]][i % 2]} for i, r in enumerate(FLAT)]
    table = read(lines(rows))
    assert set(table.column("hidden")) == {"[64, 64]", "[128]"} and not table.curves


def test_nan_is_a_divergence_and_null_is_missing(read):
    rows = [dict(r) for r in FLAT]
    rows[3]["val_loss"], rows[4]["val_loss"] = math.nan, None
    table = read(lines(rows))
    assert [str(c) if c else "" for c in table.cause[3:5]] == [
        "diverged",
        "objective never reported",
    ]


def test_curves_of_json_lines(tmp_path):
    (tmp_path / "t.jsonl").write_text(
        lines([{"trial": n, **r} for n, r in zip(NAMES, FLAT, strict=True)])
    )
    points = [{"trial": n, "step": s, "valid/loss": 1 / (s + 1)} for n in NAMES for s in range(4)]
    (tmp_path / "c.jsonl").write_text(lines(points))
    table = table_of(
        read_source(tmp_path / "t.jsonl", tmp_path / "c.jsonl"), "minimize:valid/loss"
    )
    assert table.value.tolist() == [0.25] * 30
