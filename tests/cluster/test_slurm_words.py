"""What is refused before a job is submitted, and what SLURM's words about a job come to."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tunebook.domain.design import Objective
from tunebook.domain.errors import DesignError
from tunebook.domain.trial import Cause, Status, TrialKey, TrialRecord
from tunebook.execution import Ended
from tunebook.execution.code import training_code
from tunebook.execution.slurm.files import ArrayFolder, JobEnd, Orders
from tunebook.execution.slurm.outcomes import LAG_S, Judge, Task
from tunebook.execution.slurm.queue import states
from tunebook.execution.slurm.settings import SlurmSettings
from tunebook.training.assignment import Assignment
from tunebook.training.checkpoint_places import FolderPlace
from tunebook.training.checkpoints import Saving
from tunebook.training.log import attempt_files

OBJECTIVE = Objective("valid/error")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"workers": 0}, "workers is a whole number of at least 1; got 0"),
        ({"workers": True}, "workers is a whole number"),
        ({"cpus": 1.5}, "cpus is a whole number"),
        ({"gpus": -1}, "gpus is a whole number of at least 0"),
        ({"memory_mb": "4G"}, "memory_mb is a whole number"),
        ({"partition": ""}, "partition is a text"),
        ({"account": 7}, "account is a text"),
        ({"time_s": float("inf")}, "time_s is a number of seconds"),
        ({"time_s": 80}, "time_s=80 leaves nothing for training"),
        ({"host_gone_s": 0}, "host_gone_s is a number of seconds"),
        ({"setup": ["module load cuda", 7]}, "setup is a list of shell lines"),
        ({"extra": {"requeue": True}}, 'extra can\'t set "requeue"'),
        ({"extra": {"no-requeue": True}}, 'extra can\'t set "no-requeue"'),
        ({"extra": ["--exclusive"]}, "extra is sbatch's options by name"),
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong, words):
    with pytest.raises(DesignError, match=words) as told:
        SlurmSettings(**{"workers": 2, **wrong})
    assert told.value.next_step


def test_a_job_is_never_repeated_by_slurm_itself():
    made = SlurmSettings(workers=1, time_s=90.5, extra={"reservation": "r"}, grace_s=9)
    told = made.options(Path("/book.files/tunebook-1"), 3)
    assert {"--time=1:31", "--reservation=r", "--no-requeue", "--signal=B:TERM@14"} <= set(told)
    assert {"--array=0-2", "--job-name=tunebook-1"} <= set(told)
    assert not any("account" in option or "gpus" in option for option in told), "SLURM decides"


def test_a_python_of_many_words_and_a_folder_with_a_space():
    made = SlurmSettings(
        workers=1, python="apptainer exec a.sif python", setup=("module load cuda",)
    )
    assert made.script(Path("/a b/c")).splitlines() == [
        "#!/bin/bash",
        "module load cuda",
        "exec apptainer exec a.sif python -u -m tunebook.execution.slurm.job '/a b/c'",
    ]


def test_answers_of_squeue():
    answer = "slurm_load_jobs error: Invalid job id specified\n12|0|RUNNING|None\n12|1|PENDING|Resources\n13|N/A|PENDING|None\n"
    assert states(answer) == {("12", 0): ("RUNNING", "None"), ("12", 1): ("PENDING", "Resources")}


@pytest.fixture
def task(tmp_path):
    def of(attempt):
        key = TrialKey(1, 0)
        trial = TrialRecord(
            round=1, number=0, study="", index=0, config={"x": 1.0}, seed=1, max_train_steps=10,
            attempt=attempt,
        )  # fmt: skip
        assignment = Assignment(
            trial=trial,
            files=attempt_files(tmp_path, key, attempt),
            code=training_code("json:dumps"),
            objective=OBJECTIVE,
            memory_limit_mb=300,
        )
        folder = ArrayFolder(tmp_path / f"array{attempt}")
        folder.create()
        return Task(assignment=assignment, folder=folder, number=0)

    return of


def over(task, state, said=None):
    """How a task ended that SLURM has seen end for long enough."""
    now = time.monotonic()
    task.job_end = said
    task.hear(state, "", now - LAG_S - 1)
    return task


def test_orders_come_as_they_were_given_for_their_user_alone(task):
    given = task(3)
    orders = Orders(assignment=given.assignment, cpus=2, grace_s=3.0, host_gone_s=9.0)
    given.folder.order(0, orders)
    assert (given.folder.path / "0.json").stat().st_mode & 0o077 == 0
    back = given.folder.orders(0)
    assert (back.cpus, back.grace_s, back.host_gone_s) == (2, 3.0, 9.0)
    assert back.assignment.trial == given.assignment.trial
    assert back.assignment.memory_limit_mb == 300
    given.folder.withdraw(0)
    assert given.folder.orders(0) is None


@pytest.mark.parametrize(
    ("state", "preempted", "cause"),
    [
        ("PREEMPTED", True, None),
        ("TIMEOUT", True, None),
        ("CANCELLED", False, None),
        ("NODE_FAIL", False, None),
        ("BOOT_FAIL", False, None),
        ("GONE", False, None),
        ("OUT_OF_MEMORY", False, Cause.OUT_OF_MEMORY),
    ],
)
def test_what_a_state_comes_to(task, state, preempted, cause):
    end = Judge(None).judge(over(task(1), state), time.monotonic())
    assert end.preempted is preempted
    assert (end.outcome.cause if end.outcome else None) is cause


def test_a_job_without_a_word_is_given_some_seconds(task):
    one, now = task(1), time.monotonic()
    one.hear("COMPLETED", "", now)
    assert Judge(None).judge(one, now + LAG_S - 0.1) is None
    assert Judge(None).judge(one, now + LAG_S) is not None


def test_time_limits_that_allow_no_checkpoint_end_the_trial(task):
    judge = Judge(60.0)
    stopped = JobEnd(stopped="signal", ended=Ended(key=TrialKey(1, 0), attempt=1, seconds=30.0))
    ends = [judge.judge(over(task(n), "COMPLETED", stopped), time.monotonic()) for n in (1, 2, 3)]
    assert [e.preempted for e in ends] == [True, True, False]
    assert ends[2].outcome.status is Status.FAILED
    assert "SLURM's time limit (time_s=60) ended 3 attempts in a row" in ends[2].outcome.detail


def test_a_newer_checkpoint_is_progress(task):
    judge = Judge(60.0)
    for n in range(1, 8):
        one = task(n)
        place = FolderPlace(one.assignment.files.checkpoints)
        if n % 2:  # every other job reaches one
            saving = Saving(step=n, metrics={}, objective=OBJECTIVE, best=1, by=())
            place.keep(saving, lambda path: path.write_text("state"))
        assert judge.judge(over(one, "TIMEOUT"), time.monotonic()).preempted
