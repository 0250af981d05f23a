"""What is kept beside a book: read by the next process, made again once anything of it changed."""

from __future__ import annotations

import errno
import json
import os
import sqlite3
from collections import Counter

import pytest

import tunebook as tb
from tunebook.book import kept_results
from tunebook.domain.finding import CheckFailed
from tunebook.examination import memory
from tunebook.report import drawing


def train(trial):
    for step in range(1, trial.max_train_steps + 1):
        trial.report(step, {"loss": (trial.config["x"] - 0.3) ** 2 + 1 / step})


@pytest.fixture
def book(tmp_path):
    book = tb.Book(tmp_path / "b.db", objective=tb.minimize("loss"))
    made = book.round("where?", nuisance={"x": tb.uniform(0, 1)}, trials=20, max_train_steps=4)
    made.run(train, workers=0, progress=False)
    return book


@pytest.fixture
def ran(monkeypatch):
    """How often each check ran."""
    counts = Counter()
    real = memory.run_check

    def counted(check, *args, **more):
        counts[check] += 1
        return real(check, *args, **more)

    monkeypatch.setattr(memory, "run_check", counted)
    return counts


def again(book):
    """The book as another process opens it."""
    kept_results.forget_kept()
    memory.forget_results()
    book.close()
    return tb.Book(book._store.location)


def read(book):
    found = book.rounds[0]
    return found.examination(), found.summary(), found.predictions()


def test_the_next_process_reads_what_was_kept(book, ran):
    first = read(book)
    assert ran["C1"] == 1
    book = again(book)
    assert read(book) == first
    assert book.rounds[0].findings().findings == first[0].findings
    assert ran["C1"] == 1


def change(book, statement):
    book.close()
    with sqlite3.connect(book._store.location) as connection:
        connection.execute(statement)
    connection.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE trial SET config = '{\"x\": 0.5}' WHERE number = 3",
        "UPDATE trial SET status = 'infeasible', cause = 'diverged' WHERE number = 3",
        "UPDATE trial SET detail = 'ValueError: x' WHERE number = 3",
        "DELETE FROM chunk WHERE number = 3",
        "UPDATE chunk SET crc32 = crc32 + 1 WHERE number = 3",
        "UPDATE setting SET objective = replace(objective, 'minimize', 'maximize')",
        "UPDATE round SET plan = replace(plan, 'where?', 'when?')",
    ],
)
def test_any_change_of_the_book_makes_it_new(book, statement):
    before = book._store.fingerprint([1])
    change(book, statement)
    assert again(book)._store.fingerprint([1]) != before


def views(book, folder):
    """All that a person can see of the checks of the only round."""
    found = book.rounds[0]
    return {
        "findings": found.findings().findings,
        "pictures of findings": [p.to_data() for p in found.findings().pictures],
        "pictures": [p.to_data() for p in found.pictures()],
        "summary": found.summary(),
        "notebook": found._repr_html_(),
        "findings in a notebook": found.findings()._repr_html_(),
        "next": found.next_round().toml(),
        "report of the book": book.report(folder / "b.html").read_text("utf-8"),
        "report of the round": found.report(folder / "r.html").read_text("utf-8"),
    }


def test_every_view_is_read_from_what_was_kept(book, ran, tmp_path):
    first = views(book, tmp_path)
    assert ran["C1"] == 1
    assert views(again(book), tmp_path) == first
    assert ran["C1"] == 1


def test_pictures_are_drawn_once(book, tmp_path, monkeypatch):
    first = book.rounds[0].pictures()
    monkeypatch.setattr(drawing, "draw", None)
    book = again(book)
    assert [p.to_data() for p in book.rounds[0].pictures()] == [p.to_data() for p in first]
    book.report(tmp_path / "b.html")


def test_a_changed_value_is_seen_by_every_view(book, ran, tmp_path):
    """The best trial's configuration is the worst's, and another trial is lost."""
    first = views(book, tmp_path)
    best = book.rounds[0].best.trial.partition(".")[2]
    change(book, f"UPDATE trial SET config = '{{\"x\": 0.99}}' WHERE number = {best}")
    book = again(book)
    seen = views(book, tmp_path)
    assert ran["C1"] == 2
    assert {name for name in first if seen[name] == first[name]} <= {"next"}
    change(book, "UPDATE round SET plan = replace(plan, 'where?', 'when?')")
    assert views(again(book), tmp_path)["next"] != seen["next"]


@pytest.mark.parametrize("spoil", ["", "null", "[]", '{"pictures": 3}', '{"pictures": [{}]}'])
def test_damaged_pictures_are_drawn_again(book, spoil):
    first = [p.to_data() for p in book.rounds[0].pictures()]
    file = kept_file(book, "pictures-1")
    head = file.read_text("utf-8").partition("\n")[0]
    file.write_text(f"{head}\n{spoil}", "utf-8")
    assert [p.to_data() for p in again(book).rounds[0].pictures()] == first
    assert len(file.read_text("utf-8")) > 1000


def test_a_picture_that_could_not_be_drawn_is_not_kept(book, monkeypatch):
    def broken(check, *args, **more):
        raise MemoryError("no room")

    monkeypatch.setattr(drawing, "draw", broken)
    assert not book.rounds[0]._views()[1].drawing.lasting
    assert not list(kept_results.folder_of(book._store).glob("pictures-*"))


def test_more_trials_and_the_code_make_it_new(book, ran, monkeypatch):
    read(book)
    more = book.round("where?", nuisance={"x": tb.uniform(0, 1)}, trials=24, max_train_steps=4)
    more.run(train, workers=0, progress=False)
    assert read(book)[0].trials == 24
    assert ran["C1"] == 2
    monkeypatch.setattr(kept_results, "code_digest", lambda: "another version")
    read(again(book))
    assert ran["C1"] == 3


def test_another_round_leaves_this_one_as_it_is(book, ran):
    read(book)
    other = book.round("and y?", nuisance={"y": tb.uniform(0, 1)}, trials=8, max_train_steps=4)
    other.run(lambda t: t.report(1, {"loss": t.config["y"]}), workers=0, progress=False)
    read(again(book))
    assert ran["C1"] == 1


def kept_file(book, name="round-1"):
    (found,) = kept_results.folder_of(book._store).glob(f"{name}.*.json")
    return found


@pytest.mark.parametrize("spoil", ["", "{", "null", "[]", "\x00", '{"examination": 3}'])
def test_a_damaged_file_is_made_again(book, ran, spoil):
    first = read(book)
    head = kept_file(book).read_text("utf-8").partition("\n")[0]
    kept_file(book).write_text(f"{head}\n{spoil}", "utf-8")
    assert read(again(book)) == first
    assert ran["C1"] == 2


def test_it_is_data_alone(book):
    read(book)
    head, _, rest = kept_file(book).read_text("utf-8").partition("\n")
    assert set(json.loads(rest)) == {"examination", "summary", "predictions", "unmeasured"}
    assert len(head) < 100


def test_a_file_in_the_way_of_the_folder_is_no_error(book, ran):
    folder = kept_results.folder_of(book._store)
    folder.write_text("in the way", "utf-8")
    first = read(book)
    assert read(book) == first
    assert ran["C1"] == 1


def test_files_may_be_read_by_who_may_read_the_book(book):
    for mode in (0o600, 0o640, 0o644):
        path = tb_path(book)
        path.chmod(mode)
        read(book := again(book))
        file = kept_file(book)
        assert file.stat().st_mode & 0o777 == mode
        file.unlink()


def test_a_private_book_has_a_private_folder(book):
    tb_path(book).chmod(0o600)
    read(book)
    assert kept_results.folder_of(book._store).stat().st_mode & 0o777 == 0o700


def tb_path(book):
    return kept_results.Path(book._store.location)


def test_versions_of_the_code_keep_files_of_their_own(book, ran, monkeypatch):
    for version in ("one", "two", "one", "two"):
        monkeypatch.setattr(kept_results, "code_digest", lambda named=version: named)
        read(book := again(book))
    assert ran["C1"] == 2
    for version in ("three", "four", "five"):
        monkeypatch.setattr(kept_results, "code_digest", lambda named=version: named)
        read(book := again(book))
    kept = list(kept_results.folder_of(book._store).iterdir())
    assert len(kept) == kept_results.MOST_VERSIONS


def test_a_check_that_failed_is_not_kept(book, monkeypatch):
    def broken(check, *args, **more):
        return CheckFailed(check=check, reason="no memory", needs="more memory")

    monkeypatch.setattr(memory, "run_check", broken)
    read(book)
    assert not kept_results.folder_of(book._store).exists()


def test_a_list_that_a_caller_clears_is_its_own(book):
    book.rounds[0].findings().findings.clear()
    assert book.rounds[0].findings().findings


def test_a_copy_leaves_it_out_and_no_folder_of_files_is_made(book, tmp_path):
    files = book._store.files.is_dir()
    read(book)
    assert book._store.files.is_dir() == files
    book.copy(tmp_path / "copy.db")
    assert not (tmp_path / ".copy.kept").exists()


def no_room(*_, **__):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_on_a_full_disk_it_lives_in_memory(book, ran, monkeypatch, tmp_path):
    class Full:
        def write(self, _):
            no_room()

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

    monkeypatch.setattr(kept_results.os, "fdopen", lambda opened, _: (os.close(opened), Full())[1])
    first = read(book)
    assert read(book) == first
    assert ran["C1"] == 1
    assert not list(kept_results.folder_of(book._store).iterdir())


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser writes anywhere")
def test_in_a_folder_that_cannot_be_written_it_lives_in_memory(book, ran, tmp_path):
    tmp_path.chmod(0o500)
    try:
        first = read(book)
        assert read(book) == first
        assert ran["C1"] == 1
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.parametrize("which", ["mkdir", "open"])
def test_where_nothing_can_be_written_it_lives_in_memory(book, ran, monkeypatch, which):
    def denied(*_, **__):
        raise PermissionError(errno.EROFS, "Read-only file system")

    of = kept_results.Path if which == "mkdir" else kept_results.os
    monkeypatch.setattr(of, which, denied)
    first = read(book)
    assert read(book) == first
    assert ran["C1"] == 1
