"""An export replaces its own files alone: what was edited, or came from elsewhere, is kept."""

from __future__ import annotations

import hashlib

import pytest
from click.testing import CliRunner

from tunebook.book.files.exporting import export
from tunebook.book.notebook import Book
from tunebook.cli import group
from tunebook.domain.errors import StoreError
from tunebook.domain.formats.spelling import minimize, uniform


@pytest.fixture
def plain(tmp_path):
    with Book(tmp_path / "e.db", objective=minimize("loss")) as book:
        one = book.round("q", nuisance={"lr": uniform(0, 1)}, trials=2, max_train_steps=1)
        one.run(lambda trial: float(trial.config["lr"]), workers=0, progress=False)
        yield book


KINDS = {".json", ".toml", ".csv", ".sha256", ".svg"}
FILES = ["book.json", "round-1.toml", "round-1-trials.csv", "round-1-curves.csv"]


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix in KINDS}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_was_edited_stays(plain, tmp_path, name):
    folder = tmp_path / "out"
    export(plain, folder, pictures="none")
    (folder / name).write_text("# mine\n")
    before = contents(folder)
    with pytest.raises(StoreError, match=name) as caught:
        export(plain, folder, pictures="none")
    assert "--force" in caught.value.next_step
    assert contents(folder) == before
    export(plain, folder, pictures="none", force=True)
    assert (folder / name).read_text() != "# mine\n"


@pytest.mark.parametrize("name", [*FILES, "export.sha256"])
def test_a_file_that_no_export_wrote_stays(plain, tmp_path, name):
    (tmp_path / name).write_text("# mine\n")
    before = contents(tmp_path)
    with pytest.raises(StoreError, match=name):
        export(plain, tmp_path, pictures="none")
    assert contents(tmp_path) == before


def test_a_picture_that_no_export_wrote_stays(launched, tmp_path):
    written = export(launched, tmp_path / "out", pictures="svg")
    picture = next(path for path in written if path.suffix == ".svg")
    other = tmp_path / "other"
    other.mkdir()
    (other / picture.name).write_text("<svg/>")
    with pytest.raises(StoreError, match=picture.name):
        export(launched, other, pictures="svg")
    assert [path.name for path in other.iterdir()] == [picture.name]


def test_its_own_files_are_replaced_and_have_checksums(plain, tmp_path):
    folder = tmp_path / "out"
    export(plain, folder, pictures="none")
    two = plain.round("another", nuisance={"lr": uniform(0, 1)}, trials=2, max_train_steps=1)
    two.run(lambda trial: 1.0, workers=0, progress=False)
    written = export(plain, folder, pictures="none")
    assert {path.name for path in written} == {path.name for path in folder.iterdir()}
    listed = [line.split("  ") for line in (folder / "export.sha256").read_text().splitlines()]
    assert {name for _, name in listed} == {path.name for path in written} - {"export.sha256"}
    for checksum, name in listed:
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == checksum


def test_the_command_refuses_too(plain, tmp_path):
    command = ["export", str(tmp_path), "--book", str(tmp_path / "e.db"), "--pictures", "none"]
    (tmp_path / "round-1.toml").write_text("# mine\n")
    refused = CliRunner().invoke(group, command)
    assert refused.exit_code != 0 and (tmp_path / "round-1.toml").read_text() == "# mine\n"
    assert CliRunner().invoke(group, [*command, "--force"]).exit_code == 0
    archive = ["export", str(tmp_path / "a.zip"), "--book", str(tmp_path / "e.db")]
    assert CliRunner().invoke(group, archive).exit_code == 0
    before = (tmp_path / "a.zip").read_bytes()
    assert CliRunner().invoke(group, archive).exit_code == 2
    assert (tmp_path / "a.zip").read_bytes() == before
