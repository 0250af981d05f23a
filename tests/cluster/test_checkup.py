"""What the doctor says of clusters that are there, and of one that is not."""

from __future__ import annotations

from tunebook.book.doctor import checkups
from tunebook.execution import ClusterReply
from tunebook.execution.ray import checkup as ray_checkup
from tunebook.execution.slurm import checkup as slurm_checkup


def test_clusters_that_answer(slurm, ray, make_book):
    node = ray.add(2)
    try:
        assert ray_checkup.checkup() == ClusterReply(
            state="answered",
            sentence=f"{_version()} answers: 2 nodes, 6 trials of one core at a time",
        )
    finally:
        ray.lose(node)
    reply = slurm_checkup.checkup()
    assert reply == ClusterReply(state="answered", sentence="SLURM answers, nodes: 1 idle")
    (told,) = [c for c in checkups(make_book([{"x": 1}]).location) if c.what == "clusters"]
    assert told.state == "good"
    assert ray.processes() == []


def test_a_controller_that_does_not_answer(slurm, make_book):
    slurm.kill_controller()
    try:
        reply = slurm_checkup.checkup()
        assert reply.state == "silent", reply.sentence
        (told,) = [c for c in checkups(make_book([{"x": 1}]).location) if c.what == "clusters"]
        assert told.state == "warning" and "administrator" in told.next_step
    finally:
        slurm.start_controller()


def _version():
    import ray

    return f"Ray {ray.__version__}"
