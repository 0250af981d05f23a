"""Executors as plug-ins: who registers them, what loads when, and what a broken one says."""

from __future__ import annotations

import dataclasses
import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tomllib
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

import tunebook
from tunebook.domain.errors import DesignError
from tunebook.execution import ExecutorSpec, executor_table
from tunebook.execution.executor_table import (
    GROUP,
    ask_clusters,
    end_stray_jobs,
    executor_of,
    registered,
    spec_of,
)
from waiting import until

ROOT = Path(__file__).parents[2]
GUARD_S = 300
"""For a run that waits for a job that nobody ends."""
OWN = {"local", "slurm", "ray"}
TRAIN = """
import os, time
def train(trial):
    for step in range(20):
        time.sleep(float(os.environ.get("PAUSE", 0)))
        trial.report(step, {"loss": trial.config["x"] + 1 / (step + 1)})
"""
ROUND = """
goal = "Does another package's executor run it?"
train = "t.py:train"
trials = 3
max_train_steps = 20
[nuisance]
x = { low = 0.0, high = 1.0 }
[book]
name = "toy"
objective = "minimize:loss"
[executor]
kind = "toy"
workers = 2
"""


def distribution(folder: Path, points: str, *, name: str = "toy-executor") -> Path:
    """A distribution that is installed in a folder: its metadata, as an installer writes it."""
    info = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{GROUP}]\n{points}\n")
    return folder


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Install distributions for this process; modules of theirs are gone afterwards."""
    before = set(sys.modules)

    def install(points: str, module: str = "", **named: str) -> Path:
        folder = distribution(tmp_path / f"site{len(list(tmp_path.iterdir()))}", points, **named)
        if module:
            (folder / "toy_module.py").write_text(module)
        monkeypatch.syspath_prepend(str(folder))
        return folder

    yield install
    for name in set(sys.modules) - before:
        if name.startswith("toy_"):
            del sys.modules[name]


@pytest.fixture
def toy(tmp_path):
    """A folder with a round, and the environment of a machine that has the toy executor."""
    site = distribution(tmp_path / "site", "toy = toy_executor:SPEC")
    shutil.copy(Path(__file__).with_name("toy_executor.py"), site)
    work = tmp_path / "work"
    work.mkdir()
    (work / "t.py").write_text(TRAIN)
    (work / "r.toml").write_text(ROUND)
    path = os.pathsep.join(
        [str(site), *([os.environ["PYTHONPATH"]] if "PYTHONPATH" in os.environ else [])]
    )
    return work, {**os.environ, "PYTHONPATH": path, "TUNEBOOK_BOOK": str(work / "toy.db")}


def cli(*arguments):
    return [sys.executable, "-c", "from tunebook.cli import main; main()", *arguments]


def called(toy, *arguments):
    work, environment = toy
    ended = subprocess.run(
        cli(*arguments), cwd=work, env=environment, capture_output=True, text=True, timeout=GUARD_S
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_the_distribution_registers_what_a_checkout_finds_without_it(monkeypatch):
    stated = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    points = stated["entry-points"][GROUP]
    monkeypatch.setattr(executor_table, "entry_points", lambda **_: ())
    executor_table._registered.cache_clear()
    try:
        found = {kind: claim.place for kind, (claim,) in registered().items()}
    finally:
        executor_table._registered.cache_clear()
    assert found == points
    assert set(found) == OWN
    assert next(iter(registered())) == "local"


@pytest.mark.parametrize("kind", sorted(OWN))
def test_a_spec_names_what_is_there(kind):
    spec = spec_of(kind)
    for place in filter(None, [spec.factory, spec.end_stray_job, spec.checkup]):
        module, _, name = place.partition(":")
        assert callable(getattr(importlib.import_module(module), name))
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    if spec.requirement:
        assert spec.requirement == f"tunebook[{kind}]"
        assert kind in extras["optional-dependencies"]


def test_a_local_run_loads_no_cluster(tmp_path):
    """Also where a trial is run again, and where the round file names the executor."""
    script = tmp_path / "local.py"
    (tmp_path / "t.py").write_text(TRAIN)
    script.write_text(
        "import json, sys\n"
        "import tunebook as tb\n"
        "tb.Book\n"
        "from tunebook.execution.executor_table import executor_of\n"
        "with tb.Book('b.db', objective=tb.minimize('loss')) as book:\n"
        "    round = book.round('Is it light?', nuisance={'x': tb.uniform(0, 1)}, trials=2,\n"
        "                       max_train_steps=20)\n"
        "    round.run('t.py:train', executor=executor_of({'kind': 'local', 'workers': 1}),\n"
        "              progress=False)\n"
        "    assert len(round.table().complete) == 2\n"
        "heavy = ('tunebook.execution.slurm', 'tunebook.execution.ray', 'ray')\n"
        "print(json.dumps([m for m in sys.modules\n"
        "                  if any(m == h or m.startswith(h + '.') for h in heavy)]))\n"
    )
    ended = subprocess.run(
        [sys.executable, str(script)], cwd=tmp_path, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout.splitlines()[-1]) == []


def test_an_executor_of_another_package_runs_a_round(toy):
    told = json.loads(called(toy, "run", "r.toml", "--json"))
    assert told["ran"] == told["complete"] == 3
    files = toy[0] / "toy.files"
    assert [p for p in files.rglob("*") if p.is_file()] == []
    assert not (toy[0] / "ended.txt").exists()
    said = called(toy, "doctor")
    assert "Toy answers, nodes: 1" in " ".join(said.split())


def test_jobs_of_another_package_that_outlive_the_host_are_ended_by_its_hook(toy):
    work, environment = toy
    host = subprocess.Popen(
        cli("run", "r.toml"), cwd=work, env={**environment, "PAUSE": "600"},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    notes = lambda: sorted((work / "toy.files").rglob("*.toy"))  # noqa: E731
    until(lambda: len(notes()) == 2 and len(list((work / "toy.files").rglob("*.log"))) == 2)
    host.send_signal(signal.SIGKILL)
    host.wait()
    jobs = [int(note.read_text()) for note in notes()]
    try:
        assert all(psutil.pid_exists(job) for job in jobs), "they outlive the host"
        assert json.loads(called(toy, "run", "r.toml", "--json"))["complete"] == 3
        assert not any(psutil.pid_exists(job) for job in jobs)
        assert sorted((work / "ended.txt").read_text().split()) == ["0.lock", "1.lock"]
        assert notes() == []
    finally:
        for job in jobs:
            with suppress(ProcessLookupError):
                os.kill(job, signal.SIGKILL)


def test_an_argument_that_another_package_does_not_know_is_told(installed):
    installed("toy = toy_module:SPEC", Path(__file__).with_name("toy_executor.py").read_text()
              .replace("toy_executor:", "toy_module:"))  # fmt: skip
    assert "toy" in registered()
    with pytest.raises(DesignError, match="has no 'nicer'; it has workers, nice"):
        executor_of({"kind": "toy", "workers": 2, "nicer": 3})
    assert executor_of({"kind": "toy", "nice": 1}, workers=3).workers == 3


SPEC_OF = "from tunebook.execution import ExecutorSpec\nSPEC = ExecutorSpec(kind='toy', {})\n"


@pytest.mark.parametrize(
    ("module", "rule", "step"),
    [
        ("raise RuntimeError('half installed')", "toy-executor 1.0 .* RuntimeError: half", "reinstall"),
        ("", "toy-executor 1.0 .* No module named 'toy_module'", "reinstall or update toy-executor"),
        ("import toy_lacking\nSPEC = 1", "No module named 'toy_lacking'", "reinstall"),
        ("SPECS = 1", "toy-executor 1.0 .* no attribute 'SPEC'", "reinstall"),
        ("SPEC = 7", "toy-executor 1.0 names no ExecutorSpec.* is 7", "reinstall"),
        (SPEC_OF.format("factory=''").replace("toy", "top"), "of that kind", "reinstall"),
        (SPEC_OF.format("factory='toy_module:Gone'"), "no attribute 'Gone'", "toy-executor"),
        (SPEC_OF.format("factory='toy_gone:Gone', requirement='toy-executor[x]'"),
         "toy-executor 1.0 .* No module named 'toy_gone'", "reinstall"),
        (SPEC_OF.format("factory='toy_module:Made', requirement='toy-executor[x]'")
         + "class Made:\n    def __init__(self):\n        import toy_lacking\n",
         'needs the package "toy_lacking"', "pip install 'toy-executor\\[x\\]'"),
    ],
)  # fmt: skip
def test_a_broken_package_is_named_with_what_to_install(installed, module, rule, step):
    installed("toy = toy_module:SPEC", module)
    with pytest.raises(DesignError, match=rule) as error:
        executor_of({"kind": "toy"})
    assert error.match(f"Next: .*{step}")
    assert executor_of({"kind": "local", "workers": 2}).workers == 2, "others go on"


def test_a_factory_whose_requirement_is_missing_names_the_extra(installed):
    folder = installed("toy = toy_module:SPEC", SPEC_OF.format(
        "factory='toy_parts:Made', requirement='toy-executor[x]'"))  # fmt: skip
    (folder / "toy_parts.py").write_text("import toy_lacking\n")
    with pytest.raises(DesignError, match='"toy_lacking"') as error:
        executor_of({"kind": "toy"})
    assert error.value.next_step == "pip install 'toy-executor[x]'"


def test_without_its_extra_a_cluster_names_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(DesignError, match='needs the package "ray"') as error:
        executor_of({"kind": "ray", "workers": 2})
    assert error.value.next_step == "pip install 'tunebook[ray]'"


def test_without_slurms_commands_a_login_node_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DesignError, match="sbatch, squeue, scancel") as error:
        executor_of({"kind": "slurm", "workers": 2})
    assert "login node" in error.value.next_step


def test_two_packages_that_claim_a_kind_are_both_named(installed):
    installed("slurm = toy_module:SPEC", name="other-slurm")
    with pytest.raises(DesignError, match=r"other-slurm 1\.0") as error:
        executor_of({"kind": "slurm", "workers": 2})
    assert error.match("(?s)tunebook.* and .*uninstall one")


def test_a_note_of_a_broken_package_is_an_error_and_others_load_nothing(installed, tmp_path):
    installed("toy = toy_module:SPEC", "raise RuntimeError('half installed')")
    installed("lock = toy_gone:SPEC\n../up = toy_gone:SPEC", name="odd-names")
    lock = tmp_path / "7.lock"
    lock.touch()
    end_stray_jobs(lock)  # no note, nothing loads
    lock.with_suffix(".toy").touch()
    with pytest.raises(DesignError, match=r"toy-executor 1\.0"):
        end_stray_jobs(lock)


def test_the_doctor_hears_of_a_broken_package_and_of_a_failing_hook(installed, monkeypatch):
    every = executor_table.registered
    monkeypatch.setattr(
        executor_table, "registered", lambda: {k: v for k, v in every().items() if k not in OWN}
    )
    installed(
        "toy = toy_module:SPEC",
        SPEC_OF.format("factory='', checkup='toy_module:checkup'")
        + "def checkup():\n    raise OSError('no route')\n",
    )
    installed("bad = toy_gone:SPEC", name="bad-executor")
    other = installed("other = toy_other:SPEC", name="other-executor")
    (other / "toy_other.py").write_text(
        SPEC_OF.replace("'toy'", "'other'").format("factory='', checkup='builtins:dict'")
    )
    replies, broken = ask_clusters()
    (wrong,) = [r for r in replies if r.sentence.startswith("other: ")]
    assert wrong.state == "silent" and "returned {}, no ClusterReply" in wrong.sentence
    (toy,) = [r for r in replies if "toy" in r.sentence]
    assert toy.state == "silent" and "OSError: no route" in toy.sentence
    (error,) = broken
    assert "bad-executor 1.0" in error.rule


@pytest.mark.parametrize("kind", ["", "Slurm", "a.b", "../up", "lock", "checkpoints"])
def test_a_kind_is_a_word_that_no_file_of_a_trial_has(kind):
    with pytest.raises(DesignError, match="lower-case word"):
        ExecutorSpec(kind=kind, factory="")


def test_public_names_are_the_factories_of_the_specs():
    for kind in OWN:
        module, _, name = spec_of(kind).factory.partition(":")
        assert getattr(tunebook, kind) is getattr(importlib.import_module(module), name)


def test_the_page_names_every_field_of_a_spec():
    page = (ROOT / "docs/clusters.md").read_text("utf-8").partition("## Another executor")[2]
    for field in dataclasses.fields(ExecutorSpec):
        assert f"| `{field.name}` |" in page
    assert GROUP in page
