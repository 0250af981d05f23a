"""Real clusters of one node; see `make test-cluster`."""

from __future__ import annotations

import pytest

from cluster.slurm_cluster import Cluster, missing
from execution.conftest import make_book, new_book_fixture  # noqa: F401 - fixtures


@pytest.fixture(scope="module")
def slurm(tmp_path_factory):
    """A SLURM of one node with 8 processors, partitions `low` and `high`."""
    if why := missing():
        pytest.skip(why)
    cluster = Cluster(tmp_path_factory.mktemp("slurm"))
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
