"""Event files that TensorBoard's own writers wrote, read without it: the same numbers."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import struct
import tarfile
from pathlib import Path

import numpy as np
import pytest

from tunebook.auditing import audit, proposed_objectives
from tunebook.domain.errors import TableError, TunebookError
from tunebook.domain.space import Choice, Float, Integer, Scale
from tunebook.importers.sources import read_source
from tunebook.importers.tensorboard.configuration import from_name, from_texts
from tunebook.importers.tensorboard.events import read_events
from tunebook.importers.tensorboard.protobuf import Malformed, fields
from written_by_tools import Written, differences, write

STORED = Path(__file__).parent / "stored"


@pytest.fixture(scope="module")
def torch_sweep(tmp_path_factory):
    return write("tensorboard_torch", tmp_path_factory.mktemp("torch"), here=True)


@pytest.fixture
def keras_sweep(tmp_path):
    with tarfile.open(STORED / "keras.tar.gz") as stored:
        stored.extractall(tmp_path, filter="data")
    folder = tmp_path / "keras"
    return Written(folder=folder, runs=json.loads((folder / "truth.json").read_text())["runs"])


def summary_writer(folder):
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(folder)


def fingerprints(folder):
    return {
        p: (hashlib.sha256(p.read_bytes()).digest(), p.stat().st_mtime_ns)
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


def test_every_number_is_that_of_pytorchs_own_files(torch_sweep):
    found = read_source(torch_sweep.folder)
    assert differences(found, torch_sweep) == []
    assert found.rows.stated.tool == "TensorBoard"
    assert found.declared["act"] == Choice(("relu", "tanh"))
    assert found.declared["width"] == Integer(4, 12)
    assert proposed_objectives(found)[0] == "minimize:valid/loss"
    assert not found.rows.left_out and not found.rows.notes


def test_a_resumed_and_a_restarted_run_have_each_step_once(torch_sweep):
    curves = read_source(torch_sweep.folder).curves
    for name in ("run3", "run4"):
        at = (curves.trial == curves.trials.index(name)) & (
            curves.metric == curves.metrics.index("train/loss")
        )
        assert curves.step[at].tolist() == list(range(12))


def test_the_sweep_is_audited(torch_sweep):
    found = audit(torch_sweep.folder, objective="minimize:valid/loss")
    assert len(found.table) == 8
    assert found.table.name == tuple(f"run{i}" for i in range(8))
    assert set(found.table.config[0]) == {"lr", "width", "act", "bias"}


def test_keras_and_tensors_are_read_with_their_declared_space(keras_sweep):
    found = read_source(keras_sweep.folder)
    assert differences(found, keras_sweep) == []
    assert found.declared["lr"] == Float(1e-4, 1.0, Scale.LOG)
    assert found.declared["units"] == Integer(4, 16)
    assert found.declared["optimizer"] == Choice(("adam", "sgd"))
    assert found.rows.cells["status"][7] == "running"
    assert found.rows.cells["note.group"] == ["t0", "t0", "t1", "t1", "t2", "t2", "t3", "t3"]
    table = audit(found, objective="minimize:validation/epoch_loss").table
    assert table.complete.sum() == 7 and len(set(table.seed)) == 8


def test_keras_as_it_is_installed_writes_the_same(tmp_path):
    written = write("tensorboard_keras", tmp_path)
    assert differences(read_source(written.folder), written) == []


def test_reading_changes_nothing(torch_sweep, keras_sweep):
    for folder in (torch_sweep.folder, keras_sweep.folder):
        before = fingerprints(folder)
        read_source(folder)
        assert fingerprints(folder) == before


def test_a_file_cut_anywhere_is_read_up_to_its_last_whole_record(torch_sweep, tmp_path):
    file = next(torch_sweep.folder.glob("run0/events*"))
    whole, content = read_events([file]).series["train/loss"].points(), file.read_bytes()
    lengths = []
    for end in [*range(0, len(content), 41), len(content) - 1]:
        cut = tmp_path / file.name
        cut.write_bytes(content[:end])
        found = read_events([cut])
        steps, values = found.series["train/loss"].points() if found.series else ([], [])
        np.testing.assert_array_equal(values, whole[1][: len(values)])
        lengths.append(len(steps))
        try:
            source = read_source(cut)
            assert any("half-written" in n for n in source.rows.notes) or found.ends["whole"]
        except TableError:
            assert not found.series
    assert lengths == sorted(lengths) and lengths[0] == 0 and lengths[-1] == len(whole[1])


def test_damaged_bytes_never_give_a_traceback(torch_sweep, tmp_path):
    rng, refused, tried = random.Random(0), 0, 0
    for source in sorted(torch_sweep.folder.glob("run0/**/events*")):
        content = source.read_bytes()
        for _ in range(200):
            tried += 1
            broken = bytearray(content)
            for _ in range(rng.choice([1, 3, 30])):
                broken[rng.randrange(len(broken))] = rng.randrange(256)
            file = tmp_path / "events.out.tfevents.1.host"
            file.write_bytes(broken)
            try:
                read_source(tmp_path)
            except TunebookError:
                refused += 1
    assert 0 < refused < tried


def test_a_damaged_record_ends_the_reading_and_is_said(torch_sweep, tmp_path):
    file = next(torch_sweep.folder.glob("run0/events*"))
    content = bytearray(file.read_bytes())
    at = 0
    for _ in range(9):
        at += 16 + struct.unpack_from("<Q", content, at)[0]
    content[at : at + 8] = struct.pack("<Q", 5)
    (tmp_path / file.name).write_bytes(content)
    found = read_source(tmp_path)
    assert any("damaged" in note for note in found.rows.notes)
    assert 0 < len(found.curves.step) < 18


def test_several_configurations_of_one_writer_are_several_runs(tmp_path):
    with summary_writer(tmp_path / "all") as writer:
        writer.add_scalar("shared", 1.0, 0)
        for i in range(4):
            writer.add_hparams({"lr": 0.1 * i}, {"hparam/accuracy": 10 * i}, run_name=f"r{i}")
    found = read_source(tmp_path)
    assert found.rows.cells["config.lr"] == [repr(0.1 * i) if i else "0" for i in range(4)]
    assert [float(c) for c in found.rows.cells["result.hparam/accuracy"]] == [0, 10, 20, 30]
    assert any("shared" in note for note in found.rows.notes)


def test_two_sweeps_are_listed_and_one_is_named(keras_sweep, tmp_path):
    both = tmp_path / "both"
    for name in ("first", "second"):
        shutil.copytree(keras_sweep.folder, both / name)
    with pytest.raises(TableError) as told:
        read_source(both)
    assert "first, second" in str(told.value) and "--study" in str(told.value)
    assert len(read_source(both, study="second").rows) == 8
    with pytest.raises(TableError, match='"second"'):
        read_source(both, study="secnd")


def test_configurations_of_texts_files_and_names(tmp_path):
    for i in range(3):
        with summary_writer(tmp_path / f"trainer/r{i}") as writer:
            args = {"learning_rate": 10.0**-i, "output_dir": f"out{i}", "seed": i,
                    "per_device_train_batch_size": 8, "fp16": False}  # fmt: skip
            writer.add_text("args", json.dumps(args, indent=2))
            writer.add_scalar("eval/loss", i, 1)
        with summary_writer(tmp_path / f"table/r{i}") as writer:
            writer.add_text("hyperparameters", f"|param|value|\n|-|-|\n|lr|{i}|\n|env_id|x|")
            writer.add_scalar("eval/loss", i, 1)
        with summary_writer(tmp_path / f"names/lr=1e-{i},wd=0.1") as writer:
            writer.add_scalar("eval/loss", i, 1)
        with summary_writer(tmp_path / f"yaml/version_{i}") as writer:
            writer.add_scalar("eval/loss", i, 1)
            writer.add_scalar("hp_metric", -1, 0)
        (tmp_path / f"yaml/version_{i}/hparams.yaml").write_text(f"lr: {i}\nb: !!python/tuple [1]")
    trainer = read_source(tmp_path / "trainer").rows
    assert trainer.cells["config.learning_rate"] == ["1.0", "0.1", "0.01"]
    assert trainer.cells["note.output_dir"] == ["out0", "out1", "out2"]
    assert read_source(tmp_path / "table").rows.cells["config.lr"] == ["0", "1", "2"]
    names = read_source(tmp_path / "names").rows
    assert names.cells["config.lr"] == ["1e-0", "1e-1", "1e-2"]
    assert any("names of folders" in note for note in names.notes)
    plain = read_source(tmp_path / "yaml").rows
    assert plain.cells["config.lr"] == ["0", "1", "2"] and plain.cells["config.b"] == ["[1]"] * 3
    assert "result.hp_metric" not in plain.cells
    assert any("python/tuple" in note for note in plain.notes)


def test_names_of_folders_as_people_have_them():
    assert from_name(Path("lr=1e-05-bs=32/train")) == {"lr": "1e-05", "bs": "32"}
    assert from_name(Path("batch_size=8_model.width=64")) == {
        "batch_size": "8",
        "model.width": "64",
    }
    assert from_name(Path("Jan01_host")) == {}
    assert from_texts({"args": "{not json"}) == {} == from_texts({"args": "|a|"})


def test_names_with_html_stay_text(tmp_path):
    name = "<script>alert(1)</script>"
    for i in range(6):
        with summary_writer(tmp_path / f"r{i}") as writer:
            writer.add_hparams({name: i + 1, "lr": 0.1 * i}, {"final<b>": i}, run_name="hp")
            writer.add_scalar(f"loss{name}", i, 1)
            writer.add_scalar(f"loss{name}", i / 2 + 1, 2)
    found = audit(tmp_path, objective=f"minimize:loss{name}")
    assert name not in found.page()


def test_what_has_no_scalars_says_what_to_name(tmp_path):
    with pytest.raises(TableError, match="no event file"):
        read_source(tmp_path, format="tensorboard")
    (tmp_path / "events.out.tfevents.1.host").write_bytes(b"")
    with pytest.raises(TableError, match="no scalar"):
        read_source(tmp_path)
    with pytest.raises(TableError, match="no folder"):
        read_source(tmp_path / "none", format="tensorboard")


@pytest.mark.parametrize("message", [b"\x0a", b"\x0a\x05ab", b"\x0b", b"\x08" + b"\xff" * 11])
def test_bytes_that_are_no_message_are_refused(message):
    with pytest.raises(Malformed):
        list(fields(message))


def test_a_huge_record_is_passed_over(tmp_path):
    with summary_writer(tmp_path) as writer:
        writer.add_scalar("loss", 1.0, 1)
    file = next(tmp_path.glob("events*"))
    from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c

    length = struct.pack("<Q", 3 << 20)
    crc = struct.pack("<I", masked_crc32c(length))
    content = file.read_bytes()
    file.write_bytes(length + crc + bytes(3 << 20) + b"1234" + content)
    assert len(read_events([file]).series["loss"]) == 1


def test_texts_of_any_length_are_read_in_their_own_time():
    blank = "|" + " " * 500_000
    assert from_texts({"config": f"|a|b|\n|-|-|\n|`lr`| 0.1 |\n{blank}\n{blank}x|y"}) == {
        "lr": "0.1",
        "x": "y",
    }
