"""What every test may ask for: the shared data, levels of simulation, fresh randomness."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import numpy as np
import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--level", type=int, default=1, help="run simulations up to this level (1 or 2)"
    )
    parser.addoption("--fresh-seed", type=int, default=None, help="repeat a logged fresh seed")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    level = config.getoption("--level")
    for item in items:
        mark = item.get_closest_marker("level")
        if mark is not None and mark.args[0] > level:
            item.add_marker(pytest.mark.skip(reason=f"level {mark.args[0]}: make test-claims"))


@pytest.fixture
def shared_data() -> Path:
    """Folder of the published tuning studies, which stays outside the project."""
    named = os.environ.get("TUNEBOOK_SHARED_DATA")
    folder = Path(named) if named else Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the published tuning studies are not here; set TUNEBOOK_SHARED_DATA")
    return folder


@pytest.fixture
def fresh_rng(request: pytest.FixtureRequest) -> np.random.Generator:
    """A generator with a new seed in each run, printed so that a failure can be repeated."""
    seed = request.config.getoption("--fresh-seed")
    seed = secrets.randbits(64) if seed is None else seed
    print(f"--fresh-seed={seed}")
    return np.random.default_rng(seed)
