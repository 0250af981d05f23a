"""Tables written by other tools, and tables in the shapes that they write."""

from __future__ import annotations

from pathlib import Path

import pytest

from tunebook.domain.origin import Evidence, Kind
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Cause, Status
from tunebook.importers.csv.column_profile import moment_of, seconds_of

FOREIGN = Path(__file__).parent / "foreign"

WRITTEN = [
    ("optuna-tpe.csv", "minimize:value", ["drop", "lr", "momentum", "optimizer", "width"], "Optuna", True, 30),
    ("optuna-multi-index.csv", "minimize:value", ["drop", "lr", "momentum", "optimizer", "width"], "Optuna", True, 30),
    ("optuna-grid.csv", "minimize:value", ["drop", "lr", "width"], "Optuna", False, 27),
    ("optuna-two.csv", "maximize:accuracy", ["lr", "width"], "Optuna", False, 30),
    ("sklearn-grid.csv", "maximize:mean_test_score", ["C", "gamma", "kernel"], "scikit-learn", False, 24),
    ("sklearn-halving.csv", "maximize:mean_test_score", ["C", "gamma"], "scikit-learn", False, 2),
    ("mlflow-search-runs.csv", "minimize:val_loss", ["lr", "width"], "MLflow", False, 23),
    ("ax-summarize.csv", "minimize:val_loss", ["lr", "width"], "Ax", True, 20),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "objective", "hyperparameters", "tool", "adaptive", "trials"), WRITTEN
)
def test_what_a_tool_wrote_is_read_as_it_states(
    name, objective, hyperparameters, tool, adaptive, trials
):
    table = TrialTable.from_csv(FOREIGN / name, objective=objective)
    assert list(table.roles) == hyperparameters
    assert (table.origin.tool, table.adaptive, len(table)) == (tool, adaptive, trials)


def test_marks_of_the_tools_are_read():
    tpe = TrialTable.from_csv(FOREIGN / "optuna-tpe.csv", objective="minimize:value")
    assert set(tpe.branches) == {"optimizer=adam", "optimizer=sgd"}
    assert "momentum" not in tpe.branches["optimizer=adam"].axes
    assert sum("PRUNED" in text for text in tpe.left_out) == 10
    halving = TrialTable.from_csv(
        FOREIGN / "sklearn-halving.csv", objective="maximize:mean_test_score"
    )
    assert len(halving.left_out) == 6 and all("60 of 180" in text for text in halving.left_out)
    runs = TrialTable.from_csv(FOREIGN / "mlflow-search-runs.csv", objective="minimize:val_loss")
    assert runs.name[0] == "run-0" and runs.seed[:3] == (0, 1, 2)
    assert runs.left_out[0].startswith("run-7") and runs.status[3] is Status.FAILED
    ax = TrialTable.from_csv(FOREIGN / "ax-summarize.csv", objective="minimize:val_loss")
    assert (ax.origin.sampler, ax.status[6]) == ("MBM", Status.FAILED)


@pytest.fixture
def read(tmp_path):
    def of(text, objective="minimize:val_loss", curves=None, **more):
        (tmp_path / "t.csv").write_text(text, "utf-8")
        if curves is not None:
            (tmp_path / "c.csv").write_text(curves, "utf-8")
            more["curves"] = tmp_path / "c.csv"
        return TrialTable.from_csv(tmp_path / "t.csv", objective=objective, **more)

    return of


def rows(form, n=12):
    """One row for each i, with lr and loss that vary."""
    lrs = [0.1, 0.01, 0.002, 0.05, 0.0007, 0.02, 0.003, 0.001, 0.03, 0.005, 0.0004, 0.07]
    return "".join(
        form.format(
            i=i, lr=lrs[i % 12], loss=0.2 + abs(i % 7 - 3) / 10 + i / 999, w=(16, 32)[i % 2]
        )
        + "\n"
        for i in range(n)
    )


def test_an_export_of_wandb(read):
    text = "Name,State,Notes,User,Tags,Created,Runtime,Sweep,_step,lr.value,width,seed,val_loss,train_loss.min\n"
    text += rows(
        "fun-{i},finished,-,me,,2025-01-{i:02d}T00:00:00.000Z,{i}1,s1,{i}00,{lr},{w},{i},{loss},{loss}".replace(
            "{i:02d}", "{i:02d}"
        )
    ).replace("2025-01-00", "2024-12-31")
    text = text.replace("fun-3,finished", "fun-3,crashed").replace(
        "fun-4,finished", "fun-4,killed"
    )
    table = read(text)
    assert list(table.roles) == ["lr", "width"]
    assert table.origin.tool == "W&B"
    assert (table.status[3], table.status[4]) == (Status.FAILED, Status.FAILED)
    assert (table.cause[3], table.cause[4]) == (Cause.MACHINE_LOST, Cause.CANCELLED)
    assert table.seed[:2] == (0, 1) and table.seconds[5] == 51
    newest_first = "\n".join([text.splitlines()[0], *reversed(text.splitlines()[1:])])
    assert read(newest_first).name == table.name


def test_the_frame_of_wandb_s_own_snippet(read):
    """summary, config and name, each cell of the first two a dictionary."""
    text = "summary,config,name\n" + rows(
        "\"{{'val_loss': {loss}, '_runtime': {i}}}\",\"{{'lr': {lr}, 'width': {w}, 'opt': {{'name': 'adam'}}}}\",run-{i}"
    )
    table = read(text)
    assert list(table.roles) == ["lr", "width", "opt.name"]
    assert table.name[0] == "run-0" and table.value[0] == 0.5


def test_results_of_ray_tune_stopped_early_by_rungs(read):
    text = "val_loss,timestamp,done,training_iteration,trial_id,date,time_total_s,pid,hostname,node_ip,config/lr,config/width,config/seed,logdir\n"
    text += rows(
        "{loss},17000{i:05d},True,64,ab_{i:05d},2025-01-01_10-00-00,{i}.5,1,h,1.1.1.1,{lr},{w},{i},/x/{i}"
    )
    text = text.replace("True,64,ab_00003", "True,4,ab_00003")
    table = read(text)
    assert list(table.roles) == ["lr", "width"]
    assert (table.origin.tool, table.name[0], table.seed[1]) == ("Ray Tune", "ab_00000", 1)
    assert table.left_out == (
        "ab_00003: training_iteration 4 of 64: it was stopped early, so its value is no full training's",
    )


def test_a_table_of_keras_tuner(read):
    text = "trial_id,lr,units,tuner/epochs,tuner/bracket,score,best_step,status\n"
    text += rows("{i:02d},{lr},{w},10,2,{loss},3,COMPLETED")
    table = read(text, "minimize:score")
    assert list(table.roles) == ["lr", "units"] and table.origin.tool == "Keras Tuner"


@pytest.mark.parametrize(
    ("column", "cells", "statuses"),
    [
        ("outcome", ("ok", "FAILED"), (Status.COMPLETE, Status.FAILED)),
        ("Run State", ("Finished", "Timed out"), (Status.COMPLETE, Status.INFEASIBLE)),
        ("diverged", ("False", "True"), (Status.COMPLETE, Status.INFEASIBLE)),
        ("success", ("1", "0"), (Status.COMPLETE, Status.FAILED)),
        ("what_happened", ("completed", "crashed"), (Status.COMPLETE, Status.INFEASIBLE)),
        (
            "state",
            ("<TrialState.COMPLETE: 1>", "OUT_OF_MEMORY"),
            (Status.COMPLETE, Status.INFEASIBLE),
        ),
    ],
)
def test_states_in_any_column_and_spelling(read, column, cells, statuses):
    text = f"lr,width,{column},val_loss\n" + rows("{lr},{w},STATE{w},{loss}")
    text = text.replace("STATE16", cells[0]).replace("STATE32", cells[1])
    table = read(text)
    assert list(table.roles) == ["lr", "width"] and table.status[:2] == statuses


def test_a_result_of_words_says_how_the_trial_ended(read):
    text = "lr,width,val_loss\n" + rows("{lr},{w},{loss}") + "0.5,16,diverged\n0.6,32,OOM\n"
    table = read(text)
    assert [str(c) for c in table.cause[-2:]] == ["diverged", "out of memory"]


@pytest.mark.parametrize(
    "column", ["params_seed", "torch_seed", "random_state", "Seed", "rng_seed", "config/seed"]
)
def test_seeds_in_any_name(read, column):
    text = f"{column},lr,val_loss\n" + rows("{i},{lr},{loss}")
    table = read(text)
    assert list(table.roles) == ["lr"] and table.seed[:3] == (0, 1, 2)


def test_a_run_that_recurs_is_a_seed_and_a_ledger_s_words_are_statuses(read):
    table = read("run,lr,memory_gb,status,val_loss\n" + rows("{w},{lr},{loss}7,keep,{loss}"))
    assert list(table.roles) == ["lr"] and set(table.seed) == {16, 32}
    assert set(table.status) == {Status.COMPLETE}


def test_two_seeds_make_a_seed_of_each_pair(read):
    table = read("init_seed,order_seed,lr,val_loss\n" + rows("{w},{i},{lr},{loss}"))
    assert list(table.roles) == ["lr"] and len(set(table.seed)) == 12


def test_a_number_that_was_measured_is_told_by_a_grid(read):
    text = "lr,width,depth,zeta,val_loss\n" + "".join(
        f"{lr},{w},{d},{0.31 * i % 1:.4f},{0.2 + lr + w / 99 + d / 9 + i % 5 / 50:.4f}\n"
        for i, (lr, w, d) in enumerate(
            (lr, w, d) for lr in (0.1, 0.2) for w in (1, 2, 4) for d in (1, 2)
        )
    )
    table = read(text)
    assert list(table.roles) == ["lr", "width", "depth"]
    (use,) = [u for u in table.origin.uses if u.column == "zeta"]
    assert (use.kind, use.evidence) == (Kind.RESULT, Evidence.VALUES)
    assert "zeta" in read(text, hyperparameters=["lr", "zeta"]).roles


def test_an_exported_round_states_its_columns_by_place(read):
    head = "trial,study,seed,status,cause,seconds,loss,"
    plain = head + "lr,final_state,score\n" + rows("1.{i},,{i},complete,,3.0,{loss},{lr},{w},{w}")
    assert list(read(plain, "minimize:loss").roles) == ["lr", "final_state", "score"]
    clash = (
        head
        + "params_seed,params_status,params_loss\n"
        + rows("1.{i},,{i},complete,,3.0,{loss},{w},x{w},{lr}")
    )
    table = read(clash, "minimize:loss")
    assert list(table.roles) == ["seed", "status", "loss"] and table.seed[3] == 3


def test_values_that_differ_in_the_last_digit_are_one(read):
    text = "dropout,lr,val_loss\n" + rows("DROP{w},{lr},{loss}")
    for one in ("0.30000000000000004", "0.30000001192092896"):
        table = read(text.replace("DROP16", "0.3").replace("DROP32", one))
        assert "dropout" not in table.branches[""].axes and table.config[1]["dropout"] == 0.3


def test_workloads_are_read_one_by_one(read):
    table = read("dataset,lr,val_loss\n" + rows("set{w},{lr},{loss}"))
    assert set(table.branches) == {"dataset=set16", "dataset=set32"}
    assert table.origin.names(Kind.WORKLOAD) == ("dataset",)


WIDE = "trial,epoch,val_loss,train_loss\n" + "".join(
    f"{i},{e},{1 / (e + 1) + i / 100},{1 / (e + 2)}\n" for i in range(12) for e in range(5)
)


@pytest.mark.parametrize("sign", [",", ";"])
def test_curves_of_one_row_a_step(read, sign):
    table = read("trial,lr\n" + rows("{i},{lr}"), curves=WIDE.replace(",", sign))
    assert set(table.curves) == {"val_loss", "train_loss"}
    assert table.curves["val_loss"].of(3)[0].tolist() == [0, 1, 2, 3, 4]
    assert table.value[0] == pytest.approx(0.2)


def test_a_chart_of_wandb_is_a_file_of_curves(read):
    runs = "".join(f',"run-{i} - val_loss","run-{i} - val_loss__MIN"' for i in range(12))
    chart = f'"Step"{runs}\n' + "".join(f"{s}" + f",{1 / (s + 1)},0" * 12 + "\n" for s in range(4))
    table = read("Name,lr\n" + rows("run-{i},{lr}"), curves=chart)
    assert table.curves["val_loss"].of(11)[1].tolist() == [1, 1 / 2, 1 / 3, 1 / 4]


def test_durations_and_dates_of_many_spellings():
    assert [seconds_of(c) for c in ("90", "0 days 00:01:30", "1:30:00", "1.5min", "1h 30m", "x")] == [
        90, 90, 5400, 90, 5400, None]  # fmt: skip
    same = [
        "2025-01-01 10:00:00",
        "2025-01-01T10:00:00Z",
        "1735725600",
        "1735725600000",
        "2025-01-01_10-00-00",
    ]
    assert {moment_of(c) for c in same} == {1735725600.0}
    assert moment_of("0.5") is None and moment_of("adam") is None
