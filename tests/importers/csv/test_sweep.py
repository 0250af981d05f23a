"""Sweeps that were run elsewhere, read from CSV."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from tunebook.domain.design import Role
from tunebook.domain.errors import DesignError, TableError
from tunebook.domain.formats.spelling import choice, integer, log_uniform, maximize, minimize, per
from tunebook.domain.space import Choice, Float, Integer, Scale
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Cause, Status
from tunebook.importers.csv.column_names import is_result
from tunebook.importers.csv.column_profile import look_at
from tunebook.importers.csv.space import values_of
from tunebook.importers.csv.statuses import fate


@pytest.fixture
def read(tmp_path):
    """Write the texts as files and read them."""

    def of(trials, curves=None, *, objective="minimize:loss", **more):
        (tmp_path / "t.csv").write_text(trials)
        if curves is not None:
            (tmp_path / "c.csv").write_text(curves)
            more["curves"] = tmp_path / "c.csv"
        return TrialTable.from_csv(tmp_path / "t.csv", objective=objective, **more)

    return of


def test_the_simplest_file(read):
    table = read("lr,loss\n0.1,3\n0.2,2\n")
    assert table.name == ("1", "2")
    assert table.value.tolist() == [3, 2]
    assert [dict(c) for c in table.config] == [{"lr": 0.1}, {"lr": 0.2}]
    assert table.branches[""].axes == {"lr": Float(0.1, 0.2)}
    assert (table.inferred_space, table.max_train_steps) == (True, None)
    assert np.isnan(table.seconds).all()


def test_known_columns_are_no_hyperparameters(read):
    table = read(
        "trial,seed,status,cause,seconds,study,lr,loss\n"
        "a,7,complete,,1.5,x,0.1,3\n"
        "b,,infeasible,out of memory,,x,0.2,\n"
        "c,9,failed,machine lost,2,x,0.3,\n"
    )
    assert table.name == ("a", "b", "c")
    assert table.seed == (7, None, 9)
    assert table.status == (Status.COMPLETE, Status.INFEASIBLE, Status.FAILED)
    assert table.cause == (None, Cause.OUT_OF_MEMORY, Cause.MACHINE_LOST)
    np.testing.assert_array_equal(table.seconds, [1.5, np.nan, 2])
    assert list(table.roles) == ["lr"]


@pytest.mark.parametrize("cell", ["nan", "NaN", "inf", "-inf"])
@pytest.mark.parametrize("status", ["complete", ""])
def test_a_complete_trial_without_a_number_diverged(read, cell, status):
    table = read(f"trial,status,lr,loss\n1,{status},0.1,1\n2,{status},0.2,{cell}\n")
    assert table.status == (Status.COMPLETE, Status.INFEASIBLE)
    assert table.cause == (None, Cause.DIVERGED)
    assert np.isnan(table.value[1])


@pytest.mark.parametrize("cell", ["", "None", "NA", "-"])
def test_an_empty_cell_is_no_nan(read, cell):
    stated = read(f"trial,status,lr,loss\n1,complete,0.1,1\n2,complete,0.2,{cell}\n")
    assert stated.name == ("1",) and "write nan where training diverged" in stated.left_out[0]
    not_run = read(f"trial,lr,loss\n1,0.1,1\n2,0.2,{cell}\n")
    assert not_run.name == ("1",) and "no result" in not_run.left_out[0]
    ended = read(f"trial,lr,loss\n1,0.1,{cell}\n2,0.2,1\n")
    assert (ended.status[0], ended.cause[0]) == (Status.INFEASIBLE, Cause.NOT_REPORTED)


def test_an_infeasible_trial_has_no_value(read):
    table = read("trial,status,lr,loss\n1,infeasible,0.1,1\n2,failed,0.2,3\n")
    assert np.isnan(table.value).all()


@pytest.mark.parametrize(
    ("status", "cause", "value", "said"),
    [
        ("FINISHED", "", 1.0, (Status.COMPLETE, None)),
        ("finished", "", np.nan, (Status.INFEASIBLE, Cause.DIVERGED)),
        ("crashed", "", 1.0, (Status.INFEASIBLE, Cause.CRASHED)),
        ("oom", "", np.nan, (Status.INFEASIBLE, Cause.OUT_OF_MEMORY)),
        ("timeout", "", np.nan, (Status.INFEASIBLE, Cause.TIMED_OUT)),
        ("infeasible", "stuck at chance", 1.0, (Status.INFEASIBLE, Cause.CHANCE)),
        ("infeasible", "did not like it", 1.0, (Status.INFEASIBLE, Cause.DECLARED)),
        ("infeasible", "CUDA out of memory", 1.0, (Status.INFEASIBLE, Cause.OUT_OF_MEMORY)),
        ("FAIL", "", 1.0, (Status.FAILED, None)),
        ("FAIL", "CUDA out of memory", 1.0, (Status.INFEASIBLE, Cause.OUT_OF_MEMORY)),
        ("preempted", "", 1.0, (Status.FAILED, Cause.MACHINE_LOST)),
        ("cancelled", "", 1.0, (Status.FAILED, Cause.CANCELLED)),
        ("RUNNING", "", np.nan, (Status.RUNNING, None)),
        ("queued", "", np.nan, (Status.PENDING, None)),
    ],
)
def test_statuses_of_many_tools(status, cause, value, said):
    assert fate(status, cause, value) == said


def test_rows_that_can_not_be_used_are_named(read):
    table = read(
        "trial,study,status,lr,loss\n1,,,0.1,1\n2,,pruned,0.2,1\n3,,odd,0.3,1\n"
        "4,rerun:baseline,,0.4,1\n5,,,0.5\n6,,,0.6,2\n"
    )
    assert table.name == ("1", "6")
    assert [line.split(":")[0] for line in table.left_out] == ["line 6", "2", "3", "4"]
    assert table.branches[""].axes == {"lr": Float(0.1, 0.6)}


def test_a_file_without_usable_rows_is_an_empty_table(read):
    table = read("trial,status,lr,loss\n1,pruned,0.1,1\n")
    assert (len(table), len(table.left_out)) == (0, 1)


CURVES = (
    "trial,step,metric,value\n1,0,acc,0.5\n1,20,acc,0.6\n1,10,acc,0.9\n2,0,acc,0.4\n"
    "2,10,acc,nan\n1,0,train/loss,2\n3,10,acc,0.3\n3,10,acc,0.8\n9,0,acc,1\n3,20,acc,\n"
)


def test_an_objective_of_the_curves_is_reduced(read):
    trials = "trial,lr,acc\n1,0.1,0\n2,0.2,0\n3,0.3,0\n4,0.4,0\n"
    best = read(trials, CURVES, objective="maximize:acc")
    assert best.status == (Status.COMPLETE, Status.INFEASIBLE, Status.COMPLETE, Status.INFEASIBLE)
    np.testing.assert_array_equal(best.value, [0.9, np.nan, 0.8, np.nan])
    last = read(trials, CURVES, objective="maximize:acc", reduce="last")
    np.testing.assert_array_equal(last.value, [0.6, np.nan, 0.8, np.nan])
    assert best.curves["acc"].of(0)[0].tolist() == [0, 10, 20]
    assert best.curves["train/loss"].of(1)[0].tolist() == []
    assert best.left_out == ("9: measurements of a trial that has no row",)
    given_last = read(trials, CURVES, objective=maximize("acc", reduce="last"))
    assert given_last.value[0] == 0.6


def test_an_objective_of_the_columns_is_taken_as_it_is(read):
    table = read("trial,lr,loss\n1,0.1,7\n3,0.2,8\n", CURVES)
    assert table.value.tolist() == [7, 8]
    assert table.curves["acc"].of(1)[1].tolist() == [0.8]


def test_curves_that_end_together_say_the_training_length(read):
    curves = "trial,step,metric,value\n1,100,loss,1\n2,100,loss,2\n"
    assert read("trial,lr\n1,0.1\n2,0.2\n", curves).max_train_steps == 100
    assert read("trial,lr\n1,0.1\n2,0.2\n", curves + "2,200,loss,1\n").max_train_steps is None


def test_trials_that_never_beat_chance_are_infeasible(read):
    trials = "trial,lr\n1,0.1\n2,0.2\n3,0.4\n"
    curves = (
        "trial,step,metric,value\n1,0,acc,0.1\n1,1,acc,0.1\n2,0,acc,0.1\n2,1,acc,0.6\n"
        "3,0,acc,0.6\n3,1,acc,0.1\n"
    )
    table = read(trials, curves, objective="maximize:acc", chance=0.1, reduce="last")
    assert table.cause == (Cause.CHANCE, None, None)
    assert table.chance == 0.1
    assert read("lr,loss\n1,2\n2,1\n", chance=2).cause == (Cause.CHANCE, None)


def test_gzip_is_told_by_its_bytes(tmp_path):
    (tmp_path / "t.csv").write_bytes(gzip.compress(b"\xef\xbb\xbflr,loss\r\n0.1,3\r\n0.2,1\r\n"))
    table = TrialTable.from_csv(tmp_path / "t.csv", objective=minimize("loss"))
    assert table.column("lr") == [0.1, 0.2]


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1", "2", ""], [1, 2, None]),
        (["1.0", "2.0", "nan"], [1, 2, None]),
        (["1", "2.5"], [1.0, 2.5]),
        (["1e-3", "none"], [0.001, None]),
        (["true", "False", ""], [True, False, None]),
        (["adam", "", "none"], ["adam", None, "none"]),
        (["1", "x"], ["1", "x"]),
    ],
)
def test_columns_have_types(cells, values):
    assert repr(values_of(cells)) == repr(values)


@pytest.mark.parametrize(
    ("values", "axis"),
    [
        (10 ** np.linspace(-4, -1, 40), Scale.LOG),
        (np.array([0.001, 0.01, 0.1]), Scale.LOG),
        (np.linspace(0.0003, 0.3, 200), Scale.LINEAR),
        (10 ** np.linspace(0, 1.5, 40), Scale.LOG),
        (10 ** np.linspace(0, 1.2, 40), Scale.LINEAR),
        (np.array([0.001, 0.003, 0.01]), Scale.LOG),
        (np.array([16, 32, 64]), Scale.LINEAR),
        (np.array([2, 4, 6, 8, 16]), Scale.LINEAR),
        (1 - 10 ** np.linspace(-3, -1, 40), Scale.NEAR_ONE),
        (np.array([0.9, 0.99, 0.999]), Scale.NEAR_ONE),
        (np.linspace(0.7, 0.9999, 200), Scale.LINEAR),
        (np.linspace(-1, 1, 9), Scale.LINEAR),
        (np.append(0, 10 ** np.linspace(-4, -1, 40)), Scale.LINEAR),
    ],
)
def test_scales_are_read_off_the_values(read, values, axis):
    rows = "".join(f"{v:.6g},1\n" for v in values)
    found = read(f"x,loss\n{rows}").branches[""].axes["x"]
    assert (found.scale, found.low) == (axis, float(f"{min(values):.6g}"))


def test_kinds_are_read_off_the_values(read):
    table = read("n,c,b,k,loss\n1,x,true,5,1\n400,y,false,5,2\n20,x,true,5,3\n")
    assert dict(table.branches[""].axes) == {
        "n": Integer(1, 400, Scale.LOG),
        "c": Choice(("x", "y")),
        "b": Choice((True, False)),
    }
    assert table.roles["k"] is Role.FIXED
    assert table.config[0]["k"] == 5


def test_scientific_texts_make_branches(read):
    table = read(
        "o,lr,mom,loss\nadam,0.1,,1\nsgd,1,0.9,2\nadam,0.2,,3\nsgd,2,0.8,1\n", scientific=["o"]
    )
    assert table.study == ("o=adam", "o=sgd", "o=adam", "o=sgd")
    assert dict(table.branches["o=adam"].conditions) == {"o": "adam"}
    assert dict(table.branches["o=adam"].axes) == {"lr": Float(0.1, 0.2, Scale.LOG)}
    assert dict(table.branches["o=sgd"].axes) == {
        "lr": Float(1, 2, Scale.LOG),
        "mom": Float(0.8, 0.9),
    }
    assert table.scientific == ("o",)
    assert "mom" not in table.config[0]
    assert table.units("o=sgd").tolist() == [[0, 1], [1, 0]]


def test_a_text_that_says_what_is_absent_is_settled_unasked(read):
    table = read("o,lr,mom,loss\nadam,0.1,,1\nsgd,1,0.9,2\nadam,0.2,,3\nsgd,2,0.8,1\n")
    assert set(table.branches) == {"o=adam", "o=sgd"}
    assert table.roles["o"] is Role.NUISANCE


def test_absence_that_nothing_explains_makes_branches_too(read):
    table = read("lr,mom,loss\n0.1,,1\n1,0.9,2\n0.2,,3\n2,0.8,1\n")
    assert table.study == ("without mom", "with mom", "without mom", "with mom")
    assert dict(table.branches["without mom"].axes) == {"lr": Float(0.1, 0.2, Scale.LOG)}


def test_a_scientific_number_with_few_values_makes_branches(read):
    rows = "".join(f"{n},{i / 10},1\n" for n in (32, 64) for i in range(6))
    table = read(f"batch,lr,loss\n{rows}", scientific=["batch"])
    assert set(table.branches) == {"batch=32", "batch=64"}
    rows = "".join(f"{i},{i / 10},1\n" for i in range(12))
    table = read(f"width,lr,loss\n{rows}", scientific=["width"])
    assert table.branches[""].axes["width"] == Integer(0, 11)
    assert table.roles["width"] is Role.SCIENTIFIC


SPACE = {
    "o": choice("adam", "sgd"),
    "lr": per("o", adam=log_uniform(0.001, 1), sgd=log_uniform(0.1, 10)),
    "n": integer(1, 4),
    "size": choice(32, 64),
}


def test_a_declared_space_is_taken(read):
    table = read(
        "trial,o,lr,n,size,other,loss\n1,adam,0.01,1,32,a,1\n2,sgd,5,4.0,64.0,a,2\n3,sgd,20,1,32,a,1\n"
        "4,rms,0.1,1,32,a,1\n5,adam,,1,32,a,1\n6,adam,1.00001,2,32,a,1\n7,adam,1,9,32,a,1\n",
        space=SPACE,
        scientific=["o"],
    )
    assert not table.inferred_space
    assert table.name == ("1", "2", "6")
    assert table.study == ("o=adam", "o=sgd", "o=adam")
    assert repr(dict(table.config[1])) == "{'o': 'sgd', 'lr': 5.0, 'n': 4, 'size': 64}"
    assert table.config[2]["lr"] == 1.0
    assert table.axis("o=sgd", "lr") == log_uniform(0.1, 10)
    assert table.left_out == (
        "3: lr=20 lies outside its range",
        "4: o=rms is no branch of the space",
        "5: lr is empty",
        "7: n=9 lies outside its range",
    )


@pytest.mark.parametrize(
    "column",
    ["loss", "acc", "valid/x", "train/y", "final_top_1", "best_epoch", "last_step", "target",
     "val_loss", "testAccuracy", "f1_macro", "mean_test_score", "top-1", "Test Acc", "eval/ppl",
     "steps_to_target", "submission_seconds", "epochs_measured", "first_non_finite_loss"],
)  # fmt: skip
def test_results_are_told_by_their_names(column):
    assert is_result(column, look_at(["0.31", "0.27", "0.4", "0.29"]))
    words = is_result(column, look_at(["mse", "huber", "mse", "huber"]))
    assert not words


@pytest.mark.parametrize(
    "column",
    [
        "lr",
        "max_steps",
        "label_smoothing",
        "optim/lr",
        "warmup_steps",
        "bestiary",
        "loss_weight",
        "min_loss",
        "loss_fn",
        "score_threshold",
        "d_time",
        "last_layer_lr",
        "test_size",
    ],
)
def test_hyperparameters_are_told_by_their_names(column):
    assert not is_result(column, look_at(["1", "2", "2", "1"]))


def test_labels_of_trials_are_no_hyperparameters(read):
    rows = "".join(f'run-{i},"{{""lr"": {i % 2}}}",{i % 7},1\n' for i in range(40))
    assert list(read(f"log,hparams,lr,loss\n{rows}").roles) == ["lr"]


def test_named_hyperparameters_overrule(read):
    trials = "trial,lr,final_lr,kind,loss\n1,0.1,0.5,x,1\n2,0.2,0.6,y,2\n3,0.3,0.7,x,1\n"
    assert list(read(trials).roles) == ["lr", "kind"]
    assert list(read(trials, hyperparameters=["final_lr"]).roles) == ["final_lr"]
    named = read(trials, hyperparameters=["lr"], scientific=["kind"])
    assert dict(named.roles) == {"lr": Role.NUISANCE, "kind": Role.SCIENTIFIC}


@pytest.mark.parametrize(
    ("trials", "more", "said"),
    [
        ("", {}, "t.csv is empty"),
        ("lr,loss\n", {}, "a header and no rows"),
        ("lr,los\n1,2\n", {}, 'no column "loss", and no curve of that name is there. Did you'),
        ("lr,loss\n1,2\n", {"hyperparameters": ["rl"]}, 'no column "rl" to read a hyperpar'),
        ("lr,loss\n1,2\n", {"scientific": ["lrr"]}, 'no column "lrr"'),
        ("lr,loss\n1,2\n", {"scientific": ["loss"]}, '"loss" is a metric here'),
        ("lr,loss\n1,2\n3,x\n", {}, 't.csv, line 3: "loss" must be a number; got "x"'),
        ("trial,lr,loss\n1,2,3\n1,2,3\n", {}, '"1" stands in lines 2 and 3'),
        ("lr,lr,loss\n1,2,3\n", {}, 'a column has one name; "lr" stands twice'),
        ("loss\n1\n", {}, "no column that is a hyperparameter"),
        ("lr,loss\n1,2\n", {"space": {"x": choice(1)}}, 'no column "x"'),
        ("lr,n,loss\n1,2,3\n", {"space": {"lr": choice(1)}, "scientific": ["n"]},
         'the space has no range for "n"'),
        ("lr,loss\n1,2\n", {"training_objective": "train/los"}, 'no column "train/los"'),
        ("lr,loss\n1,2\n", {"curves": "trial,step,metric,value\n1,0,a,1\n"},
         'has no column "trial", so its curves'),
        ("trial,lr,loss\n1,2,3\n", {"curves": "trial,step,metric\n1,0,a\n"}, "none of trial, step, metric is a metric"),
        ("trial,lr,loss\n1,2,3\n", {"curves": "trial,step,metric,value\n1,0,a,b\n"},
         'c.csv, line 2: "value" must be a number; got "b"'),
        ("trial,lr,loss\n1,2,3\n", {"curves": "trial,step,metric,value\n1,0.5,a,1\n"},
         'c.csv, line 2: "step" is a whole number; got "0.5"'),
        ("trial,lr,loss\n1,2,3\n", {"curves": "trial,step,metric,value\n1,,a,1\n"}, '"step" is'),
        ("trial,lr,loss\n1,2,3\n", {"curves": "trial,step,metric,value\n1,0,a\n"},
         "c.csv, line 2: 3 cells, where the header has 4"),
        ("seconds,lr,loss\nlong,2,3\n", {}, '"seconds" must be a number; got "long"'),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(read, trials, more, said):
    with pytest.raises(TableError) as caught:
        read(trials, **more)
    assert said in str(caught.value)


def test_files_that_can_not_be_read_are_named(tmp_path):
    def failure(path):
        with pytest.raises(TableError) as caught:
            TrialTable.from_csv(path, objective="minimize:loss")
        return str(caught.value)

    (tmp_path / "trials.csv").write_text("lr,loss\n1,2\n")
    assert 'Did you mean "trials.csv"?' in failure(tmp_path / "trails.csv")
    assert "is a folder" in failure(tmp_path) and "trials.csv" in failure(tmp_path)
    (tmp_path / "cut.gz").write_bytes(gzip.compress(b"lr,loss\n1,2\n")[:-9])
    assert "damaged gzip" in failure(tmp_path / "cut.gz")
    with pytest.raises(DesignError, match="if lower is better"):
        TrialTable.from_csv(tmp_path / "trials.csv", objective="loss")


def test_a_large_curves_file_is_read_whole(tmp_path):
    (tmp_path / "t.csv").write_text("trial,lr\n" + "".join(f"{i},{i / 7}\n" for i in range(400)))
    rows = [f"{i},{s},loss,{s * 0.5}\n" for i in range(400) for s in range(750)]
    (tmp_path / "c.csv").write_text("trial,step,metric,value\n" + "".join(rows))
    table = TrialTable.from_csv(tmp_path / "t.csv", tmp_path / "c.csv", objective="minimize:loss")
    assert len(table.curves["loss"].values) == 300_000
    assert table.curves["loss"].values[-1] == 749 * 0.5
