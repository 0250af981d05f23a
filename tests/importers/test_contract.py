"""What every reader keeps to: one suite over all of `sources.FORMATS`, on samples of their tools.

A place is told by its own reader alone; nothing of it changes, nothing of its tool is imported;
whatever is wrong with it ends in one sentence and a next step, and no name does harm.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from stored_folders import HOSTILE, snapshot
from tunebook.auditing import audit, proposed_objectives, read_sweep
from tunebook.domain.errors import DesignError, TableError, TunebookError
from tunebook.importers.sources import FORMATS, TABLES, format_of, read_source

sys.path.insert(0, str(Path(__file__).parent))
from samples import SAMPLES

TOOLS = {
    "optuna", "mlflow", "mlflow_skinny", "ray", "wandb", "tensorboard", "tensorflow", "torch",
    "keras", "keras_tuner", "ax", "botorch", "smac", "ConfigSpace", "neps", "syne_tune", "dvclive",
    "transformers", "lightning", "pytorch_lightning", "hydra", "omegaconf", "trackio", "neptune",
    "pandas", "polars", "dill",
}  # fmt: skip
"""Packages that no reader may import."""


@pytest.fixture(params=SAMPLES, ids=str)
def sample(request):
    if request.param.needs:
        pytest.importorskip(request.param.needs)
    return request.param


@pytest.fixture
def place(sample, tmp_path):
    return sample.copy(tmp_path)


def read(sample, place):
    return read_source(place, study=sample.study)


def objective(sample, source):
    return sample.objective or proposed_objectives(source)[0]


def one_sentence(error):
    """An error as a person reads it: a line that says what, and a next step."""
    assert isinstance(error, TunebookError), repr(error)
    assert error.next_step and "\n" not in error.rule, str(error)
    assert "Traceback" not in str(error)


def test_every_reader_has_a_sample():
    assert {sample.format for sample in SAMPLES} == set(FORMATS)


def test_a_place_is_told_by_its_own_reader_alone(sample, place):
    assert format_of(place) == sample.format
    of_tools = [n for n, own in FORMATS.items() if n not in TABLES and own.recognises(place)]
    assert of_tools == ([] if sample.format in TABLES else [sample.format])


def test_to_tell_a_place_nothing_of_its_reader_is_loaded(sample, place):
    script = (
        "import sys; from pathlib import Path\n"
        "from tunebook.importers.sources import format_of\n"
        "format_of(Path(sys.argv[1])); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script, place], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    assert not {name.partition(".")[0] for name in loaded} & {*TOOLS, "pyarrow", "openpyxl"}
    reader = FORMATS[sample.format].reader.partition(":")[0]
    assert sample.format == "csv" or reader not in loaded


def test_the_format_that_is_asked_for_reads_it_and_no_other(sample, place):
    """The same as when it is told; any other reader refuses, or reads what it finds there."""
    told = read(sample, place)
    asked = read_source(place, format=sample.format, study=sample.study)
    assert asked.rows.cells == told.rows.cells
    for other in set(FORMATS) - {sample.format}:
        try:
            read_source(place, format=other, study=sample.study)
        except TunebookError as error:
            one_sentence(error)
    with pytest.raises(DesignError) as caught:
        read_source(place, format="no-such-tool")
    assert sample.format in caught.value.next_step


def test_nothing_of_the_source_changes(sample, place, tmp_path):
    before = snapshot(tmp_path)
    found = read(sample, place)
    audit(found, objective=objective(sample, found))
    assert snapshot(tmp_path) == before


def test_no_tool_is_imported(sample, place):
    script = (
        "import sys\nfrom tunebook.importers.sources import read_source\n"
        "assert len(read_source(sys.argv[1], study=sys.argv[2]).rows)\n"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    command = [sys.executable, "-c", script, place, sample.study]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) & TOOLS == set()


def test_the_rows_are_whole(sample, place):
    rows = read(sample, place).rows
    assert len(rows) >= 2 and len(set(rows.header)) == len(rows.header)
    assert set(rows.header) == set(rows.cells)
    assert {len(column) for column in rows.cells.values()} == {len(rows)}
    assert all(isinstance(cell, str) for column in rows.cells.values() for cell in column)
    assert all(note.endswith(".") for note in rows.notes)
    assert all(": " in text for text in rows.left_out)


def test_trials_have_names_of_their_own_and_curves_belong_to_them(sample, place):
    found = read(sample, place)
    table = read_sweep(found, objective=objective(sample, found))
    assert len(set(table.name)) == len(table) > 1
    known = {*table.name, *(text.partition(": ")[0] for text in table.left_out)}
    if found.curves is None:
        return
    assert set(found.curves.trials) <= known
    for curves in table.curves.values():
        for i in range(len(table)):
            steps, values = curves.of(i)
            assert (np.diff(steps) > 0).all() and len(steps) == len(values)


def test_a_source_cut_anywhere_is_read_or_refused_in_a_sentence(sample, place):
    files = [place] if place.is_file() else sorted(p for p in place.rglob("*") if p.is_file())
    places = 40 if len(files) == 1 else 3
    for file in files[:60]:
        whole = file.read_bytes()
        ends = {len(whole) * i // places for i in range(places)} | {max(0, len(whole) - 2)}
        for end in sorted(ends):
            file.write_bytes(whole[:end])
            try:
                found = read_source(place, format=sample.format, study=sample.study)
            except TableError as error:
                one_sentence(error)
            else:
                assert len(set(found.rows.header)) == len(found.rows.header)
        file.write_bytes(whole)


def test_a_source_with_a_file_of_noise_is_read_or_refused_in_a_sentence(sample, place):
    noise = np.random.default_rng(0).bytes(2000)
    files = [place] if place.is_file() else sorted(p for p in place.rglob("*") if p.is_file())
    for file in files[:40]:
        whole = file.read_bytes()
        for content in (noise, b"", b"{}", b"[]", b"null", b"\xff\xfe\x00", whole[:64] + noise):
            file.write_bytes(content)
            try:
                read_source(place, format=sample.format, study=sample.study)
            except TableError as error:
                one_sentence(error)
        file.write_bytes(whole)


@pytest.mark.parametrize("format", ["", *FORMATS])
@pytest.mark.parametrize("kind", ["empty folder", "folders", "empty file", "absent", "noise"])
def test_a_place_without_a_sweep(format, kind, tmp_path):
    at = tmp_path / "nothing"
    if kind == "empty folder":
        at.mkdir()
    elif kind == "folders":
        (at / "a/b").mkdir(parents=True)
        (at / "a/notes.md").write_text("# Notes\n")
    elif kind == "empty file":
        at.touch()
    elif kind == "noise":
        at.write_bytes(np.random.default_rng(1).bytes(5000))
    with pytest.raises(TableError) as caught:
        read_source(at, format=format)
    one_sentence(caught.value)


def with_hostile_names(source, wanted):
    """The same sweep, in which trials, texts, the source and curves have hostile names."""

    def own(name):
        return f"{name}{HOSTILE}"

    rows, curves = source.rows, source.curves
    known = set(curves.trials) if curves else set()
    cells = {}
    for column, values in rows.cells.items():
        named = bool(known) and known <= set(values)
        texts = len(set(values)) == len(values) and not all(NUMBER.fullmatch(v) for v in values)
        cells[column] = [own(v) for v in values] if named or texts else list(values)
    if curves:
        way, _, metric = wanted.partition(":")
        wanted = f"{way}:{own(metric)}" if metric in curves.metrics else wanted
        metrics, trials = tuple(map(own, curves.metrics)), tuple(map(own, curves.trials))
        curves = replace(curves, metrics=metrics, trials=trials)
    rows = replace(
        rows,
        cells=cells,
        notes=(*rows.notes, own("A note.")),
        left_out=(*rows.left_out, own("x: reason")),
        source=own(rows.source),
    )
    return replace(source, rows=rows, curves=curves), wanted


NUMBER = re.compile(r"[-+.\deE]*")


def test_hostile_names_do_no_harm(sample, place, capsys):
    source = read(sample, place)
    found, wanted = with_hostile_names(source, objective(sample, source))
    said = audit(found, objective=wanted)
    for html in (said.page(), said._repr_html_()):
        assert "<script>alert" not in html and "\x1b" not in html
    said.show(everything=True)
    printed = capsys.readouterr().out
    assert "\x1b" not in printed and "alert(" in printed


def test_the_command_reads_it(sample, place, tmp_path):
    """As a person types it: with no flag but what the source can't say."""
    script = Path(sys.executable).with_name("tunebook")
    arguments = ["--study", sample.study] if sample.study else []
    if sample.objective:
        arguments += ["--objective", sample.objective]
    else:
        arguments += ["--objective", objective(sample, read(sample, place))]
    command = [script, "audit", place, *arguments, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["trials"] >= 1 and told["columns"]


def test_two_sources_side_by_side_do_not_mix(sample, place, tmp_path):
    """A folder above a sweep and a file of notes is that sweep, or says what there is."""
    above = tmp_path / "above"
    above.mkdir()
    moved = shutil.move(place, above / place.name)
    (above / "README.md").write_text("# Sweep\n")
    try:
        found = read_source(above, study=sample.study)
    except TableError as error:
        one_sentence(error)
    else:
        assert len(found.rows) == len(read(sample, Path(moved)).rows)
