"""What is carried from a node to the host: whole or not at all, once, and nowhere else."""

from __future__ import annotations

import os

import pytest

from tunebook.domain.design import Objective
from tunebook.domain.errors import TrialBusyError
from tunebook.domain.trial import TrialKey
from tunebook.execution.ray.artifacts import ARTIFACT, PIECE, Receiver, Thing, kept, piece
from tunebook.execution.ray.log_copy import HostCopy
from tunebook.training import checkpoints
from tunebook.training.log import attempt_files, take_lock

KEY = TrialKey(1, 0)


@pytest.fixture
def node(tmp_path):
    files = attempt_files(tmp_path / "node", KEY, 1)
    files.log.parent.mkdir(parents=True)
    return files


@pytest.fixture
def host(tmp_path):
    files = attempt_files(tmp_path / "host", KEY, 1)
    copy = HostCopy(files)
    yield copy
    copy.close()


def save(files, step, *, parts):
    def write(path):
        path.mkdir()
        for name, data in parts.items():
            (path / name).write_bytes(data)

    objective = Objective("loss")
    saving = checkpoints.Saving(
        step=step, metrics={"loss": -step}, objective=objective, best=1, by=(objective,)
    )
    checkpoints.keep(files.checkpoints, saving, write)


def carry(node, host):
    """As the driver does it; returns what could not be placed."""
    left = []
    things = kept(node)
    for thing in host.lacks(things):
        receiver = Receiver(host.files, thing)
        for relative, at in thing.pieces():
            receiver.take(relative, piece(node, thing.kind, thing.name, relative, at) or b"")
        if receiver.place():
            host.carried[thing.kind, thing.name] = thing.mark
        else:
            left.append(thing)
    if not left:
        host.mirror(things)
    return left


def test_checkpoints_arrive_whole_and_go_when_the_node_drops_them(node, host):
    save(node, 3, parts={"weights": os.urandom(2 * PIECE + 5), "empty": b""})
    assert carry(node, host) == []
    (there,) = checkpoints.listed(host.files.checkpoints)
    assert there.whole and there.step == 3
    assert sorted(p.name for p in there.content.iterdir()) == ["empty", "weights"]
    save(node, 7, parts={"weights": b"later"})
    assert carry(node, host) == []
    assert [c.step for c in checkpoints.listed(host.files.checkpoints)] == [7]
    assert host.lacks(kept(node)) == []


def test_one_that_changes_on_its_way_is_not_placed_and_the_earlier_one_stays(node, host):
    save(node, 3, parts={"weights": b"first"})
    carry(node, host)
    save(node, 7, parts={"weights": b"second"})
    (thing,) = host.lacks(kept(node))
    receiver = Receiver(host.files, thing)
    receiver.take("weights", b"torn")
    assert not receiver.place()
    assert [c.step for c in checkpoints.listed(host.files.checkpoints)] == [3]
    assert not list(host.files.log.parent.glob(".*"))
    assert carry(node, host) == []


def test_artifacts_arrive_and_stay(node, host):
    folder = node.checkpoints.with_suffix(".artifacts")
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "a.txt").write_text("one")
    carry(node, host)
    (folder / "deep" / "a.txt").write_text("another")
    carry(node, host)
    there = host.files.checkpoints.with_suffix(".artifacts") / "deep" / "a.txt"
    assert there.read_text() == "another"
    (folder / "deep" / "a.txt").unlink()
    carry(node, host)
    assert there.exists()


@pytest.mark.parametrize("path", ["../../outside", "/outside", "a/../../outside"])
def test_a_path_that_leads_elsewhere_is_refused(host, path):
    thing = Thing(kind="checkpoint", name="1", mark="", files=((path, 1),))
    with pytest.raises(ValueError, match="leads out of checkpoint 1"):
        Receiver(host.files, thing)


def test_a_name_that_leads_elsewhere_is_refused(host, tmp_path):
    thing = Thing(kind=ARTIFACT, name="../../../outside", mark="", files=(("", 1),))
    receiver = Receiver(host.files, thing)
    receiver.take("", b"x")
    with pytest.raises(Exception, match="a path inside its folder"):
        receiver.place()
    assert not list(tmp_path.rglob("outside"))


def test_a_log_grows_where_it_ends_and_nothing_is_written_twice(host):
    for part in (b"one\ntw", b"o\n"):
        host.take_log(part)
    assert host.log_at == 8
    assert host.files.log.read_bytes() == b"one\ntwo\n"


def test_a_disk_that_takes_a_part_takes_nothing(host, monkeypatch):
    host.take_log(b"one\n")
    true = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda f, data, at: true(f, data[:2], at))
    with pytest.raises(OSError, match="disk is full"):
        host.take_log(b"two\n")
    assert host.log_at == 4
    assert host.files.log.read_bytes() == b"one\n"
    monkeypatch.undo()
    host.take_log(b"two\n")
    assert host.files.log.read_bytes() == b"one\ntwo\n"


def test_output_that_the_node_left_out_is_gone_and_the_end_is_kept(host):
    host.take_output(0, b"begin ")
    host.take_output(6, b"middle ")
    assert host.files.output.read_bytes() == b"begin middle "
    host.take_output(900, b"the end")
    assert host.files.output.read_bytes() == b"the end"
    assert host.out_at == 907


def test_one_process_keeps_a_copy(host, tmp_path):
    pid = os.fork()
    if pid == 0:
        try:
            take_lock(host.files.lock)
        except TrialBusyError:
            os._exit(7)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
