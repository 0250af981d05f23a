"""Sweeps in the shapes of public repositories: each is read rightly at the first command."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from tunebook.domain.errors import TableError
from tunebook.domain.origin import Kind
from tunebook.domain.space import Choice, Scale
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Cause, Status


@pytest.fixture
def read(shared_cases):
    def of(name, objective, **more):
        return TrialTable.from_csv(shared_cases / "sweeps" / name, objective=objective, **more)

    return of


def best(table):
    return table.name[int(np.nanargmin(np.where(table.complete, table.losses, np.nan)))]


HYPERPARAMETERS = [
    ("optuna.csv", "minimize:value", ["batch_size", "lr"]),
    ("mlflow.csv", "minimize:val_loss", ["lr", "width"]),
    ("keras.csv", "maximize:val_accuracy", ["lr", "width"]),
    ("cv_results.csv", "maximize:mean_test_score", ["lr", "width"]),
    ("index.csv", "minimize:loss", ["lr", "width"]),
    ("prefix.csv", "minimize:loss", ["batch_size", "epochs", "lr"]),
    ("lr.csv", "minimize:loss", ["lr", "dropout"]),
    ("arm.csv", "minimize:loss", ["lr", "width"]),
    ("blank.csv", "minimize:loss", ["lr", "width"]),
    ("todo.csv", "minimize:loss", ["lr", "width"]),
    ("failed.csv", "minimize:loss", ["lr", "activation"]),
    ("lists.csv", "minimize:loss", ["hidden", "lr"]),
    ("enum.csv", "minimize:loss", ["lr", "width"]),
    ("edge.csv", "minimize:loss", ["channels", "lr", "d_time", "period", "layers"]),
    ("number.csv", "minimize:value", ["lr"]),
    ("absent.csv", "minimize:loss", ["lr", "width", "rho"]),
    ("seeds.csv", "maximize:accuracy", ["norm", "groups"]),
    ("german.csv", "minimize:verlust", ["lr", "breite"]),
    ("percent.csv", "maximize:val_acc", ["lr", "width"]),
    ("seed.csv", "minimize:loss", ["lr"]),
    ("lossname.csv", "minimize:value", ["lr", "loss"]),
]


@pytest.mark.parametrize(("name", "objective", "hyperparameters"), HYPERPARAMETERS)
def test_only_what_was_set_is_a_hyperparameter(read, name, objective, hyperparameters):
    table = read(name, objective)
    assert list(table.roles) == hyperparameters
    if "lr" in hyperparameters and name not in ("edge.csv",):
        assert {b.axes["lr"].scale for b in table.branches.values()} == {Scale.LOG}


def test_optuna_keeps_its_numbers_and_states(read):
    table = read("optuna.csv", "minimize:value")
    assert table.name[:6] == ("0", "1", "2", "3", "5", "6")
    assert table.status.count(Status.FAILED) == 4
    assert len(table.left_out) == 8 and all("PRUNED" in text for text in table.left_out)
    assert (table.origin.tool, table.origin.order) == ("Optuna", "number")
    assert table.seconds[0] == 50


def test_a_page_that_lists_the_newest_run_first_is_ordered_by_start(read):
    table = read("mlflow.csv", "minimize:val_loss")
    assert (table.name[0], table.name[-1]) == ("run-39", "run-0")
    assert table.status.count(Status.FAILED) == 10
    assert table.seconds[-1] == 60


@pytest.mark.parametrize("name", ["keras.csv", "cv_results.csv"])
def test_the_commonest_names_of_results(read, name):
    table = read(
        name, "maximize:val_accuracy" if name == "keras.csv" else "maximize:mean_test_score"
    )
    results = {"loss", "accuracy", "val_loss", "val_accuracy"}
    if name == "cv_results.csv":
        results = {"split0_test_score", "mean_test_score", "std_test_score", "rank_test_score"}
    assert results <= {use.column for use in table.origin.of(Kind.RESULT)}


def test_an_unnamed_index_is_the_order(read):
    table = read("index.csv", "minimize:loss")
    assert (table.name[0], table.origin.order) == ("0", "the unnamed index")


def test_labels_with_underscores_are_labels(read):
    assert read("arm.csv", "minimize:loss").name[:2] == ("0_0", "1_0")


def test_blank_rows_are_skipped_and_rows_that_did_not_run_are_counted(read):
    blank, todo = read("blank.csv", "minimize:loss"), read("todo.csv", "minimize:loss")
    assert (len(blank), blank.left_out) == (40, ())
    assert (len(todo), len(todo.left_out)) == (25, 15)
    assert all("no result" in text for text in todo.left_out)
    assert not blank.infeasible.any() and not todo.infeasible.any()


def test_empty_results_among_others_are_failures_of_one_study(read):
    table = read("failed.csv", "minimize:loss")
    assert len(table.branches) == 1
    failed = [c for c, bad in zip(table.config, table.infeasible, strict=True) if bad]
    assert len(failed) == 10 and set(table.cause) == {None, Cause.NOT_REPORTED}
    assert all(c["activation"] == "relu" and c["lr"] > 0.0029 for c in failed)


def test_lists_that_recur_are_a_choice_and_seeds_are_replicates(read):
    table = read("lists.csv", "minimize:loss")
    assert table.branches[""].axes["hidden"] == Choice(("[64, 64]", "[128, 64]", "[256, 128]"))
    assert sorted(set(table.seed)) == [0, 1, 2]
    assert len({tuple(sorted(c.items())) for c in table.config}) == 9


def test_statuses_in_the_spelling_of_an_enumeration(read):
    table = read("enum.csv", "minimize:loss")
    assert set(table.status) == {Status.COMPLETE} and len(table) == 40


def test_the_best_trial_has_the_name_of_the_source(read):
    assert best(read("number.csv", "minimize:value")) == "4"


def test_studies_are_named_by_what_is_absent_or_present(read):
    table = read("absent.csv", "minimize:loss")
    assert set(table.branches) == {"with rho", "without rho"}


def test_one_run_s_log_is_recognised(read):
    with pytest.raises(TableError, match="log of one run") as caught:
        read("progress.csv", "minimize:val_loss")
    assert "--curves" in caught.value.next_step


def test_decimal_commas_and_percent_signs_are_read_and_said(read):
    german = read("german.csv", "minimize:verlust")
    assert german.value[0] == 0.3615 and german.column("lr")[0] == 0.02386
    assert any("decimal comma" in note for note in german.origin.notes)
    assert any("semicolons" in note for note in german.origin.notes)
    percent = read("percent.csv", "maximize:val_acc")
    assert percent.value[0] == 0.638
    assert any("63.8% is 0.638" in note for note in percent.origin.notes)


def test_seeds_in_other_names_are_seeds(read):
    table = read("seed.csv", "minimize:loss")
    assert sorted(set(table.seed)) == [0, 1, 2, 3, 4]


def test_a_loss_of_words_is_a_choice(read):
    table = read("lossname.csv", "minimize:value")
    assert set(table.branches[""].axes["loss"].values) == {"mse", "huber"}


def test_conditional_widths_are_split_by_what_explains_them(shared_cases, tmp_path):
    script = shared_cases / "sweeps" / "make_wide.py"
    subprocess.run([sys.executable, str(script)], cwd=tmp_path, check=True)
    table = TrialTable.from_csv(tmp_path / "trials.csv", objective="minimize:value")
    assert len(table) == 180 and not table.left_out
    assert {b.conditions["layers"] for b in table.branches.values()} == {1, 2, 3, 4}
    assert len(table.branches) == 8
    assert table.origin.names(Kind.BOOKKEEPING) == ("note_1", "note_2")
