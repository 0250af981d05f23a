"""The right columns without a flag: exports of many tools, spreadsheets of many countries."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from tunebook.auditing import proposed_objectives, read_sweep
from tunebook.domain.design import Role
from tunebook.domain.origin import Kind
from tunebook.importers.sources import read_source


def _exports():
    path = Path(__file__).with_name("exported_tables.py")
    spec = importlib.util.spec_from_file_location("exported_tables", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["exported_tables"] = module
    spec.loader.exec_module(module)
    return module.EXPORTS


EXPORTS = _exports()


@pytest.fixture(params=EXPORTS)
def exported(request, tmp_path):
    path = tmp_path / request.param
    path.write_bytes(EXPORTS[request.param].content)
    return EXPORTS[request.param], read_source(path)


def test_every_column_is_what_it_is(exported):
    right, source = exported
    table = read_sweep(source, objective=right.obj)
    varied = [name for name, role in table.roles.items() if role is not Role.FIXED]
    assert sorted(varied) == sorted(right.hp)
    assert len(table) + len(table.left_out) >= 38 and len(table) >= 25
    assert len(table.branches) <= 4
    for name in right.numeric:
        assert not any(isinstance(value, str) for value in table.column(name))
    if right.trial:
        assert [use.column for use in table.origin.of(Kind.TRIAL)] == [right.trial]
    if right.seeds:
        assert len(set(table.seed)) == right.seeds
    if right.infeasible:
        assert int(table.infeasible.sum()) == right.infeasible


def test_the_likeliest_objective_comes_first(exported):
    right, source = exported
    if right.prop is None:
        pytest.skip("its names do not say it")
    assert proposed_objectives(source)[0] in (
        [right.prop] if isinstance(right.prop, str) else right.prop
    )
