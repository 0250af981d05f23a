"""E2: which checkpoints are kept, by any metric, in a folder or behind a real FTP server."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import threading
import time

import pytest

import tunebook as tb
from tunebook.training import checkpoints
from tunebook.training.handle import Trial
from tunebook.training.log import TrialLog, read_log


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """An FTP server of its own on loopback: its URL, and the folder behind it."""
    folder = tmp_path_factory.mktemp("ftp")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-W", "ignore", "-m", "pyftpdlib", "--write"]
    command += ["--interface=127.0.0.1", f"--port={port}", f"--directory={folder}"]
    with (folder.parent / "ftp.log").open("w") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said)
    while process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            break
        time.sleep(0.05)
    yield f"ftp://127.0.0.1:{port}", folder
    process.kill()
    process.wait()


@pytest.fixture(params=["folder", "file", "ftp"])
def begin(request, assign, tmp_path, server):
    """Begin an attempt whose checkpoints are kept somewhere."""
    at = {
        "folder": "",
        "file": f"file://{tmp_path}/elsewhere/7",
        "ftp": f"{server[0]}/{tmp_path.name}/7",
    }[request.param]
    opened = []

    def make(attempt=1):
        for log in opened:
            log.close()
        assignment = assign(attempt=attempt, checkpoints_at=at)
        opened.append(TrialLog(assignment.files))
        return Trial(assignment, opened[-1], threading.Event())

    make.opened = opened
    yield make
    for log in opened:
        log.close()


def kept(trial):
    return [c.step for c in trial._place.listed()]


def save_file(text):
    return lambda path: path.write_text(text)


def save_folder(text):
    def save(path):
        (path / "deep").mkdir(parents=True)
        (path / "deep/weights.bin").write_text(text)
        (path / "about.txt").write_text("about")

    return save


def test_the_best_by_several_metrics_and_the_last_are_kept(begin):
    trial = begin()
    trial.keep_best = 1
    trial.keep_by = [tb.minimize("loss"), tb.maximize("accuracy")]
    values = [(0.5, 0.9), (0.2, 0.3), (0.4, 0.5), (0.3, 0.6)]
    for step, (loss, accuracy) in enumerate(values):
        trial.report(step, {"loss": loss, "accuracy": accuracy})
        trial.checkpoint(step, save_file(str(step)))
    assert kept(trial) == [0, 1, 3]
    assert [c.metrics["accuracy"] for c in trial._place.listed()] == [0.9, 0.3, 0.6]


@pytest.mark.parametrize("shape", [save_file, save_folder])
def test_a_later_attempt_goes_on_from_what_was_kept(begin, shape):
    trial = begin()
    for step in range(3):
        trial.report(step, {"loss": 1 / (step + 1)})
        trial.checkpoint(step, shape(f"after {step}"))
    loaded = []

    def load(path):
        deep = path / "deep/weights.bin" if path.is_dir() else path
        loaded.append(deep.read_text())

    assert begin(attempt=2).resume(load) == 3
    assert loaded == ["after 2"]


def test_a_checkpoint_of_the_same_step_replaces_the_earlier(begin):
    trial = begin()
    for text in ("first", "second"):
        trial.checkpoint(4, save_file(text))
    assert kept(trial) == [4]
    loaded = []
    assert begin(attempt=2).resume(lambda path: loaded.append(path.read_text())) == 5
    assert loaded == ["second"]


def test_a_damaged_one_elsewhere_is_passed_over(assign, server, tmp_path):
    url, folder = server
    assignment = assign(checkpoints_at=f"{url}/{tmp_path.name}/d")
    log = TrialLog(assignment.files)
    trial = Trial(assignment, log, threading.Event())
    trial.keep_best = 2
    for step in range(2):
        trial.report(step, {"loss": 1 / (step + 1)})
        trial.checkpoint(step, save_file(f"after {step}"))
    (newest,) = (folder / tmp_path.name / "d").glob("1.*[!n]")
    newest.write_text("rotten")
    loaded = []
    assert trial.resume(lambda path: loaded.append(path.read_text())) == 1
    assert loaded == ["after 0"]
    assert kept(trial) == [0]
    log.close()


def test_a_place_that_is_away_costs_a_checkpoint_and_no_trial(attempt, tmp_path, capsys):
    (tmp_path / "occupied").write_text("a file where a folder should be")

    def train(trial):
        trial.report(0, {"loss": 0.3})
        trial.checkpoint(0, save_file("state"))
        trial.report(9, {"loss": 0.2})

    where = f"file://{tmp_path}/occupied/7"
    outcome, healthy, _ = attempt(train, checkpoints_at=where)
    assert (outcome.status.value, healthy) == ("complete", True)
    log = next(tmp_path.rglob("*.log")).read_text()
    assert "the checkpoint of step 0 could not be stored: " in log
    assert "Tunebook: the checkpoint of step 0 could not be stored: " in capsys.readouterr().err


def test_an_attempt_whose_checkpoints_cannot_be_read_does_not_begin_anew(attempt):
    """Nothing listens at port 9."""

    def train(trial):
        trial.resume(lambda path: None)
        trial.report(0, {"loss": 0.3})

    with pytest.raises(OSError, match=r"the checkpoints of trial 1\.7 can't be read"):
        attempt(train, attempt=2, checkpoints_at="ftp://127.0.0.1:9/x")


def test_keep_by_takes_objectives_alone(begin):
    trial = begin()
    trial.keep_by = "valid/accuracy"
    with pytest.raises(TypeError, match=r"keep_by is tb\.minimize"):
        trial.checkpoint(0, save_file("x"))


def test_a_manifest_of_an_earlier_version_is_read(begin, tmp_path):
    folder = tmp_path / "round-1/7.checkpoints"
    folder.mkdir(parents=True)
    (folder / "3").write_text("old")
    digest = "4b9c3c3eb2c6b52dae2cbe9d8a7f0d9f2a2d9e0e" + "0" * 24
    (folder / "3.json").write_text(f'{{"step": 3, "loss": 0.5, "sha256": "{digest}"}}')
    (found,) = checkpoints.listed(folder)
    assert (found.step, found.loss, dict(found.metrics)) == (3, 0.5, {})
    assert not found.whole


def test_metrics_that_a_book_cannot_hold_are_told_by_name(attempt):
    def train(trial):
        trial.report(0, {"loss": 0.5, "größe/µ→∞ 🙂": 1.0})
        trial.report(1, {"loss": 0.4, "a\0b": 1.0})

    outcome, _, log = attempt(train)
    assert outcome.cause.value == "bad value"
    assert "without NUL" in outcome.detail
    assert [m.metric for m in log.measurements] == ["loss", "größe/µ→∞ 🙂", "loss"]


@pytest.mark.parametrize("name", ["\ud800", "", "x" * 1001])
def test_other_unfit_names(attempt, name):
    outcome, _, log = attempt(lambda trial: trial.report(0, {"loss": 0.5, name: 1.0}))
    assert outcome.cause.value == "bad value"
    assert len(log.measurements) == 1


def test_metrics_beyond_ten_thousand_are_refused_and_the_others_kept(attempt):
    def train(trial):
        for block in range(3):
            trial.report(block, {f"layer/{block}/{i}": 1.0 for i in range(4000)} | {"loss": 0.1})

    outcome, _, log = attempt(train)
    assert "at most 10,000 metrics" in outcome.detail
    assert len({m.metric for m in log.measurements}) == 10_000


def test_ten_megabytes_in_one_report(attempt):
    names = [f"{i:05d}" + "n" * 990 for i in range(9_999)]
    outcome, _, log = attempt(lambda t: t.report(0, {"loss": 0.1, **dict.fromkeys(names, 1.0)}))
    assert outcome.status.value == "complete"
    assert len(log.measurements) == 10_000


def test_a_full_disk_at_a_checkpoint_is_no_fate_of_the_trial(
    attempt, assign, tmp_path, monkeypatch
):
    """Nothing may be written beyond a limit that the kernel sets, as on a full disk."""
    import resource
    import signal

    def train(trial):
        trial.report(0, {"loss": 0.5})

        def save(path):
            with path.open("wb") as out:
                out.write(bytes(2 << 20))

        trial.checkpoint(0, save)

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    heard = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 19, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            attempt(train)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, heard)
    log = read_log(next(tmp_path.rglob("*.log")))
    assert [m.value for m in log.measurements] == [0.5]
    assert log.outcome is None


def test_a_full_disk_at_a_report_is_no_fate_even_if_there_is_room_again(attempt, monkeypatch):
    """The kernel refuses one write beyond its limit, and takes the end line again."""
    import resource
    import signal

    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def train(trial):
        trial.report(0, {"loss": 0.5})
        resource.setrlimit(resource.RLIMIT_FSIZE, (1, before[1]))
        try:
            trial.report(1, {"loss": 0.4})
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    heard = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        with pytest.raises(OSError, match="a report was not recorded"):
            attempt(train)
    finally:
        signal.signal(signal.SIGXFSZ, heard)
