"""Objects and progress in a real Jupyter kernel: shown once, in place, and small."""

from __future__ import annotations

import nbformat
import pytest
from nbclient import NotebookClient

START = """
import warnings; warnings.simplefilter("ignore")
import tunebook as tb
def train(trial):
    for step in (1, 2):
        trial.report(step, {"loss": (trial.config["x"] - 0.3) ** 2 + 0.1 / step})
found = tb.explore(train, {"x": tb.uniform(0, 1)}, objective=tb.minimize("loss"), trials=16,
                   max_train_steps=2, workers=0)
findings = found.findings()
"""
CELLS = (
    START,
    'shown = {"round": found}; said = f"{findings}"; line = repr(found) + str(found.pictures())',
    "found",
    "findings",
    "found.pictures()[0]",
    "found.table()",
    "print(len(said), len(line), len(repr(shown)), found.best.trial in line)",
    "bad = found.plan",
)
LARGEST = 100_000
pytestmark = (
    pytest.mark.slow
)  # tests/report/notebook/test_views.py has the same objects without a kernel


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("jupyter")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in CELLS])
    NotebookClient(notebook, resources={"metadata": {"path": str(folder)}}).execute()
    return [cell.outputs for cell in notebook.cells]


def displays(cell):
    return [o for o in cell if o.output_type in ("display_data", "execute_result")]


def test_progress_is_one_line_in_place_with_the_last_count(outputs):
    lines = [o for o in displays(outputs[0]) if "trials done" in o.data["text/plain"]]
    assert len(lines) == 1
    assert "16/16 trials done" in lines[0].data["text/plain"]
    assert "trials done" not in "".join(o.get("text", "") for o in outputs[0])


def test_a_text_of_an_object_is_a_text_and_shows_nothing(outputs):
    assert outputs[1] == []
    said, line, shown, named = outputs[6][0].text.split()
    assert min(map(int, (said, line, shown))) > 40
    assert named == "True"


@pytest.mark.parametrize("cell", [2, 3, 4, 5])
def test_an_object_shows_itself_once_in_less_than_100_kb(outputs, cell):
    [shown] = outputs[cell]
    assert shown.output_type == "execute_result"
    assert "<" in shown.data["text/html"]
    assert len(shown.data["text/plain"]) > 10
    assert sum(map(len, shown.data.values())) < LARGEST


def test_findings_show_the_best_configuration_in_both_forms(outputs):
    shown = outputs[3][0].data
    for form in ("text/html", "text/plain"):
        assert "Best loss" in shown[form]
        assert "x 0." in shown[form]
