"""Training code on its way to a worker: by name where that works, by value where it must."""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import json
import os
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import cloudpickle
import pytest

from tunebook.domain.errors import TrainingCodeError
from tunebook.domain.record import TrainingSource
from tunebook.execution.code import source_of, training_code


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A module that workers can import too."""
    (tmp_path / "own_training.py").write_text(
        "import functools\n"
        "def train(trial):\n    return 0.5\n"
        "class Trainer:\n"
        "    def __call__(self, trial): ...\n"
        "    @staticmethod\n"
        "    def fit(trial): ...\n"
        "instance = Trainer()\n"
        "def wrapped(inner):\n"
        "    @functools.wraps(inner)\n"
        "    def outer(trial): return inner(trial)\n"
        "    return outer\n"
        "decorated = wrapped(train)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    import own_training

    yield own_training
    sys.modules.pop("own_training", None)


def test_an_importable_function_goes_by_name(module):
    code = training_code(module.train)
    assert code.path == "own_training:train"
    assert code.blob is None
    assert code.text == "def train(trial):\n    return 0.5\n"
    assert code.sha256 == hashlib.sha256(code.text.encode()).hexdigest()
    assert source_of(code) == TrainingSource(path=code.path, text=code.text, sha256=code.sha256)


def test_the_same_function_by_name_and_as_an_object_is_the_same_source(module):
    assert source_of(training_code("own_training:train")) == source_of(training_code(module.train))


def test_a_static_method_goes_by_name(module):
    assert training_code(module.Trainer.fit).path == "own_training:Trainer.fit"


@pytest.mark.parametrize("name", ["instance", "decorated"])
def test_what_its_name_does_not_lead_to_goes_by_value(module, name):
    code = training_code(getattr(module, name))
    assert code.path == ""
    assert code.blob is not None


def in_a_fresh_process(blob: bytes, seed: int) -> object:
    script = (
        "import sys, types, cloudpickle; train = cloudpickle.loads(sys.stdin.buffer.read());"
        f"print(train(types.SimpleNamespace(seed={seed})))"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], input=blob, capture_output=True, check=True, cwd="/"
    )
    return json.loads(run.stdout)


@pytest.fixture
def hidden(tmp_path: Path):
    """A module under a name by which no other process can import it."""
    file = tmp_path / "hidden.py"
    file.write_text(
        "import threading\n"
        "OFFSET = 3\n"
        "LOCK = threading.Lock()\n"
        "def train(trial):\n    return OFFSET + trial.seed\n"
        "def locks(trial):\n    with LOCK: pass\n"
    )
    spec = importlib.util.spec_from_file_location("known_to_nobody", file)
    module = importlib.util.module_from_spec(spec)
    sys.modules["known_to_nobody"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["known_to_nobody"]


def test_a_module_that_workers_can_not_import_goes_along_by_value(hidden):
    code = training_code(hidden.train)
    assert code.path == ""
    assert in_a_fresh_process(code.blob, 4) == 7
    assert "OFFSET + trial.seed" in code.text


def test_the_thing_that_can_not_be_sent_is_named(hidden):
    with pytest.raises(TrainingCodeError, match=r'it uses "LOCK", a _thread\.lock'):
        training_code(hidden.locks)
    assert training_code(hidden.locks, here=True).blob is None


def test_closures_lambdas_and_partials_go_by_value():
    offset = 10

    def closed(trial):
        return offset + trial.seed

    def two(offset, trial):
        return offset + trial.seed

    for train in (closed, lambda trial: offset + trial.seed, functools.partial(two, 10)):
        code = training_code(train)
        assert code.path == ""
        assert in_a_fresh_process(code.blob, 2) == 12
        assert "offset" in code.text


def test_a_code_knows_where_to_look_for_modules(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    code = training_code(lambda trial: None)
    assert code.cwd == str(tmp_path)
    assert str(tmp_path) in code.sys_path
    assert all(os.path.isabs(folder) for folder in code.sys_path)


LOCK = threading.Lock()


async def waits(trial): ...


@pytest.mark.parametrize(
    ("train", "said"),
    [
        (3, "training code is a function, or its name; got int 3"),
        (None, "got NoneType"),
        (lambda: 1, "called with one argument, the trial"),
        (lambda trial, other: 1, "<lambda>(trial, other)"),
        (lambda *, trial: 1, "called with one argument"),
        (waits, "async"),
        (functools.partial(lambda lock, trial: 1, LOCK), "argument 0, a _thread.lock"),
    ],
)
def test_what_can_not_train_is_refused_before_anything_runs(train, said):
    with pytest.raises(TrainingCodeError) as caught:
        training_code(train)
    assert said in str(caught.value)


def test_nothing_is_imported_to_check_a_name(tmp_path, monkeypatch):
    (tmp_path / "costly.py").write_text(
        textwrap.dedent("""
        raise RuntimeError("imported")
        def train(trial): ...
        """)
    )
    monkeypatch.chdir(tmp_path)
    assert training_code("costly:train").path == "costly:train"
    assert training_code("costly.py:train").path == "costly.py:train"


def test_what_is_stored_is_text_alone(module):
    source = source_of(training_code(lambda trial: 1))
    assert all(isinstance(v, str) for v in (source.path, source.text, source.sha256))
    assert cloudpickle.__name__ not in source.text
