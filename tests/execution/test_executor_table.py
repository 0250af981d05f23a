"""B2: where trials run, as a round file says it."""

from __future__ import annotations

import pytest

import tunebook as tb
from tunebook.domain.errors import CodecError, DesignError
from tunebook.domain.formats.round_file import read_round_file, write_round_file
from tunebook.execution.executor_table import executor_of
from tunebook.execution.local import LocalExecutor

FILE = """
goal = "Which?"
trials = 4
max_train_steps = 5

[nuisance]
learning_rate = { low = 0.001, high = 1.0, scale = "log" }

[executor]
kind = "local"
gpus = [0, 1]
trials_per_gpu = 2
"""


def test_a_round_file_names_its_executor_and_is_written_back():
    file = read_round_file(FILE)
    assert file.executor == {"kind": "local", "gpus": [0, 1], "trials_per_gpu": 2}
    assert read_round_file(write_round_file(file)) == file
    executor = executor_of(file.executor)
    assert isinstance(executor, LocalExecutor)
    assert executor.workers == 4
    assert executor_of(file.executor, workers=3).workers == 3


def test_no_table_is_this_machine():
    assert executor_of({}) is None


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"kind": "slrum"}, "got 'slrum'. Did you mean"),
        ({"partition": "gpu"}, "got None"),
        ({"kind": "rye"}, "(local, ray, slurm); got 'rye'"),
        ({"kind": ["ray"]}, "got ['ray']"),
        ({"kind": "local", "worker": 3}, "has no 'worker'; it has workers, threads, gpus"),
        ({"kind": "slurm", "partition": "gpu"}, "needs workers"),
    ],
)
def test_a_table_that_means_nothing_is_told(told, said):
    with pytest.raises(DesignError) as error:
        executor_of(told)
    assert said in str(error.value)
    assert error.value.next_step


def test_an_executor_that_is_no_table_is_told():
    with pytest.raises(CodecError, match="executor"):
        read_round_file('executor = "slurm"\n' + FILE.partition("[executor]")[0])


def test_an_executor_has_a_public_name():
    assert tb.local is LocalExecutor
    assert tb.slurm.__name__ == "SlurmExecutor"
