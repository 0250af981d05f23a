"""One registration for each check: complete, true, and loaded without what it names."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tunebook.checks import CHECKS, FOLDERS, SPECS, load_check
from tunebook.checks.spec import Uses

HEAVY = {"numpy", "scipy", "opda", "altair", "sqlalchemy"}


def specs_of(folder):
    module = importlib.import_module(f"tunebook.checks.{folder}")
    return getattr(module, "SPECS", None) or (module.SPEC,)


def test_the_catalogue_loads_no_check_no_chart_and_no_array():
    script = (
        "import json, sys, tunebook.checks as c; "
        "print(json.dumps([list(sys.modules), [s.method for s in c.SPECS.values()]]))"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    modules, methods = json.loads(said.stdout)
    assert len(methods) == len(SPECS) and all(methods)
    assert not HEAVY & {name.partition(".")[0] for name in modules}
    ours = {name for name in modules if name.startswith("tunebook.checks")}
    folders = {f"tunebook.checks.{folder}" for folder in FOLDERS}
    assert ours == {"tunebook.checks", "tunebook.checks.spec", *folders}


def test_every_folder_is_in_the_catalogue_and_every_id_is_there_once():
    here = Path(importlib.import_module("tunebook.checks").__file__).parent
    assert sorted(FOLDERS) == sorted(p.parent.name for p in here.glob("*/check.py"))
    every = [spec.id for folder in FOLDERS for spec in specs_of(folder)]
    assert len(every) == len(set(every)) and every == list(SPECS)


@pytest.mark.parametrize("folder", FOLDERS)
def test_what_a_spec_names_is_in_its_folder(folder):
    for spec in specs_of(folder):
        assert spec.title and spec.question.endswith("?") and spec.method
        for place in filter(None, (spec.check, spec.chart)):
            module, _, name = place.partition(":")
            assert module.startswith(f"tunebook.checks.{folder}.")
            assert callable(getattr(importlib.import_module(module), name))
        assert all(SPECS[other].chart for other in spec.shown_with)
        assert spec.check or not (spec.chart or spec.drawn_by_study or spec.blocks_exploitation)


def test_checks_run_in_the_order_of_the_playbook():
    order = ["B9", "C1", "C2", "C9", "C10", "C11", "D2"]
    assert [check for check in CHECKS if check in order] == order
    assert all(SPECS[check].check for check in CHECKS)


def test_an_id_whose_findings_come_with_anothers_has_no_check_of_its_own():
    assert SPECS["C7"].check == "" and "C7" not in CHECKS
    with pytest.raises(KeyError):
        load_check("C7")


def test_a_spec_is_frozen_all_through():
    with pytest.raises(TypeError):
        SPECS["C5"].labels["good_trials"] = "x"
    assert {use for use in Uses if use.carries} == {Uses.CARRIED, Uses.CARRIED_WITHOUT_BEST}
