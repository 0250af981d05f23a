"""What every test may ask for: the shared data, levels of simulation, fresh randomness."""

from __future__ import annotations

import os
import secrets
import signal
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from processor_times import ProcessorTable, ProcessorTimes
from tunebook import checks
from tunebook.examination.memory import forget_results

# Hypothesis measures an example and its drawing by the clock unless it is told not to. Each run has
# the same examples; `--hypothesis-profile=fresh` draws others, and more, as `make test-fresh` does.
by_no_clock = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
# Where `CI` is set, Hypothesis' own defaults would draw the same examples in both.
settings.register_profile("fresh", by_no_clock, max_examples=500, derandomize=False)
settings.register_profile("the same", by_no_clock, max_examples=100, derandomize=True)
settings.load_profile("the same")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--level", type=int, default=1, help="run simulations up to this level (1 or 2)"
    )
    parser.addoption("--fresh-seed", type=int, default=None, help="repeat a logged fresh seed")
    parser.addoption(
        "--processor-limit", type=float, default=40.0,
        help="seconds of processor time after which a test fails; generous, for slow machines",
    )  # fmt: skip
    parser.addoption("--processor-times", help="a file for each test's seconds of processor time")


def pytest_configure(config: pytest.Config) -> None:
    """Each worker measures; the process that reports also gathers."""
    # A shell that starts this in the background ignores Ctrl-C for it, and so for every child.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # Times that `tunebook try` keeps are no business of this user's other plans.
    os.environ.setdefault("TUNEBOOK_CACHE", tempfile.mkdtemp(prefix="tunebook-cache-"))
    limit = config.getoption("--processor-limit")
    config.pluginmanager.register(ProcessorTimes(limit), "processor_times")
    if not hasattr(config, "workerinput"):
        table = ProcessorTable(config.getoption("--processor-times"))
        config.pluginmanager.register(table, "processor_table")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    level = config.getoption("--level")
    for item in items:
        mark = item.get_closest_marker("level")
        if mark is not None and mark.args[0] > level:
            item.add_marker(pytest.mark.skip(reason=f"level {mark.args[0]}: make test-claims"))


@pytest.fixture(autouse=True)
def errors_in_checks_are_seen(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error in a check fails the test; a report would go on and name it."""
    if request.node.get_closest_marker("checks_may_fail"):
        return

    def failed(check: str, error: Exception) -> None:
        raise error

    monkeypatch.setattr(checks, "check_failed", failed)


@pytest.fixture(autouse=True)
def checks_run_anew() -> None:
    """No test reads what a check said in another, whose constants may have been changed."""
    forget_results()


@pytest.fixture
def shared_data() -> Path:
    """Folder of the published tuning studies, which stays outside the project."""
    named = os.environ.get("TUNEBOOK_SHARED_DATA")
    folder = Path(named) if named else Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the published tuning studies are not here; set TUNEBOOK_SHARED_DATA")
    return folder


@pytest.fixture
def shared_cases() -> Path:
    """Folder of sweeps as people have them, which stays outside the project."""
    named = os.environ.get("TUNEBOOK_SHARED_CASES")
    folder = Path(named) if named else Path(__file__).parents[2] / "shared" / "cases"
    if not folder.is_dir():
        pytest.skip("the collected sweeps are not here; set TUNEBOOK_SHARED_CASES")
    return folder


@pytest.fixture
def fresh_rng(request: pytest.FixtureRequest) -> np.random.Generator:
    """A generator with a new seed in each run, printed so that a failure can be repeated."""
    seed = request.config.getoption("--fresh-seed")
    seed = secrets.randbits(64) if seed is None else seed
    print(f"--fresh-seed={seed}")
    return np.random.default_rng(seed)
