"""A book that several people share: end to end on a real PostgreSQL, with its faults."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import threading
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

import tunebook as tb
from system.postgres import PASSWORD
from tunebook.book.doctor import checkups
from tunebook.book.running import add_search_trials
from tunebook.domain.errors import (
    BookAwayError,
    BookBusyError,
    BookDamagedError,
    BookNewerError,
    DesignError,
    StoreError,
)
from tunebook.domain.trial import Measurement, Outcome, Status, TrialKey, TrialRecord
from tunebook.store.copying import batches
from tunebook.store.schema import metadata
from tunebook.store.sql import SqlStore

QUIET = {"progress": False}


def train(trial):
    odd = (math.inf, -math.inf, math.nan, 5e-324, 1e308)
    for step in range(5):
        loss = (trial.config["x"] - 0.3) ** 2 + 1 / (step + 1) + 1e-3 * (trial.seed % 97)
        trial.report(step, {"loss": loss, "größe/損失 \U0001f600": odd[step]})


def begin(url, folder, **more):
    return tb.Book(url, objective=tb.minimize("loss"), chance=9.0, files=folder, **more)


def plan(book, trials=8):
    return book.round("Where is x best?", nuisance={"x": tb.uniform(0, 1)}, trials=trials,
                      max_train_steps=5)  # fmt: skip


def filled(url, folder, trials=6):
    """A store with a round of pending trials."""
    with begin(url, folder) as book:
        asked = plan(book, trials)
        add_search_trials(book._store, asked.plan, asked.number)
    return SqlStore.open(url, files=folder)


def everything(store):
    with store._reading() as reading:
        return {
            t.name: [repr(r) for batch in batches(reading, t) for r in batch]
            for t in metadata.sorted_tables
        }


def test_a_book_end_to_end(url, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with begin(url, tmp_path / "files") as book:
        asked = plan(book)
        assert asked.run(train, workers=2, **QUIET).complete == 8
        decision = asked.decide(train, workers=0, max_reruns=6, **QUIET)
        page = book.report(tmp_path / "report.html").read_text("utf-8")
        shown = page + repr(book) + repr(decision) + book._store.location
        assert PASSWORD not in shown and "tune%3Ab" not in shown
        table = asked.table()
        odd = table.curves["größe/損失 \U0001f600"].of(0)[1].tolist()
        assert odd[:2] == [math.inf, -math.inf] and math.isnan(odd[2])
        assert odd[3:] == [5e-324, 1e308]
        book.archive(tmp_path / "whole.zip")
    states = {c.what: c for c in checkups(url)}
    assert states["book"].state == "good" and "PostgreSQL" in states["versions"].sentence
    command = [sys.executable, "-c", "from tunebook.cli import main; main()"]
    ended = subprocess.run(
        [*command, "status", "--json"], env={**os.environ, "TUNEBOOK_BOOK": url},
        capture_output=True, text=True, timeout=600, cwd=tmp_path,
    )  # fmt: skip
    assert json.loads(ended.stdout)["schema"] == 2, ended.stderr


HOST = """
import sys
import tunebook as tb
def train(trial):
    for step in range(3):
        trial.report(step, {"loss": trial.config["x"] + step})
with tb.Book(sys.argv[1], objective=tb.minimize("loss"), files=sys.argv[2]) as book:
    asked = book.round("q", nuisance={"x": tb.uniform(0, 1)}, trials=40, max_train_steps=3)
    print(asked.run(train, workers=1, progress=False).complete)
"""


def test_two_hosts_share_a_new_book_and_do_nothing_twice(url, tmp_path):
    hosts = [
        subprocess.Popen([sys.executable, "-c", HOST, url, str(tmp_path / "files")],
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]  # fmt: skip
    said = [host.communicate(timeout=1200) for host in hosts]
    assert [host.returncode for host in hosts] == [0, 0], said
    with tb.Book(url, files=tmp_path / "files") as book:
        (asked,) = book.rounds
        assert {(t.status, t.attempt) for t in asked.trials} == {(Status.COMPLETE, 1)}
        assert len(asked.trials) == 40
        assert all(len(asked.table().curves["loss"].of(i)[0]) == 3 for i in range(40))


def test_numbers_have_no_gaps_and_no_doubles(url, tmp_path):
    store = filled(url, tmp_path / "f")
    plans = [store.rounds()[0].plan]
    from dataclasses import replace

    def add(k):
        for n in range(5):
            store.add_round(replace(plans[0], goal=f"{k} {n}"), 1.0)

    threads = [threading.Thread(target=add, args=(k,)) for k in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [r.number for r in store.rounds()] == list(range(1, 27))
    store.close()


def test_the_same_lines_from_two_sides_at_once_are_stored_once(url, tmp_path):
    store = filled(url, tmp_path / "f")
    store.claim(1, "a", 60.0)
    fresh = [Measurement(step=s, metric="loss", value=float(s)) for s in range(10)]
    gate = threading.Barrier(6)

    def append():
        gate.wait()
        store.append(TrialKey(1, 0), 1, 0, fresh, 10)

    threads = [threading.Thread(target=append) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store._reading() as reading:
        assert (
            reading.execute(
                sa.select(sa.func.count()).select_from(metadata.tables["chunk"])
            ).scalar()
            == 1
        )
    store.close()


WRITES = """
import sys
from tunebook.store.sql import SqlStore
from tunebook.domain.errors import BookAwayError
from tunebook.domain.trial import Measurement, TrialKey
store = SqlStore.open(sys.argv[1], files=sys.argv[2])
store.claim(1, "a", 600.0)
print("begun", flush=True)
try:
    for n in range(10**6):
        store.append(TrialKey(1, 0), 1, 0, [Measurement(step=n, metric="loss", value=float(n))], n + 1)
        print(n, flush=True)
except BookAwayError as error:
    print(error)
"""


def test_kill_9_of_the_server_keeps_what_was_committed(server, url, tmp_path):
    store = filled(url, tmp_path / "f")
    writer = subprocess.Popen([sys.executable, "-c", WRITES, url, str(tmp_path / "f")],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # fmt: skip
    assert writer.stdout.readline() == "begun\n"
    early = [writer.stdout.readline() for _ in range(50)]
    server.kill()
    with pytest.raises(BookAwayError) as away:
        store.rounds()
    assert "can't be reached" in str(away.value) and PASSWORD not in str(away.value)
    out, err = writer.communicate(timeout=600)
    out = "".join(early) + out
    assert "can't be reached" in out, (out[-300:], err[-500:])
    noted = [int(line) for line in out.splitlines() if line.isdigit()]
    server.start()
    kept = [m.step for m in store.measurements(TrialKey(1, 0))]  # the same store goes on
    assert kept[: len(noted)] == noted and len(noted) > 10
    assert len(kept) <= len(noted) + 1
    store.append(
        TrialKey(1, 0), 1, 0, [Measurement(step=kept[-1], metric="loss", value=0.0)], len(kept)
    )
    assert len(store.measurements(TrialKey(1, 0))) == len(kept), "the last one may be repeated"
    store.close()


def test_a_server_that_is_shut_down_and_comes_back(server, url, tmp_path):
    store = filled(url, tmp_path / "f")
    server.stop()
    for call in (store.rounds, lambda: store.claim(1, "a", 60.0), lambda: SqlStore.open(url)):
        with pytest.raises(BookAwayError, match="can't be reached at the moment"):
            call()
    server.start()
    assert len(store.claim(1, "a", 60.0)) == 1
    store.close()


def test_wrong_passwords_and_names_say_so_and_show_nothing(server, url):
    cases = [
        (server.url(password="hunter2%40x"), "refused you"),
        (server.url(user="nobody"), "refused you"),
        (server.url("nowhere"), "no database or user of that name"),
        (server.url(password="hunter2@x"), "can't be taken apart"),
        (server.url(password="hunter2/x"), "can't be taken apart"),
        (url + "?nonsense=hunter2", "no URL of a PostgreSQL database"),
    ]
    for wrong, said in cases:
        with pytest.raises(StoreError, match=said) as refused:
            SqlStore.open(wrong)
        assert not isinstance(refused.value, BookAwayError)
        assert refused.value.next_step
        if "nonsense" not in wrong:
            assert "hunter2" not in str(refused.value)
        assert PASSWORD not in str(refused.value)


def test_the_password_may_come_from_the_environment(server, url, monkeypatch):
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    bare = url.replace(":tune%3Ab%40ok%2F%3F", "")
    SqlStore.open(bare).close()
    monkeypatch.setenv("PGPASSWORD", "hunter2")
    with pytest.raises(StoreError, match="refused you") as refused:
        SqlStore.open(bare)
    assert "hunter2" not in str(refused.value)


def test_a_person_without_rights_and_with_a_schema_of_ones_own(server, url, tmp_path):
    database = url.rpartition("/")[2]
    server.run("DROP ROLE IF EXISTS ada", "CREATE ROLE ada LOGIN PASSWORD 'a'")
    own = server.url(database, "ada", "a")
    with pytest.raises(StoreError, match="permission denied"):
        SqlStore.open(own)
    schema = own + "?options=-csearch_path%3Dtuning"
    with pytest.raises(StoreError, match="does not exist"):
        SqlStore.open(schema)
    server.run("CREATE SCHEMA tuning AUTHORIZATION ada", url=url)
    with begin(schema, tmp_path / "f") as book:
        assert plan(book).run(train, workers=0, **QUIET).complete == 8
    assert SqlStore.open(schema).files == Path(f"{database}.tuning.files")
    with pytest.raises(DesignError, match="a new book has an objective"):
        tb.Book(url)


def test_other_versions_and_other_databases(server, url):
    SqlStore.open(url).close()
    server.run(
        "UPDATE alembic_version SET version_num = '9999'",
        "UPDATE setting SET made_by = '77.0'",
        url=url,
    )
    with pytest.raises(BookNewerError, match=r"schema 9999, made by Tunebook 77\.0"):
        SqlStore.open(url)
    server.run("DROP TABLE alembic_version", url=url)
    with pytest.raises(BookDamagedError, match="is a database, but no book"):
        SqlStore.open(url)


def test_no_program_changes_what_is_only_ever_added(server, url):
    SqlStore.open(url).close()
    for table in ("decision", "launch", "rerun_plan", "environment", "seal", "look"):
        server.run(f"INSERT INTO {table} VALUES (1, '{{}}')", url=url)
        for change in (
            f"UPDATE {table} SET number = 9",
            f"DELETE FROM {table}",
            f"TRUNCATE {table}",
        ):
            with pytest.raises(psycopg.errors.RaiseException, match="only ever added"):
                server.run(change, url=url)


def test_many_open_a_new_book_at_once(url):
    script = (
        "import sys; from tunebook.store.sql import SqlStore; SqlStore.open(sys.argv[1]).rounds()"
    )
    opened = [
        subprocess.Popen([sys.executable, "-c", script, url], stderr=subprocess.PIPE)
        for _ in range(4)
    ]
    assert [(p.communicate(timeout=600)[1], p.returncode) for p in opened] == [(b"", 0)] * 4


def test_a_lock_that_is_held_too_long_is_busy(server, url, tmp_path, monkeypatch):
    monkeypatch.setattr("tunebook.store.database.server.BUSY_TIMEOUT_S", 1)
    store = filled(url, tmp_path / "f")
    with psycopg.connect(url) as other:
        other.execute("SELECT 1 FROM trial FOR UPDATE")
        assert store.claim(1, "a", 60.0) == (), "what another is claiming is passed over"
        other.execute("LOCK TABLE trial")
        with pytest.raises(BookBusyError, match="locked by another process"):
            store.claim(1, "a", 60.0)
    assert store.claim(1, "a", 60.0)
    store.close()


def test_texts_that_postgres_can_not_hold_are_kept_as_codes(url, tmp_path):
    store = filled(url, tmp_path / "f")
    store.claim(1, "a", 60.0)
    store.append(TrialKey(1, 0), 1, 0, [Measurement(step=0, metric="a\0b\udc80", value=1e308)], 1)
    assert store.finish(
        TrialKey(1, 0), 1, Outcome(status=Status.COMPLETE, detail="x\0y\udc80", ended_at=1.0)
    )
    assert store.trials(1)[0].detail == "x\\x00y\\udc80"
    assert list(store.curves_of(1, range(9))) == ["a\\x00b\\udc80"]
    store.close()


def test_copies_there_and_back_are_the_same(server, url, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with begin(url, tmp_path / "files") as book:
        asked = plan(book)
        asked.run(train, workers=0, **QUIET)
        asked.decide(train, workers=0, max_reruns=4, **QUIET)
        running = book.round(
            "Running?", nuisance={"x": tb.uniform(0, 1)}, trials=3, max_train_steps=5
        )
        add_search_trials(book._store, running.plan, running.number)
        book._store.claim(2, "elsewhere:1:1:1", 600.0)
        (tmp_path / "files/round-2").mkdir(parents=True, exist_ok=True)
        (tmp_path / "files/round-2/0.a1.log").write_bytes(b"half a li")
        there = book.copy(tmp_path / "there.db")
        assert (there.files > 0, (tmp_path / "there.files/round-2/0.a1.log").read_bytes()) == (
            True,
            b"half a li",
        )
        with pytest.raises(StoreError, match="exists already"):
            book.copy(tmp_path / "there.db")
        before = everything(book._store)
    server.run("DROP DATABASE IF EXISTS back", "CREATE DATABASE back")
    back = server.url("back")
    command = [sys.executable, "-c", "from tunebook.cli import main; main()"]
    ended = subprocess.run(
        [*command, "copy", "there.db", back], capture_output=True, text=True, timeout=600
    )
    assert "read back, they are the same" in ended.stdout, ended.stderr
    assert PASSWORD not in ended.stdout + ended.stderr and "tune%3A" not in ended.stdout
    for place in (tmp_path / "there.db", back):
        store = SqlStore.open(place)
        assert everything(store) == before
        assert list(store.hosts(2).values()) == ["elsewhere:1:1:1"]
        store.close()
    refused = subprocess.run(
        [*command, "copy", "there.db", back, "--no-files"],
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert "exists already" in refused.stderr
    store = SqlStore.open(back)
    store.append(TrialKey(2, 0), 1, 0, [Measurement(step=0, metric="loss", value=0.0)], 1)
    store.close()


def test_an_archive_of_one_becomes_the_other(server, url, tmp_path):
    from tunebook.book.files.archiving import restore

    with begin(url, tmp_path / "files") as book:
        plan(book).run(train, workers=0, **QUIET)
        rows = book.archive(tmp_path / "a.zip")
        before = everything(book._store)
    assert restore(tmp_path / "a.zip", tmp_path / "again.db") == rows
    with pytest.raises(StoreError, match="exists already"):
        restore(tmp_path / "a.zip", url)
    server.run("DROP DATABASE IF EXISTS restored", "CREATE DATABASE restored")
    assert restore(tmp_path / "a.zip", server.url("restored")) == rows
    for place in (tmp_path / "again.db", server.url("restored")):
        store = SqlStore.open(place)
        assert everything(store)["trial"] == before["trial"]
        store.close()


def test_a_copy_that_breaks_half_way_leaves_no_book(server, url, tmp_path):
    store = filled(url, tmp_path / "f", trials=3)
    store.claim(1, "a", 60.0)
    store.append(TrialKey(1, 0), 1, 0, [Measurement(step=0, metric="loss", value=0.0)], 1)
    server.run("ALTER TABLE chunk DROP COLUMN crc32", url=url)
    from tunebook.book.files.copying import copy_book

    with pytest.raises(StoreError):
        copy_book(store, tmp_path / "half.db", with_files=True)
    assert not list(tmp_path.glob("*half*"))
    store.close()


def scanned(store, statement, **values):
    """Nodes of PostgreSQL's plan for a query."""
    with store._reading() as reading:
        rows = reading.execute(sa.text(f"EXPLAIN (ANALYZE) {statement}"), values).scalars().all()
    return "\n".join(rows)


def test_a_claim_does_not_look_at_trials_that_have_ended(server, url, tmp_path):
    store = filled(url, tmp_path / "f")
    store.add_trials(
        [TrialRecord(round=1, number=n, study="", index=n, config={"x": 0.5}, seed=n, max_train_steps=5)
         for n in range(6, 100_000)]
    )  # fmt: skip
    server.run(
        "UPDATE trial SET status = 'complete' WHERE number < 99990",
        "VACUUM ANALYZE trial",
        url=url,
    )
    claims = [store.claim(1, "a", 60.0)[0].trial.number for _ in range(10)]
    assert claims == list(range(99_990, 100_000))
    said = scanned(store, "SELECT number FROM trial WHERE round = 1 AND status = 'pending' "
                          "ORDER BY round, status, number LIMIT 1")  # fmt: skip
    assert "Index" in said and "Seq Scan" not in said
    store.close()
