"""What the doctor says of clusters that are there, and of one that is not."""

from __future__ import annotations

from tunebook.book.doctor import checkups
from tunebook.execution import checkup


def test_clusters_that_answer(slurm, ray, make_book):
    node = ray.add(2)
    try:
        assert checkup.ray() == (
            checkup.ANSWERED,
            f"{_version()} answers: 2 nodes, 6 trials of one core at a time",
        )
    finally:
        ray.lose(node)
    state, said = checkup.slurm()
    assert (state, said) == (checkup.ANSWERED, "SLURM answers, nodes: 1 idle")
    (told,) = [c for c in checkups(make_book([{"x": 1}]).location) if c.what == "clusters"]
    assert told.state == "good"
    assert ray.processes() == []


def test_a_controller_that_does_not_answer(slurm, make_book):
    slurm.kill_controller()
    try:
        state, said = checkup.slurm()
        assert state == checkup.SILENT, said
        (told,) = [c for c in checkups(make_book([{"x": 1}]).location) if c.what == "clusters"]
        assert told.state == "warning" and "administrator" in told.next_step
    finally:
        slurm.start_controller()


def _version():
    import ray

    return f"Ray {ray.__version__}"
