"""GPUs shared out among workers; no GPU is needed to see who is told which."""

from __future__ import annotations

import pytest

from execution.trainings import seen
from tunebook.domain.errors import DesignError
from tunebook.execution import RunOptions
from tunebook.execution.code import training_code
from tunebook.execution.gpus import gpu_settings
from tunebook.execution.local import LocalExecutor
from tunebook.execution.scheduler import run_trials


@pytest.mark.parametrize(("each", "share"), [(1, 1.0), (2, 0.45)])
def test_each_worker_sees_one_gpu_and_its_share_of_it(
    make_book, monkeypatch, tmp_path, each, share
):
    (tmp_path / "meeting").mkdir()
    monkeypatch.setenv("MEETING", str(tmp_path / "meeting"))
    monkeypatch.setenv("ATTENDANTS", str(2 * each))
    monkeypatch.delenv("XLA_PYTHON_CLIENT_MEM_FRACTION", raising=False)
    store = make_book([{"x": x} for x in range(2 * each)])
    executor = LocalExecutor(gpus=[5, 7], trials_per_gpu=each)
    assert executor.workers == 2 * each
    run_trials(store, 1, training_code(seen), RunOptions(executor=executor))
    values = [[m.value for m in store.measurements(t.key)] for t in store.trials(1)]
    assert sorted(v[0] for v in values) == sorted([5.0, 7.0] * each)
    assert {v[1] for v in values} == {share}


def test_what_the_person_made_visible_bounds_what_there_is():
    visible = {"CUDA_VISIBLE_DEVICES": "3, GPU-1f,-1,4"}
    assert [s["CUDA_VISIBLE_DEVICES"] for s in gpu_settings("all", 1, visible)] == ["3", "GPU-1f"]
    assert gpu_settings(1, 1, visible) == [{"CUDA_VISIBLE_DEVICES": "3"}]
    with pytest.raises(DesignError, match="this machine has 2: 3, GPU-1f"):
        gpu_settings(3, 1, visible)


@pytest.mark.parametrize("hidden", ["", "-1"])
def test_no_gpu_is_said_before_anything_runs(hidden):
    with pytest.raises(DesignError, match=f'CUDA_VISIBLE_DEVICES is "{hidden}"') as error:
        gpu_settings("all", 1, {"CUDA_VISIBLE_DEVICES": hidden})
    assert "leave gpus out" in error.value.next_step


@pytest.mark.parametrize("wrong", [[], [0, "0"], 0, True, "some"])
def test_gpus_that_mean_nothing_are_refused(wrong):
    with pytest.raises(DesignError, match="gpus"):
        gpu_settings(wrong, 1, {"CUDA_VISIBLE_DEVICES": "0"})


def test_more_workers_than_places_are_refused():
    with pytest.raises(DesignError, match="3 workers, but the GPUs have places for only 2 trials"):
        LocalExecutor(3, gpus=[0], trials_per_gpu=2)


def test_a_share_that_the_person_set_stays():
    own = {"CUDA_VISIBLE_DEVICES": "0", "XLA_PYTHON_CLIENT_MEM_FRACTION": ".2"}
    assert gpu_settings("all", 2, own) == [{"CUDA_VISIBLE_DEVICES": "0"}] * 2
