"""One sweep, recorded by five tools: the same findings, number for number.

Differences that remain are those of docs/sources/README.md: each is named here, and nothing else.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

import tunebook as tb
from stored_folders import unpack
from tunebook.domain.formats.plain_data import to_data
from written_by_tools import ENVIRONMENTS, TOOLS

STORED = Path(__file__).parent / "stored"
WRITER = TOOLS / "writers/same_sweep.py"
HERE = ("csv", "optuna")
"""Tools of the tests' own environment."""
PLACES = {
    "csv": "trials.csv",
    "optuna": "optuna.db",
    "wandb": "wandb",
    "mlflow": "mlruns",
    "ray": "ray",
}
SPACE = {
    "lr": tb.log_uniform(1e-4, 0.1),
    "width": tb.choice(16, 32, 64),
    "dropout": tb.uniform(0, 0.5),
    "optimizer": tb.choice("adam", "sgd"),
}
KNOWN = {
    # One curve a trial: no training metric beside it.
    "optuna": {"C4", "C8"},
    # Its searcher is known, so that nothing is tested.
    "ray": {"C11"},
}
"""Checks that read what not all five carry."""


def stored(tool, out):
    """The place of a tool's stored sweep, and of its curves where they lie apart."""
    if tool == "csv":
        return STORED / "trials.csv", STORED / "curves.csv"
    if tool == "optuna":
        [packed] = STORED.glob("optuna-*.db.gz")
        (out / "optuna.db").write_bytes(gzip.decompress(packed.read_bytes()))
        return out / "optuna.db", None
    [packed] = STORED.glob(f"{tool}-*.tar.xz")
    return unpack(packed, out) / PLACES[tool], None


def written(tool, out):
    """The same, written by the tool itself, now."""
    python = Path(sys.executable) if tool in HERE else ENVIRONMENTS / tool / "bin/python"
    if not python.exists():
        pytest.skip(f"{tool} has an environment of its own: make test-importers")
    command = [python, "-P", WRITER, out, tool]
    done = subprocess.run(command, cwd=out, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr[-4000:]
    return out / PLACES[tool], out / "curves.csv" if tool == "csv" else None


def findings(place, curves):
    """What each check says, with trials by their learning rate: names are the tools' own."""
    found = tb.audit(
        place,
        curves,
        objective="minimize:val_loss",
        reduce="last",
        space=SPACE,
        training_objective="",
    )
    table = found.table
    rate = {name: config["lr"] for name, config in zip(table.name, table.config, strict=True)}
    said = {}
    for finding in found.findings:
        own = json.loads(json.dumps(to_data(finding), default=str))
        own["trials"] = [rate[name] for name in finding.trials]
        del own["sentence"]  # names metrics in the order in which they were logged
        said.setdefault(finding.check, []).append(own)
    for silent in found.examination.not_applicable:
        said.setdefault(silent.check, []).append(silent.reason)
    return table, said


@pytest.fixture(scope="module")
def of_csv():
    return findings(*stored("csv", None))


@pytest.mark.parametrize("tool", ["optuna", "wandb", "mlflow", "ray"])
@pytest.mark.parametrize("source", [stored, written])
def test_five_tools_say_the_same(tool, source, tmp_path, of_csv):
    table, said = findings(*source(tool, tmp_path))
    wanted, right = of_csv
    assert [dict(c) for c in table.config] == [dict(c) for c in wanted.config]  # and their order
    assert table.value.tolist() == wanted.value.tolist() and table.status == wanted.status
    metric = table.objective.metric
    for name in ("offsets", "steps", "values"):
        own, theirs = (getattr(t.curves[metric], name).tolist() for t in (table, wanted))
        assert own == theirs
    differing = {check for check in {*said, *right} if said.get(check) != right.get(check)}
    assert differing <= KNOWN.get(tool, set())
    assert len(right) >= 10 and len(set(right) - differing) >= 9


def test_the_table_is_that_of_the_writer(tmp_path):
    place, curves = written("csv", tmp_path)
    assert place.read_bytes() == (STORED / "trials.csv").read_bytes()
    assert curves.read_bytes() == (STORED / "curves.csv").read_bytes()
