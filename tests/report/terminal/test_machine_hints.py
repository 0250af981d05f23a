"""I2: what a machine has and a run did not use is said with its flag, and only then."""

from __future__ import annotations

import pytest

from tunebook.domain.environment import Tried
from tunebook.report.terminal.machine_hints import Machine, hints_after_run, hints_after_try

PLAIN = Machine(cores=8, memory_mb=32_000, gpus=0)
USED = {
    "workers": 8, "threads": 1, "trials": 40, "gives_gpus": False, "out_of_memory": 0,
    "out_of_gpu_memory": 0, "memory_limit_mb": None,
}  # fmt: skip


def after_run(machine=PLAIN, **more):
    return hints_after_run(machine, **{**USED, **more})


def gpus(count, hidden=0):
    return Machine(cores=8, memory_mb=32_000, gpus=count, hidden=hidden)


def test_nothing_is_said_where_all_is_used():
    assert after_run() == ()
    assert after_run(workers=4, threads=2) == ()
    assert after_run(gpus(2), workers=2, gives_gpus=True) == ()
    assert after_run(gpus(1), workers=1) == ()


def test_more_workers_where_there_are_cores_and_trials_for_them():
    (hint,) = after_run(workers=2)
    assert "--workers 8" in hint
    (hint,) = after_run(workers=1, threads=2)
    assert "--workers 4" in hint
    assert after_run(workers=2, trials=2) == ()
    assert after_run(workers=5) == ()


def test_workers_that_share_gpus_can_have_one_each():
    (hint,) = after_run(gpus(4), workers=8)
    assert 'gpus = "all"' in hint and "4 GPUs" in hint
    (hint,) = after_run(gpus(2, hidden=2), workers=8)
    assert "CUDA_VISIBLE_DEVICES" in hint


def test_memory():
    (hint,) = after_run(out_of_memory=3)
    assert "--workers 4" in hint and "--memory-limit 3600" in hint
    (hint,) = after_run(out_of_memory=3, memory_limit_mb=500)
    assert "--memory-limit 500" in hint and "--workers" not in hint
    (hint, *_) = after_run(gpus(2), out_of_gpu_memory=1)
    assert 'gpus = "all"' in hint
    (hint,) = after_run(gpus(2), workers=2, gives_gpus=True, out_of_gpu_memory=1)
    assert "trials_per_gpu = 1" in hint


@pytest.mark.parametrize(
    ("machine", "frameworks", "used", "said"),
    [
        (gpus(1), ("torch",), None, '.to("cuda")'),
        (gpus(1), ("jax",), None, "jax[cuda12]"),
        (gpus(1, hidden=1), ("torch",), None, "CUDA_VISIBLE_DEVICES"),
        (gpus(1), ("torch",), 12.0, None),
        (gpus(1), (), None, None),
        (gpus(0), ("torch",), None, None),
    ],
)
def test_a_gpu_that_a_test_run_did_not_use(machine, frameworks, used, said):
    tried = Tried(study="", config={}, max_train_steps=9, evaluations=3, accelerator_mb=used,
                  gpu_frameworks=frameworks)  # fmt: skip
    found = hints_after_try(machine, [tried])
    assert (said is None and found == ()) or (len(found) == 1 and said in found[0])
