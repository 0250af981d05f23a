"""I1: programs that stay as they are; real processes, real event files."""

from __future__ import annotations

import json
import sys
import textwrap
import threading
import time
from dataclasses import replace

import pytest

from tunebook.domain.errors import TrainingCodeError
from tunebook.domain.program import Program, check_placeholders, command
from tunebook.domain.trial import Cause, Status
from tunebook.training.attempt import train_once
from tunebook.training.log import read_log
from tunebook.training.program import training_by
from waiting import HANG_S, until


@pytest.fixture
def trained(assign, tmp_path):
    """Run a program for a trial: its outcome, and (step, metric, value) of its log."""

    def run(body, *args, stop=None, config=None, attempt=1, time_limit_s=None, **how):
        script = tmp_path / "train.py"
        script.write_text(textwrap.dedent(body), "utf-8")
        program = command(["{python}", str(script), *args], **how)
        assignment = assign(config=config, attempt=attempt, time_limit_s=time_limit_s)
        outcome, healthy = train_once(assignment, training_by(program), stop or threading.Event())
        part = read_log(assignment.files.log)
        return outcome, [(m.step, m.metric, m.value) for m in part.measurements], healthy

    return run


def test_json_lines_of_standard_output(trained):
    outcome, seen, _ = trained(
        """
        import json, sys
        print("loading data")
        for step in range(3):
            print(json.dumps({"step": step, "loss": 1 / (step + 1), "phase": "train", "ok": True}))
        print("{no json")
        """
    )
    assert outcome.status is Status.COMPLETE
    assert seen == [(0, "loss", 1.0), (1, "loss", 0.5), (2, "loss", pytest.approx(1 / 3))]


def test_arguments_environment_and_a_json_file(trained, tmp_path):
    outcome, seen, _ = trained(
        """
        import json, os, sys
        config = json.load(open(sys.argv[2]))
        assert sys.argv[1] == "--lr=0.1", sys.argv
        assert sys.argv[3:] == ["--seed=11", "--braces={x}"], sys.argv
        assert os.environ["TUNEBOOK_SEED"] == "11"
        print(json.dumps({"loss": config["depth"]}))
        """,
        "--lr={lr}", "{config}", "--seed={seed}", "--only-adam={beta}", "--braces={{x}}",
    )  # fmt: skip
    assert outcome.status is Status.COMPLETE, outcome.detail
    assert seen == [(0, "loss", 3.0)]
    assert outcome.unread == ()


def test_a_hyperparameter_that_no_argument_names_is_unread(trained):
    outcome, _, _ = trained("print('{\"loss\": 1}')", "--lr={lr}")
    assert outcome.unread == ("depth",)


def test_a_pattern_and_names_of_its_own(trained):
    outcome, seen, _ = trained(
        """
        for epoch in range(2):
            print(f"Epoch {epoch}: train 0.{epoch}5 val acc 9{epoch}.5%")
        """,
        metrics=r"pattern:Epoch (?P<step>\d+): train (?P<t>\S+) val acc (?P<v>[\d.]{2,})%",
        names={"t": "train/loss", "v": "loss"},
    )
    assert outcome.status is Status.COMPLETE
    assert seen == [
        (0, "train/loss", 0.05), (0, "loss", 90.5), (1, "train/loss", 0.15), (1, "loss", 91.5),
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_files_as_they_grow(trained, kind):
    outcome, seen, _ = trained(
        """
        import sys, time, json
        with open(sys.argv[1], "a", buffering=1) as file:
            if sys.argv[1].endswith(".csv"):
                file.write("step,loss,note\\n")
            for step in range(3):
                time.sleep(0.15)
                row = {"step": step, "loss": step / 2}
                file.write(f"{step},{step / 2},\\n" if sys.argv[1].endswith(".csv")
                           else json.dumps(row) + "\\n")
        """,
        "{folder}/log." + kind,
        metrics=f"{kind}:{{folder}}/log.{kind}",
    )
    assert outcome.status is Status.COMPLETE, outcome.detail
    assert seen == [(0, "loss", 0.0), (1, "loss", 0.5), (2, "loss", 1.0)]


def test_an_attempt_that_goes_on_passes_over_what_is_written_twice(trained):
    body = """
        import sys, json
        with open(sys.argv[1], "a") as file:
            for step in range(int(sys.argv[2]), int(sys.argv[3])):
                file.write(json.dumps({"step": step, "loss": step}) + "\\n")
        """
    how = {"metrics": "json:{folder}/log.json"}
    trained(body, "{folder}/log.json", "0", "3", **how)
    outcome, seen, _ = trained(body, "{folder}/log.json", "2", "5", attempt=2, **how)
    assert outcome.status is Status.COMPLETE
    assert [s for s, _, _ in seen] == [0, 1, 2, 3, 4]


def test_a_last_line_without_its_end_is_read(trained):
    outcome, seen, _ = trained(
        """
        import sys
        open(sys.argv[1], "w").write('{"loss": 0.25}')
        """,
        "{folder}/m.json",
        metrics="json:{folder}/m.json",
    )
    assert outcome.status is Status.COMPLETE
    assert seen == [(0, "loss", 0.25)]


def test_a_program_that_closes_its_output_is_still_followed(trained):
    outcome, seen, _ = trained(
        """
        import os, sys, time
        os.close(1), os.close(2)
        time.sleep(0.5)
        with open(sys.argv[1], "w", buffering=1) as file:
            for step in range(2):
                file.write(f'{{"step": {step}, "loss": {step}}}\\n')
                time.sleep(0.3)
            while True:
                time.sleep(0.1)
        """,
        "{folder}/m.json",
        metrics="json:{folder}/m.json",
        time_limit_s=20.0,
    )
    assert outcome.cause is Cause.TIMED_OUT
    assert seen == [(0, "loss", 0.0), (1, "loss", 1.0)]


def test_event_files_of_tensorboard(trained):
    pytest.importorskip("tensorboard")
    outcome, seen, _ = trained(
        """
        import sys, time
        from torch.utils.tensorboard import SummaryWriter
        train, valid = (SummaryWriter(f"{sys.argv[1]}/{x}", flush_secs=1) for x in ("t", "v"))
        for step in range(4):
            train.add_scalar("train/loss", 1.0 / (step + 1), step)
        train.flush()
        time.sleep(0.5)
        for step in (1, 3):  # another file, of earlier steps
            valid.add_scalar("loss", 2.0 - step, step)
        train.close(), valid.close()
        """,
        "{folder}/runs",
        metrics="tensorboard:{folder}/runs",
    )
    assert outcome.status is Status.COMPLETE, outcome.detail
    assert [(s, v) for s, m, v in seen if m == "loss"] == [(1, 1.0), (3, -1.0)]
    assert [s for s, m, _ in seen if m == "train/loss"] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("body", "how", "cause", "said"),
    [
        ("import sys; print('no data'); sys.exit(4)", {}, Cause.CRASHED, "exit code 4: no data"),
        ("import sys; sys.exit(3)", {"exits": {3: "diverged"}}, Cause.DIVERGED, "exit code 3"),
        ("raise RuntimeError('CUDA out of memory')", {}, Cause.OUT_OF_MEMORY, "out of memory"),
        ("import os; os.kill(os.getpid(), 9)", {}, Cause.CRASHED, "signal 9"),
        ("print('{\"loss\": NaN}')", {}, Cause.DIVERGED, "became NaN"),
        ("print('hello')", {}, Cause.NOT_REPORTED, "never reported"),
    ],
)
def test_how_it_ended(trained, body, how, cause, said):
    outcome, _, healthy = trained(body, **how)
    assert (outcome.status, outcome.cause) == (Status.INFEASIBLE, cause)
    assert said in outcome.detail
    if "became NaN" not in said:
        assert healthy, "the worker is whole, and trains the next"


def test_nan_stops_the_program_at_once(trained, tmp_path):
    slept = tmp_path / "slept"
    outcome, _, _ = trained(
        f"""
        import time
        print('{{"loss": NaN}}', flush=True)
        time.sleep({HANG_S})
        open({str(slept)!r}, "w")
        """
    )
    assert outcome.cause is Cause.DIVERGED
    assert not slept.exists()


def test_children_that_hold_the_pipe_are_not_waited_for(trained, tmp_path):
    slept = tmp_path / "slept"
    outcome, seen, _ = trained(
        f"""
        import subprocess, sys
        child = "import time; time.sleep({HANG_S}); open({str(slept)!r}, 'w')"
        subprocess.Popen([sys.executable, "-c", child])
        print('{{"loss": 1}}')
        """
    )
    assert outcome.status is Status.COMPLETE and seen == [(0, "loss", 1.0)]
    assert not slept.exists()


def test_asked_to_stop_it_gets_sigterm_and_may_save(trained, tmp_path):
    stop = threading.Event()
    saved, listens = tmp_path / "saved", tmp_path / "listens"
    body = f"""
        import signal, sys, time, pathlib
        def end(*_):
            pathlib.Path({str(saved)!r}).write_text("state")
            sys.exit(0)
        signal.signal(signal.SIGTERM, end)
        print('{{"loss": 1}}', flush=True)
        pathlib.Path({str(listens)!r}).touch()
        while True:
            time.sleep(0.05)
        """

    def ask():
        until(listens.exists)
        stop.set()

    threading.Thread(target=ask).start()
    outcome, _, _ = trained(body, stop=stop)
    assert outcome is None, "an attempt that was asked to stop has no end of its own"
    assert saved.read_text() == "state"


@pytest.mark.parametrize(
    ("args", "how", "said"),
    [
        ("python train.py", {}, "a list, one text an argument"),
        ([], {}, "the program first"),
        (["python", 3], {}, "one text an argument"),
        (["python"], {"metrics": "yaml"}, "numbers are read by one of"),
        (["python"], {"metrics": "csv"}, "a file of this trial's own"),
        (["python"], {"metrics": "pattern:(["}, "is none"),
        (["python"], {"metrics": "pattern:loss .*"}, "named groups"),
        (["python"], {"exits": {3: "tired"}}, "an exit code means one of"),
    ],
)
def test_what_is_no_command_is_refused(args, how, said):
    with pytest.raises(TrainingCodeError, match=said):
        command(args, **how)


def test_a_program_goes_through_its_path_and_back():
    program = command(
        ["a", "--x={x}"], metrics="csv:{folder}/m", names={"v": "valid/é"}, exits={3: "diverged"}
    )
    assert Program.from_path(program.path) == program
    assert json.loads(program.path.partition(":")[2])["args"] == ["a", "--x={x}"]
    with pytest.raises(TrainingCodeError, match="stands for no command"):
        Program.from_path("command:{}")


def test_a_placeholder_that_means_nothing_is_named():
    program = command([sys.executable, "--lr={learning_rat}"])
    with pytest.raises(TrainingCodeError, match=r"learning_rat.*Did you mean"):
        check_placeholders(program, {"learning_rate": []})


BAR = """
    import sys, json
    def bar(n):
        sys.stderr.write(f"\\r epochs: {n}0%|###   | {n}/10 [00:00<00:01, 6.6it/s]"), sys.stderr.flush()
"""


@pytest.mark.parametrize(
    "line",
    [
        'bar(s); print(json.dumps({"step": s, "loss": 1 / (s + 1)}), flush=True)',
        'bar(s); print(json.dumps({"step": s, "loss": 1 / (s + 1)}), flush=True); bar(s)',
        'print("INFO:root:" + json.dumps({"step": s, "loss": 1 / (s + 1)}))',
        'print("[12:00:01] metrics", json.dumps({"step": s, "loss": 1 / (s + 1)}), "(0.1 s)")',
        'print("done ", end=""); print({"step": s, "loss": 1 / (s + 1)})',
        'print({"step": s, "loss": 1 / (s + 1), "epoch": 0.5, "at": float("nan")})',
        "print(f\"{{'step': {s}, 'loss': np.float64({1 / (s + 1)}), 'lr': '1e-5'}}\")",
        'print("\\x1b[1m10/10\\x1b[0m 2s", json.dumps({"step": s, "loss": 1 / (s + 1)}))',
    ],
)
def test_numbers_behind_bars_and_prefixes_are_found(trained, line):
    body = (
        textwrap.dedent(BAR)
        + f"print({{'lr': 0.1, 'depth': 3}})\nfor s in range(4):\n    {line}\n"
    )
    outcome, seen, _ = trained(body, "{lr}", "{depth}")
    assert outcome.status is Status.COMPLETE, outcome.detail
    assert [(s, v) for s, m, v in seen if m == "loss"] == [(s, 1 / (s + 1)) for s in range(4)]
    assert not {m for _, m, _ in seen} & {"depth"}  # the arguments that it printed are no metrics


REWRITTEN = """
    import csv, sys, time
    rows = []
    def log(**numbers):
        rows.append(numbers)
        names = sorted({n for r in rows for n in r})
        with open(sys.argv[1], "w", newline="") as f:
            w = csv.DictWriter(f, names); w.writeheader(); w.writerows(rows)
"""


@pytest.mark.parametrize("stepped", [True, False])
def test_a_csv_file_whose_header_widens_keeps_its_columns_apart(trained, stepped):
    body = textwrap.dedent(REWRITTEN) + (
        "for step in range(0, 12, 2):\n"
        f"    log({'step=step, ' if stepped else ''}loss=1 / (1 + step))\n"
        "    time.sleep(0.15)\n"
        f"    if step in (2, 8): log({'step=step + 1, ' if stepped else ''}accuracy=0.9)\n"
        "    if step == 4: time.sleep(0.4)\n"
    )
    outcome, seen, _ = trained(body, "{folder}/m.csv", metrics="csv:{folder}/m.csv")
    assert outcome.status is Status.COMPLETE, outcome.detail
    steps = list(range(0, 12, 2))
    assert [v for _, m, v in seen if m == "loss"] == [1 / (1 + s) for s in steps]
    assert [v for _, m, v in seen if m == "accuracy"] == [0.9, 0.9]
    if stepped:
        assert [s for s, m, _ in seen if m == "loss"] == steps
        assert [s for s, m, _ in seen if m == "accuracy"] == [3, 9]


def test_a_csv_file_written_anew_with_its_steps_as_floats_is_read_on(trained):
    """As pandas does: a column of whole numbers becomes one of floats at the first empty cell."""
    outcome, seen, _ = trained(
        """
        import sys, time
        for text in (",step,loss\\n0,0,0.0\\n1,1,0.5\\n",
                     ",step,loss,acc\\n0,0.0,0.0,\\n1,1.0,0.5,\\n2,,,0.5\\n",
                     ",step,loss,acc\\n0,0.0,0.0,\\n1,1.0,0.5,\\n2,,,0.5\\n3,3.0,1.5,\\n"):
            open(sys.argv[1], "w").write(text)
            time.sleep(0.4)
        """,
        "{folder}/m.csv",
        metrics="csv:{folder}/m.csv",
    )
    assert outcome.status is Status.COMPLETE, outcome.detail
    assert [(s, v) for s, m, v in seen if m == "loss"] == [(0, 0.0), (1, 0.5), (3, 1.5)]


def test_rows_of_other_lengths_are_passed_over_and_said(trained, capfd):
    outcome, seen, _ = trained(
        """
        import sys
        with open(sys.argv[1], "w") as f:
            f.write("step,loss\\n0,0.5\\n1,0.9,0.4\\n2\\n3,0.3\\nstep,accuracy,loss\\n4,0.9,0.2\\n")
        """,
        "{folder}/m.csv",
        metrics="csv:{folder}/m.csv",
    )
    assert outcome.status is Status.COMPLETE
    assert [(s, v) for s, m, v in seen if m == "loss"] == [(0, 0.5), (3, 0.3), (4, 0.2)]
    assert [(s, v) for s, m, v in seen if m == "accuracy"] == [(4, 0.9)]
    assert "3 cells" in capfd.readouterr().out


@pytest.mark.parametrize(
    "again",
    [
        'print(json.dumps({"step": 7, "loss": loss[7]}))',  # the last evaluation once more
        'print(json.dumps({"step": 7, "loss": 0.9}))',
        'print(json.dumps({"step": 2, "loss": loss[2]}))',  # the best checkpoint, loaded again
        'for s in range(3): print(json.dumps({"step": s, "loss": loss[s] / 2}))',  # a second phase
        'print(json.dumps({"step": -1, "loss": 1.0}))',
    ],
)
def test_a_repeated_evaluation_loses_no_trial(trained, again, capfd):
    outcome, seen, _ = trained(
        f"""
        import json
        loss = [1 / (1 + s) + 0.05 * s for s in range(8)]
        for s in range(8): print(json.dumps({{"step": s, "loss": loss[s]}}))
        {again}
        print("saved the model")
        """
    )
    assert outcome.status is Status.COMPLETE, outcome.detail
    assert [(s, v) for s, _, v in seen] == [(s, 1 / (1 + s) + 0.05 * s) for s in range(8)]
    said = capfd.readouterr().out
    assert "saved the model" in said and "is not recorded" in said


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1e-05, "1.0e-05"),
        (2e-05, "2.0e-05"),
        (2.5e-05, "2.5e-05"),
        (1e16, "1.0e+16"),
        (0.1, "0.1"),
    ],
)
def test_a_number_is_a_number_to_yaml_too(trained, value, shown):
    outcome, seen, _ = trained(
        """
        import json, sys, yaml
        assert sys.argv[1] == "lr=" + sys.argv[3], sys.argv
        told = yaml.safe_load(sys.argv[1].split("=")[1]), yaml.safe_load(open(sys.argv[2]))["lr"]
        assert json.load(open(sys.argv[2]))["name"] == "1e-05"
        print(json.dumps({"loss": told[0], "acc": told[1]}))
        """,
        "lr={lr}", "{config}", shown,
        config={"lr": value, "name": "1e-05", "depth": 3},
    )  # fmt: skip
    assert outcome.status is Status.COMPLETE, outcome.detail
    assert seen == [(0, "loss", value), (0, "acc", value)]


@pytest.mark.parametrize(
    ("augment", "argv"),
    [(True, ["--augment", "--amp", "--x=1"]), (False, ["--no-amp", "--x="])],
)
def test_a_flag_or_nothing(trained, augment, argv):
    outcome, _, _ = trained(
        f"""
        import sys
        assert sys.argv[1:] == {argv!r}, sys.argv
        print('{{"loss": 1}}')
        """,
        "{augment?--augment}", "{augment?--amp:--no-amp}", "--x={augment?1}",
        config={"augment": augment, "lr": 0.1},
    )  # fmt: skip
    assert outcome.status is Status.COMPLETE, outcome.detail


@pytest.mark.parametrize("values", [[], [1, 2], ["yes", "no"]])
def test_a_flag_needs_true_and_false(values):
    program = command([sys.executable, "{augment?--augment}"])
    with pytest.raises(TrainingCodeError, match="true or false"):
        check_placeholders(program, {"augment": values})
    check_placeholders(program, {"augment": [True, False]})


@pytest.mark.parametrize(
    "name", ["seed", "trial", "attempt", "config", "folder", "python", "max_train_steps"]
)
def test_a_hyperparameter_named_as_a_word_of_ours_is_refused_where_it_is_used(name):
    with pytest.raises(TrainingCodeError, match="two meanings") as refused:
        check_placeholders(command([sys.executable, f"--x={{{name}}}"]), {name: [1, 2]})
    assert f"my_{name}" in refused.value.next_step
    check_placeholders(command([sys.executable, "--x={lr}"]), {name: [1, 2], "lr": []})
    check_placeholders(command([sys.executable, f"--x={{{name}}}"]), {"lr": []})


def test_a_conditional_argument_reads_what_it_depends_on(assign, tmp_path):
    (tmp_path / "t.py").write_text("print('{\"loss\": 1}')")
    program = command(["{python}", str(tmp_path / "t.py"), "{flag}"])
    for config in ({"augment": True, "flag": "--augment"}, {"augment": False}):
        asked = replace(
            assign(config=config), varied=("augment",), decided_by={"flag": ("augment",)}
        )
        outcome, _ = train_once(asked, training_by(program), threading.Event())
        assert outcome.unread == ()


@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells the environment of a process")
@pytest.mark.parametrize(
    "ending", ["sys.exit(3)", "print('{\"loss\": NaN}', flush=True); time.sleep(600)"]
)
def test_ranks_in_sessions_of_their_own_end_with_a_program_that_fails(trained, tmp_path, ending):
    outcome, _, _ = trained(
        f"""
        import subprocess, sys, time
        rank = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"],
                                start_new_session=True, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)
        open({str(tmp_path / "rank")!r}, "w").write(str(rank.pid))
        {ending}
        """
    )
    assert outcome.status is Status.INFEASIBLE
    rank = int((tmp_path / "rank").read_text())
    assert gone(rank)


def gone(pid):
    import psutil

    until = time.monotonic() + HANG_S / 3
    while time.monotonic() < until:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.05)
    return False
