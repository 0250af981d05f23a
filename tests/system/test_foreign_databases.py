"""Databases of other tools on a real PostgreSQL server, read by their URL."""

from __future__ import annotations

import warnings

import psycopg
import pytest

from tunebook.domain.errors import TableError
from tunebook.importers.sources import format_of, read_source

optuna = pytest.importorskip("optuna")
optuna.logging.set_verbosity(optuna.logging.ERROR)


def objective(trial):
    rate = trial.suggest_float("lr", 1e-5, 1, log=True)
    for step in range(5):
        trial.report(rate + 1 / (1 + step), step)
    return rate + 0.2


@pytest.fixture
def study(url):
    driver = url.replace("postgresql://", "postgresql+psycopg://")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        storage = optuna.storages.RDBStorage(driver)
        made = optuna.create_study(
            storage=storage, study_name="s", sampler=optuna.samplers.RandomSampler(seed=0)
        )
        made.optimize(objective, n_trials=12)
        yield driver, made.trials
    storage.remove_session()
    storage.engine.dispose()


def contents(url):
    """Every row of every table."""
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        ).fetchall()
        return {
            t: sorted(map(repr, connection.execute(f'SELECT * FROM "{t}"'))) for (t,) in tables
        }


@pytest.mark.xdist_group("postgres")
def test_a_study_on_a_server_is_read_with_every_number_and_left_as_it_is(study, url):
    driver, trials = study
    before = contents(url)
    assert format_of(driver) == format_of(url) == "optuna"
    found = read_source(url)  # as `storage=` names it where psycopg2 is installed
    assert found.rows.cells == read_source(driver).rows.cells
    assert found.rows.cells["value"] == [repr(t.value) for t in trials]
    assert found.rows.cells["params_lr"] == [repr(t.params["lr"]) for t in trials]
    points = [v for t in trials for _, v in sorted(t.intermediate_values.items())]
    assert found.curves.value.tolist() == points
    assert contents(url) == before


@pytest.mark.xdist_group("postgres")
def test_a_database_of_no_tool_says_so_without_its_password(url):
    driver = url.replace("postgresql://", "postgresql+psycopg://")
    with pytest.raises(TableError) as raised:
        read_source(driver)
    said = f"{raised.value.rule} {raised.value.next_step}"
    assert "tune" not in said.replace("tunebook", "") and "study" in said
