"""An export as Neptune's exporter lays it out, by the schema that its README documents.

The exporter itself reads a service that has closed, so that it can't be run. Needs pyarrow.
Run: python -P neptune.py OUT. OUT/exports is the export.
"""

from __future__ import annotations

import json
import random
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

SCHEMA = pa.schema(
    [
        ("project_id", pa.string()),
        ("run_id", pa.string()),
        ("attribute_path", pa.string()),
        ("attribute_type", pa.string()),
        ("step", pa.decimal128(18, 6)),
        ("timestamp", pa.timestamp("ms", tz="UTC")),
        ("int_value", pa.int64()),
        ("float_value", pa.float64()),
        ("string_value", pa.string()),
        ("bool_value", pa.bool_()),
        ("datetime_value", pa.timestamp("ms", tz="UTC")),
        ("string_set_value", pa.list_(pa.string())),
        ("file_value", pa.struct([("path", pa.string())])),
        (
            "histogram_value",
            pa.struct(
                [
                    ("type", pa.string()),
                    ("edges", pa.list_(pa.float64())),
                    ("values", pa.list_(pa.float64())),
                ]
            ),
        ),
    ]
)
START = datetime(2026, 1, 5, 12, tzinfo=UTC)


def write_run(folder, project, run, single, series, *, parts=1, tmp=False):
    """A run's files: values of its attributes by (type, value), and series by step."""
    rows = []
    for path, (kind, value) in single.items():
        column = "file_value" if kind == "file" else f"{kind}_value"
        rows.append({"attribute_path": path, "attribute_type": kind, column: value})
    for path, points in series.items():
        kind, column = "float_series", "float_value"
        if path == "log":
            kind, column = "string_series", "string_value"
        for step, value in points:
            rows.append(
                {
                    "attribute_path": path,
                    "attribute_type": kind,
                    "step": Decimal(str(step)),
                    "timestamp": START,
                    column: value,
                }
            )
    for row in rows:
        row |= {"project_id": project, "run_id": run}
    folder.mkdir(parents=True, exist_ok=True)
    size = -(-len(rows) // parts)
    for part in range(parts):
        table = pa.Table.from_pylist(rows[part * size : (part + 1) * size], schema=SCHEMA)
        end = ".tmp" if tmp else ""
        pq.write_table(table, folder / f"{run}_part_{part}.parquet{end}", compression="snappy")


def main():
    out = Path(sys.argv[1])
    rng = random.Random(0)
    folder = out / "exports/data/team_sweep_1a2b3c"
    truth = {}
    for number in range(12):
        rate, width = 10 ** rng.uniform(-4, 0), rng.choice([16, 32])
        state = "active" if number == 6 else "inactive"
        single = {
            "sys/name": ("string", "sweep"),
            "sys/id": ("string", f"SWEEP-{number}"),
            "sys/creation_time": ("datetime", START + timedelta(minutes=number)),
            "sys/running_time": ("float", 60.5 + number),
            "sys/state": ("string", state),
            "sys/failed": ("bool", number == 5),
            "sys/tags": ("string_set", ["a", "<b>"]),
            "sys/trashed": ("bool", number == 7),
            "parameters/lr": ("float", rate),
            "parameters/model/width": ("int", width),
            "parameters/optimizer": ("string", rng.choice(["sgd", "adam"])),
            "parameters/nesterov": ("bool", rng.random() < 0.5),
            "test/accuracy": ("float", rng.random()),
            "monitoring/gpu": ("string", "H200"),
            "source_code/files": ("file", {"path": "x.zip"}),
        }
        half = 2 if number % 2 else 1  # steps of this run have a decimal
        losses = [(s / half, 1 / (s + 1) + rng.gauss(0, 0.01)) for s in range(8)]
        if rate > 0.3:
            losses[-1] = (losses[-1][0], float("nan"))
        series = {"val/loss": losses, "monitoring/cpu": [(0, 1.0), (1, 2.0)], "log": [(0, "x")]}
        run = f"SWEEP-{number}"
        write_run(folder, "team/sweep", run, single, series, parts=3 if number == 4 else 1)
        if number == 7:
            continue
        truth[run] = {
            "config": {
                p.removeprefix("parameters/"): v
                for p, (_, v) in single.items()
                if p.startswith("parameters/")
            },
            "results": {"test/accuracy": single["test/accuracy"][1], "val/loss": losses[-1][1]},
            "curves": {"val/loss": [[int(10 * s) for s, _ in losses], [v for _, v in losses]]},
            "status": {5: "failed", 6: "running"}.get(number, "complete"),
        }
    write_run(folder, "team/sweep", "SWEEP-half", {"parameters/lr": ("float", 0.1)}, {}, tmp=True)
    (out / "truth.json").write_text(json.dumps({"runs": truth}), "utf-8")


if __name__ == "__main__":
    main()
