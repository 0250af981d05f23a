"""Sweeps of Hydra: configurations from `.hydra`, numbers by the reader of what the job wrote."""

from __future__ import annotations

import hashlib
import json
import shutil
import tarfile
from pathlib import Path

import pytest

from tunebook.auditing import audit, proposed_objectives
from tunebook.domain.errors import TableError
from tunebook.domain.origin import GRID, RANDOM
from tunebook.domain.space import Choice, Float, Integer, Scale
from tunebook.importers.csv.curve_names import rows_of_curves
from tunebook.importers.hydra.folders import is_hydra
from tunebook.importers.hydra.sweeper import range_of
from tunebook.importers.sources import format_of, read_source
from written_by_tools import Written, differences, write

STORED = Path(__file__).parent / "stored"
OTHERS = Path(__file__).parents[1]


@pytest.fixture
def sweeps(tmp_path):
    with tarfile.open(STORED / "hydra.tar.gz") as kept:
        kept.extractall(tmp_path, filter="data")
    return tmp_path / "hydra"


def said(folder, name):
    truth = json.loads((folder / "truth.json").read_text())
    return Written(folder=folder, runs=truth[name])


def test_every_number_is_one_that_a_job_wrote(tmp_path):
    written = write("hydra", tmp_path)
    assert differences(read_source(tmp_path / "grid"), written) == []
    assert differences(read_source(tmp_path / "tpe"), said(tmp_path, "tpe")) == []


def test_stored_sweeps_are_read_as_they_were(sweeps):
    for name in ("grid", "tpe"):
        assert format_of(sweeps / name) == "hydra"
        assert differences(read_source(sweeps / name), said(sweeps, name)) == []


def test_a_grid_is_known_and_its_failed_job_said(sweeps):
    found = read_source(sweeps / "grid")
    assert set(found.chosen) == {GRID} and found.rows.stated.sampler == GRID
    assert found.declared["model.act"] == Choice(("relu", "tanh"))
    assert found.rows.cells["status"][4] == "failed"
    table = audit(found, objective="minimize:val/loss").table
    assert not table.adaptive and table.complete.sum() == 11
    assert [n for n, role in table.roles.items() if role.value != "fixed"] == [
        "optimizer.lr", "model.width", "model.act"]  # fmt: skip


def test_ranges_sampler_and_objective_of_the_optuna_sweeper_are_known(sweeps):
    found = read_source(sweeps / "tpe")
    assert found.declared == {
        "optimizer.lr": Float(1e-4, 0.4, Scale.LOG),
        "model.width": Integer(4, 32),
        "optimizer": Choice(("sgd", "adam")),
    }
    assert found.chosen == (RANDOM,) * 10 + ("TPE",) * 4
    assert proposed_objectives(found) == ["minimize:val/loss"]
    table = audit(found).table
    assert table.objective.metric == "val/loss"
    best = [i for i, c in enumerate(table.config) if c["optimizer.lr"] == 0.32499919052958576]
    assert [table.value[i] for i in best] == [0.16370603758744287]  # as the sweeper kept it


def test_curves_come_from_another_place_by_the_names_of_jobs(sweeps):
    found = read_source(sweeps / "bare", sweeps / "curves.csv")
    assert differences(found, said(sweeps, "bare")) == []
    assert audit(found, objective="minimize:val/loss").table.complete.all()
    other = sweeps / "others.csv"
    other.write_text("trial,step,metric,value\nx,1,val/loss,1\n")
    with pytest.raises(TableError) as told:
        audit(sweeps / "bare", other, objective="minimize:val/loss")
    assert "have x" in str(told.value) and "trials are 0, 1, 2" in str(told.value)


def unpack(name, part, to):
    with tarfile.open(OTHERS / name) as kept:
        kept.extractall(to, filter="data")
    return to / part


@pytest.mark.parametrize(
    ("stored", "part", "below", "metric", "form"),
    [
        ("tensorboard/stored/keras.tar.gz", "keras/run-0", "tb", "validation/epoch_loss", "tensorboard"),
        ("lightning/stored/lightning_logs.tar.gz", "lightning_logs/version_0",
         "lightning_logs/version_0", "val_loss", "lightning"),
        ("huggingface/stored/trainer.tar.gz", "cards/r0", "out", "eval_loss", "huggingface"),
    ],
)  # fmt: skip
def test_numbers_are_found_by_the_reader_of_what_a_job_wrote(
    sweeps, tmp_path, stored, part, below, metric, form
):
    record = unpack(stored, part, tmp_path / "other")
    for job in range(6):
        shutil.copytree(record, sweeps / f"bare/{job}/{below}")
    found = read_source(sweeps / "bare")
    assert any(f"{form} in 6 jobs" in note for note in found.rows.notes)
    names = [m for m in found.curves.metrics if m.endswith(metric)]
    alone = read_source(record)
    (name,), own = names, next(m for m in alone.curves.metrics if m.endswith(metric))
    for job in range(6):
        at = (found.curves.trial == job) & (
            found.curves.metric == found.curves.metrics.index(name)
        )
        same = alone.curves.metric == alone.curves.metrics.index(own)
        assert found.curves.value[at].tolist() == alone.curves.value[same].tolist()
    assert "config.optimizer.lr" in found.rows.cells  # and not the record's own configuration
    # A folder of records named as the jobs, elsewhere.
    for job in range(6):
        shutil.move(sweeps / f"bare/{job}/{below}", tmp_path / f"elsewhere/{job}/{below}")
    joined = audit(sweeps / "bare", tmp_path / "elsewhere", objective=f"minimize:{own}").table
    assert joined.complete.all()


def test_a_wandb_file_in_a_jobs_folder_is_read(sweeps, tmp_path):
    record = unpack("wandb/stored/wandb-0.31.0.tar.xz", "ended/wandb", tmp_path / "other")
    own = next(record.glob("*finished"))
    for job in range(6):
        shutil.copytree(own, sweeps / f"bare/{job}/wandb/{own.name}")
    found = read_source(sweeps / "bare")
    assert found.rows.cells["result.loss"] == ["1.0"] * 6
    assert any("wandb in 6 jobs" in note for note in found.rows.notes)
    shutil.copytree(own.parent, sweeps / "bare/0/wandb", dirs_exist_ok=True)
    assert read_source(sweeps / "bare").rows.cells["result.loss"][0] == ""  # several runs


def test_only_measurements_are_taken_from_tables_of_a_job(sweeps):
    for job in range(6):
        folder = sweeps / f"bare/{job}"
        (folder / "args.json").write_text('{"lr": 3}')
        (folder / "run.json").write_text(
            '{"model": {"width": 9}, "final": {"acc": 0.5}, "seed": 3}'
        )
        (folder / "predictions.csv").write_text("id,y\n1,0.5\n2,0.25\n")
        (folder / "history.csv").write_text("loss,name\n3.5,a\n2.5,b\n")
        (folder / "logs").mkdir()
        (folder / "logs/train.tsv").write_text("epoch\tloss\n4\t3.25\n2\tnan\n4\t1.25\n")
    found = read_source(sweeps / "bare")
    results = {n: set(c) for n, c in found.rows.cells.items() if n.startswith("result.")}
    assert results == {"result.final/acc": {"0.5"}, "result.history/loss": {"2.5"},
                       "result.train/loss": {"1.25"}}  # fmt: skip
    at = (found.curves.trial == 0) & (
        found.curves.metric == found.curves.metrics.index("train/loss")
    )
    assert found.curves.step[at].tolist() == [2, 4]


def test_two_sweeps_are_listed_and_one_is_named(sweeps):
    with pytest.raises(TableError) as told:
        read_source(sweeps)
    assert "bare, grid, tpe" in str(told.value) and "--study" in str(told.value)
    assert len(read_source(sweeps, study="tpe").rows) == 14
    with pytest.raises(TableError, match='"grid"'):
        read_source(sweeps, study="gird")


def test_jobs_that_were_started_one_by_one_are_a_sweep(sweeps, tmp_path):
    for i in range(3):
        job = tmp_path / f"outputs/2026-12-01/10-00-0{i}"
        shutil.copytree(sweeps / f"grid/{i}", job)
        (job / ".hydra/hydra.yaml").write_text("hydra: {job: {num: ???}, mode: RUN}")
    found = read_source(tmp_path / "outputs")
    assert found.rows.cells["trial"] == [f"2026-12-01/10-00-0{i}" for i in range(3)]
    assert found.chosen == () and not found.rows.stated.sampler


def test_reading_changes_nothing(sweeps):
    def fingerprints():
        return {p: (hashlib.sha256(p.read_bytes()).digest(), p.stat().st_mtime_ns)
                for p in sweeps.rglob("*") if p.is_file()}  # fmt: skip

    before = fingerprints()
    for name in ("grid", "tpe"):
        read_source(sweeps / name)
    assert fingerprints() == before


def test_files_cut_anywhere_give_a_job_or_a_reason(sweeps):
    for file in ("tpe/1/.hydra/config.yaml", "tpe/1/.hydra/overrides.yaml", "tpe/1/log.jsonl",
                 "tpe/0/.hydra/hydra.yaml", "tpe/optimization_results.yaml", "grid/1/metrics.csv",
                 "grid/multirun.yaml"):  # fmt: skip
        whole = (sweeps / file).read_bytes()
        for end in range(0, len(whole), max(len(whole) // 23, 1)):
            (sweeps / file).write_bytes(whole[:end])
            found = read_source(sweeps / file.partition("/")[0])
            places = [t.partition(":")[0] for t in found.rows.left_out] + found.rows.cells["trial"]
            assert len(places) == (14 if file.startswith("tpe") else 12)
        (sweeps / file).write_bytes(whole)


def test_a_half_written_log_is_read_up_to_its_last_whole_line(sweeps):
    for file, name in (("tpe/2/log.jsonl", "tpe"), ("grid/2/metrics.csv", "grid")):
        whole = (sweeps / file).read_bytes()
        (sweeps / file).write_bytes(whole[:-9])
        found = read_source(sweeps / name)
        assert int((found.curves.trial == 2).sum()) == 14
        assert any("half-written" in note for note in found.rows.notes)


@pytest.mark.parametrize(
    ("text", "values", "axis"),
    [
        ("interval(0, 1)", [0.5], Float(0.0, 1.0)),
        ("tag(t1, log, interval(start=1, end=100))", [3, 9], Integer(1, 100, Scale.LOG)),
        ("range(1, 9, step=2)", [1, 3], Integer(1, 9)),
        ("choice(a, 'b')", ["a", "b"], Choice(("a", "b"))),
        ("a,b,c", ["c"], Choice(("a", "b", "c"))),
        ("interval(0, 1)", [2.0], None),
        ("0.1,0.2", [0.1, 0.2], None),
        ("choice([1,2],[3])", ["x"], None),
        ("glob(*)", ["x"], None),
        ("interval(1e999,2)", [1.0], None),
    ],
)
def test_ranges_are_those_of_the_sweeps_text(text, values, axis):
    assert range_of(text, values) == axis


def test_curves_meet_trials_by_name_or_folder_and_never_by_chance():
    assert rows_of_curves(["b", "a"], ["a", "b"], "s") == [1, 0]
    assert rows_of_curves(["0/tb", "1/tb"], ["0", "1"], "s") == [0, 1]
    assert rows_of_curves(["0", "1"], ["day/0", "day/1"], "s") == [0, 1]
    assert rows_of_curves(["0/a", "0/b", "1/a"], ["0", "1"], "s") == [-1, -1, 1]
    assert rows_of_curves(["0/1", "2/x"], ["0", "1", "2"], "s") == [-1, 2]
    with pytest.raises(TableError, match="no run of the curves"):
        rows_of_curves(["0"], ["x/0", "y/0"], "s")
    assert rows_of_curves([], ["a"], "s") == []


def test_what_has_no_job_says_what_to_name(tmp_path):
    with pytest.raises(TableError, match="no job"):
        read_source(tmp_path, format="hydra")
    (tmp_path / "0/.hydra").mkdir(parents=True)
    with pytest.raises(TableError, match="no job can be read"):
        read_source(tmp_path, format="hydra")


def test_folders_of_other_tools_are_not_looked_through(tmp_path, monkeypatch):
    for i in range(300):
        for name in ("params", "metrics"):
            (tmp_path / f"1/{i}/{name}").mkdir(parents=True)
    looked = []
    real = Path.is_file
    monkeypatch.setattr(Path, "is_file", lambda self: looked.append(self) or real(self))
    assert not is_hydra(tmp_path)
    assert len(looked) < 500
