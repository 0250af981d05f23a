"""`tb.read_sweep` and `tb.audit`: any source that names a sweep, shown as a round's findings are."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import tunebook as tb
from small_sweeps import FLAT, NAMES

pandas = pytest.importorskip("pandas")


@pytest.fixture
def frame():
    return pandas.DataFrame(FLAT, index=NAMES)


def test_a_path_a_folder_a_frame_and_records_are_one_sweep(frame, tmp_path):
    frame.to_csv(tmp_path / "t.csv", index_label="name")
    sources = [tmp_path / "t.csv", str(tmp_path / "t.csv"), tmp_path, frame,
               [{"name": n, **r} for n, r in zip(NAMES, FLAT, strict=True)]]  # fmt: skip
    tables = [tb.read_sweep(source, objective="minimize:val_loss") for source in sources]
    for table in tables:
        assert list(table.name) == NAMES
        assert (
            table.config == tables[0].config and table.value.tolist() == tables[0].value.tolist()
        )
    said = [tb.audit(source, objective=tb.minimize("val_loss")).findings for source in sources]
    assert all(own == said[0] for own in said)


def test_the_command_and_python_say_the_same(frame, tmp_path):
    frame.to_csv(tmp_path / "t.csv")
    script = Path(sys.executable).with_name("tunebook")
    command = [script, "audit", "t.csv", "--objective", "minimize:val_loss"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    show = "import tunebook as tb; tb.audit('t.csv', objective='minimize:val_loss').show(unfold='--all shows them')"
    shown = subprocess.run(
        [sys.executable, "-c", show], cwd=tmp_path, capture_output=True, text=True
    )
    assert shown.stdout == done.stdout, done.stderr + shown.stderr


def test_curves_from_a_frame_or_a_file(frame, tmp_path):
    points = [(n, s, "loss", 1 / (s + 1)) for n in NAMES for s in range(4)]
    curves = pandas.DataFrame(points, columns=["trial", "step", "metric", "value"])
    curves.to_csv(tmp_path / "c.csv", index=False)
    for own in (curves, tmp_path / "c.csv"):
        table = tb.read_sweep(frame, own, objective="minimize:loss", reduce="last")
        assert table.value.tolist() == [0.25] * 30


def test_the_objective_that_a_source_states_is_taken(tmp_path):
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    url = f"sqlite:///{tmp_path / 'o.db'}"
    study = optuna.create_study(storage=url, direction="maximize", study_name="s")
    study.optimize(lambda trial: -((trial.suggest_float("x", -1, 1)) ** 2), n_trials=12)
    table = tb.read_sweep(tmp_path / "o.db")
    assert table.objective == tb.maximize("value") and len(table) == 12
    assert tb.audit(url, study="s").table.value.tolist() == table.value.tolist()


def test_without_an_objective_the_candidates_are_listed(frame):
    with pytest.raises(tb.DesignError, match="minimize:val_loss") as caught:
        tb.read_sweep(frame)
    assert caught.value.next_step == 'give one: objective="minimize:val_loss"'
    with pytest.raises(tb.DesignError, match="no column of numbers"):
        tb.audit([{"host": "a"}, {"host": "b"}])


@pytest.mark.parametrize("source", [3, None, {"lr": [1, 2]}, b"t.csv"])
def test_what_is_no_source_is_said(source):
    with pytest.raises(tb.TableError) as caught:
        tb.audit(source, objective="minimize:loss")
    assert caught.value.next_step


def test_a_notebook_sees_what_was_read_and_the_findings(frame):
    found = tb.audit(
        frame.rename(columns={"width": "<b>width</b>"}), objective="minimize:val_loss"
    )
    html = found._repr_html_()
    assert "<script" not in html and "<b>width</b>" not in html and "&lt;b&gt;width" in html
    assert "hyperparameters: lr" in html and "Search space, read off the trials" in html
    assert len(found) == len(found.findings) and found[0] is found.findings[0]
    assert all(
        f.sentence[:20] in re.sub(r"\s+", " ", repr(found)) for f in found if f.severity != "pass"
    )
    assert found.pictures and len(html) < 110_000


def test_ranges_can_be_given(frame):
    space = {"lr": tb.log_uniform(1e-5, 1.0), "width": tb.integer(8, 128)}
    table = tb.read_sweep(frame, objective="minimize:val_loss", space=space)
    assert not table.inferred_space and dict(table.branches[""].axes) == space


def test_the_module_does_not_hide_the_function():
    script = "import tunebook.auditing, tunebook as tb; print(callable(tb.audit), callable(tb.read_sweep))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout == "True True\n"
