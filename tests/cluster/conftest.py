"""Real clusters of one node; see `make test-cluster`."""

from __future__ import annotations

import pytest

from cluster.slurm_cluster import started
from execution.conftest import make_book, new_book_fixture  # noqa: F401 - fixtures
from system.conftest import server, url  # noqa: F401 - fixtures


@pytest.fixture(scope="module")
def slurm(tmp_path_factory):
    """A SLURM of one node with 8 processors, partitions `low` and `high`."""
    with started(tmp_path_factory.mktemp("slurm")) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def ray():
    """A Ray whose one node has 4 places."""
    pytest.importorskip("ray")
    from cluster.ray_cluster import started as started_ray

    with started_ray() as cluster:
        yield cluster
