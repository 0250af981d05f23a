"""Books that earlier versions wrote: each opens, and reads as it always did.

fixtures/schema-NNNN.db.gz holds two rounds, two decisions and two launches, written by the last
version of that schema; killed.db.gz and its write-ahead log are as a killed process left them. The
first book of all is the one of `tunebook demo`. fixtures/expected.json has what they say: verdicts,
counts and names exactly, numbers to ten digits, no sentences. To write it anew after a change that
is meant: `python tests/store/test_old_books.py`, and read the difference.
"""

from __future__ import annotations

import gzip
import json
import math
import tempfile
from importlib.resources import files
from pathlib import Path

import pytest

import tunebook as tb
from tunebook.book.files.archiving import restore
from tunebook.domain.formats.codec import to_data
from tunebook.domain.trial import Purpose
from tunebook.report.loop import standing

FIXTURES = Path(__file__).parent / "fixtures"
EXPECTED = FIXTURES / "expected.json"
SCHEMAS = [f"schema-{n:04d}" for n in range(1, 9)]
EXAMINED = ["schema-0001", "schema-0007"]
ARCHIVES = ["archive-0003", "archive-0005", "archive-0007"]
TEXTS = frozenset({"sentence", "caveats", "caveat_kinds", "decided_at", "launched_at"})


def unpacked(name: str, folder: Path) -> Path:
    """A fixture as the file that it was, with its write-ahead log where it has one."""
    target = folder / f"{name}.db"
    if name.startswith("archive"):
        restore(FIXTURES / f"{name}.zip", target)
        return target
    packed = FIXTURES / f"{name}.db.gz"
    if name == "demo":
        packed = Path(str(files("tunebook.cli") / "assets" / "digits.db.gz"))
    target.write_bytes(gzip.decompress(packed.read_bytes()))
    log = FIXTURES / f"{name}.db-wal.gz"
    if log.exists():
        target.with_name(f"{target.name}-wal").write_bytes(gzip.decompress(log.read_bytes()))
    return target


def reading(file: Path) -> dict:
    """What a book holds, without its sentences."""
    with tb.Book(file) as book:
        record = book.record()
        return {
            "rounds": {
                str(r.number): {
                    "goal": r.plan.goal,
                    "trials": [[t.name, str(t.status), t.seed, t.rerun_of] for t in r.trials],
                    "values": dict(sorted(r.values().items())),
                }
                for r in book.rounds
            },
            "decisions": [bare(to_data(d)) for d in record.decisions],
            "launches": [bare(to_data(launch)) for launch in record.launches],
        }


def findings(file: Path) -> dict:
    """What today's checks say of a book, and where each round stands."""
    with tb.Book(file) as book:
        record = book.record()
        return {
            str(r.number): {
                "step": str(standing(record, r.number).step),
                "findings": [
                    [f.check, str(f.severity), f.subject, bare(to_data(dict(f.numbers)))]
                    for f in r.findings()
                ],
            }
            for r in book.rounds
        }


def bare(data):
    if isinstance(data, dict):
        return {key: bare(value) for key, value in data.items() if key not in TEXTS}
    return [bare(item) for item in data] if isinstance(data, list) else data


def alike(one, other, at="") -> None:
    """Assert that two readings agree: numbers to ten digits, everything else exactly."""
    if isinstance(one, float) and isinstance(other, float | int):
        assert math.isclose(one, other, rel_tol=1e-10) or (one != one and other != other), at
    elif isinstance(one, dict) and isinstance(other, dict):
        assert one.keys() == other.keys(), at
        for key in one:
            alike(one[key], other[key], f"{at}.{key}")
    elif isinstance(one, list) and isinstance(other, list):
        assert len(one) == len(other), at
        for i, (a, b) in enumerate(zip(one, other, strict=True)):
            alike(a, b, f"{at}[{i}]")
    else:
        assert one == other, at


@pytest.fixture(scope="module")
def expected():
    return json.loads(EXPECTED.read_text("utf-8"))


@pytest.mark.parametrize("name", [*SCHEMAS, "killed", "demo"])
def test_a_book_of_an_earlier_version_reads_the_same(name, expected, tmp_path):
    alike(reading(unpacked(name, tmp_path)), expected[name])


@pytest.mark.parametrize("name", EXAMINED)
def test_a_book_of_an_earlier_version_has_the_same_findings(name, expected, tmp_path):
    """Where a check was changed on purpose, write expected.json anew; see above."""
    alike(findings(unpacked(name, tmp_path)), expected["findings"][name])


@pytest.mark.parametrize("name", ARCHIVES)
def test_an_archive_of_an_earlier_version_restores_to_the_same_book(name, expected, tmp_path):
    restored = reading(unpacked(name, tmp_path))
    alike(restored, expected[name.replace("archive", "schema")])


def test_each_rerun_names_its_arm_and_no_study(tmp_path):
    with tb.Book(unpacked("schema-0001", tmp_path)) as book:
        reruns = [t for t in book.rounds[1].trials if t.purpose is Purpose.RERUN]
        assert {t.rerun_of for t in reruns} == {"optimizer=a", "optimizer=b", "baseline"}
        assert {t.study for t in reruns} == {""}
        assert all(not t.rerun_of for t in book.rounds[1].trials if t not in reruns)


def test_what_the_killed_process_committed_is_read_and_can_be_finished(tmp_path):
    file = unpacked("killed", tmp_path)
    assert file.stat().st_size <= 4096, "all of it lies in the write-ahead log"
    with tb.Book(file) as book:
        cut_off = book.rounds[1]
        assert [str(t.status) for t in cut_off.trials].count("complete") == 3
        assert cut_off.run(train, workers=0, progress=False).complete == 13


def train(trial: tb.Trial) -> float:
    return trial.config["lr"]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        files = {n: unpacked(n, Path(folder)) for n in [*SCHEMAS, "killed", "demo"]}
        found = {name: reading(file) for name, file in files.items()}
        found["findings"] = {name: findings(files[name]) for name in EXAMINED}
    EXPECTED.write_text(
        json.dumps(found, indent=0, sort_keys=True, allow_nan=False) + "\n", "utf-8"
    )
