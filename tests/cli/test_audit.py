"""`tunebook audit` from end to end: what it prints, what it writes, and input that is no table."""

from __future__ import annotations

import gzip
import json
import math
import random
import sys

import numpy as np
import pytest

from tunebook.cli import main


@pytest.fixture
def audit(tmp_path, monkeypatch, capsys):
    """Write files and call `tunebook audit t.csv ARGUMENTS` here; returns what it printed."""
    monkeypatch.chdir(tmp_path)

    def call(trials, *arguments, curves=None, space=None, code=0, objective="minimize:loss"):
        given = []
        for name, text, option in (
            ("t.csv", trials, ""),
            ("c.csv", curves, "--curves"),
            ("s.toml", space, "--space"),
        ):
            if text is not None:
                (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
                given += [option, name] if option else [name]
        asked = ["--objective", objective] if objective else []
        monkeypatch.setattr(sys, "argv", ["tunebook", "audit", *given, *asked, *arguments])
        try:
            main()
            ended = 0
        except SystemExit as exit_:
            ended = exit_.code or 0
        out, err = capsys.readouterr()
        assert ended == code, (ended, out, err)
        assert "Traceback" not in err
        return err if code else out

    return call


def rows(n, seed=0, d=3):
    """A random search: the objective is best at lr = 0.01."""
    rng = np.random.default_rng(seed)
    lr = 10 ** rng.uniform(-4, 0, n)
    loss = 0.1 * (np.log10(lr) + 2) ** 2 + rng.normal(0, 0.01, n)
    return [
        f"{i + 1},complete,{lr[i]:.6g},{0.5 * rng.uniform():.4f},{loss[i]:.5f},{i}"
        for i in range(n)
    ]


HEAD = "trial,status,lr,dropout,loss,seed\n"


def sweep(n=40, **more):
    return HEAD + "\n".join(rows(n, **more)) + "\n"


def test_json_has_the_shape_that_was_promised(audit):
    told = json.loads(audit(sweep(), "--json"))
    assert told["schema"] == 2 and told["trials"] == 40 and told["left_out"] == []
    assert told["findings"] and told["not_applicable"]
    for finding in told["findings"]:
        assert {"check", "severity", "subject", "sentence", "numbers", "remedy"} <= set(finding)
        assert finding["severity"] in ("pass", "note", "warning", "problem")
    for silent in told["not_applicable"]:
        assert {"check", "reason", "needs"} <= set(silent)
    assert told["inferred_space"] is True
    assert any(line.startswith("lr: ") and "log" in line for line in told["space"])
    assert any("ranges and scales were read off the trials" in text for text in told["caveats"])


def test_pairs_of_values_say_whether_they_differ_significantly(audit):
    rng = np.random.default_rng(0)
    text = "trial,status,optimizer,lr,loss\n" + "".join(
        f"{i},complete,{'adam' if i % 2 else 'sgd'},{10 ** rng.uniform(-3, 0):.4g},"
        f"{1 - 0.5 * (i % 2) + rng.normal(0, 0.01):.5f}\n"
        for i in range(40)
    )
    told = json.loads(audit(text, "--json", "--scientific", "optimizer"))
    (pairs,) = [f["numbers"]["pairs"] for f in told["findings"] if f["check"] == "C9"]
    assert set(pairs[0]) == {"a", "b", "difference", "low", "high", "significant"}
    assert pairs[0]["significant"] is True


def test_without_json_the_findings_are_read_by_people(audit):
    shown = audit(sweep(), "--report", "r.html")
    assert "t.csv: minimize:loss" in shown
    assert "Search space, read off the trials:" in shown and "Caveats:" in shown
    assert "r.html" in shown


def test_the_best_configuration_and_the_worst_finding_stay_in_view(audit):
    shown = audit(sweep())
    every = audit(sweep(), "--all")
    best = min(rows(40), key=lambda r: float(r.split(",")[4])).split(",")
    end = shown[shown.index("Best loss") :]
    assert f"trial {best[0]}" in end and "Good values" in end
    assert shown.index("Caveats:") < shown.index("t.csv: minimize:loss")
    assert "✓ pass" not in shown and "checks passed" in shown
    assert every.count("✓ pass") == int(shown.split(" checks passed")[0].split("✓ ")[1])


def test_the_report_is_one_offline_page(audit, tmp_path):
    text = HEAD.replace("dropout", '"</script><b>x"') + "\n".join(rows(24)) + "\n"
    audit(text, "--report", "r.html")
    page = (tmp_path / "r.html").read_text("utf-8")
    assert "Content-Security-Policy" in page and 'src="http' not in page
    assert "</script><b>x" not in page
    for part in ("What we learned", "Pictures", "Trials", "Caveats", "Search space"):
        assert part in page
    assert page.count("<tr data-trial=") == 24
    assert "tunebook audit t.csv --objective minimize:loss --report r.html" in page


def test_a_space_file_takes_the_place_of_guesses(audit):
    space = 'lr = { low = 1e-4, high = 1.0, scale = "log" }\ndropout = { low = 0.0, high = 0.5 }\n'
    told = json.loads(audit(sweep(), "--json", space=space))
    assert told["inferred_space"] is False
    assert told["space"] == ["lr: 1e-4 to 1, log (nuisance)", "dropout: 0 to 0.5 (nuisance)"]
    narrow = space.replace("1e-4", "1e-3")
    told = json.loads(audit(sweep(), "--json", space=narrow))
    assert told["trials"] + len(told["left_out"]) == 40 and told["left_out"]
    assert all("lies outside its range" in text for text in told["left_out"])


@pytest.mark.parametrize(
    ("space", "says"),
    [
        ("lr = = 3", "s.toml"),
        ("lr = 0.1", "lr"),
        ("lr = { low = 2.0, high = 1.0 }", "low > high"),
        ("lr = { low = 0.1, hihg = 1.0 }", 'Did you mean "high"'),
        ("rl = { low = 0.1, high = 1.0 }", 'has no column "rl"'),
        ("é = 3".encode("latin-1"), "is not UTF-8"),
    ],
)
def test_space_files_that_are_none(audit, space, says):
    assert says in audit(sweep(), space=space, code=2)


def test_curves_are_reduced_as_asked(audit):
    trials = "trial,lr\n" + "".join(f"{i},{0.1 + i / 100}\n" for i in range(12))
    points = [(0, 3.0), (10, 1.0), (20, 2.0), (30, 4.0)]
    curves = "trial,step,metric,value\n" + "".join(
        f"{i},{s},loss,{v + i / 10}\n" for i in range(12) for s, v in points
    )
    for how, value in (("best", 1.0), ("last", 4.0), ("mean-last-2", 3.0)):
        told = json.loads(audit(trials, "--json", "--reduce", how, curves=curves))
        best = [f["numbers"]["best"] for f in told["findings"] if f["check"] == "C2"]
        assert best == [pytest.approx(value)] or not best
        assert any("A trial counts with" in text for text in told["caveats"])
    assert '"best" or its "last"' in audit(trials, "--reduce", "worst", curves=curves, code=2)


def test_columns_that_are_no_hyperparameters_are_said(audit):
    lines = [f"{i},{i + 1},{i / 9},run-{i:03d},{i / 3}" for i in range(40)]
    text = "trial,lr,loss,label,best_accuracy\n" + "\n".join(lines)
    told = json.loads(audit(text, "--json"))
    said = " | ".join(told["columns"])
    assert "hyperparameters: lr (change with --hyperparameters A,B)" in said
    assert "results: loss, best_accuracy" in said and "not used: label" in said
    named = json.loads(audit(text, "--json", "--hyperparameters", "best_accuracy"))
    assert any(line.startswith("not used: lr, label") for line in named["columns"])


def test_gzip_is_read_whatever_the_name(audit):
    told = json.loads(audit(gzip.compress(sweep().encode(), mtime=0), "--json"))
    assert told["trials"] == 40


def test_adaptive_trials_silence_what_needs_independent_ones(audit):
    text = sweep().replace("dropout", "optimizer")
    told = json.loads(audit(text, "--adaptive", "--json", "--scientific", "optimizer"))
    silent = {n["check"]: n["reason"] for n in told["not_applicable"]}
    assert "no independent sample" in silent["C2"] and "no independent sample" in silent["C9"]
    c1 = [f["sentence"] for f in told["findings"] if f["check"] == "C1"]
    assert all("error rate does not hold" in text for text in c1)
    assert any("--adaptive" in text for text in told["caveats"])


BAD = {
    "empty": ("", "t.csv is empty"),
    "no rows": (HEAD, "has a header and no rows"),
    "no objective": (sweep().replace("loss", "lost"), 'has no column "loss"'),
    "no trial column for curves": ("lr,loss\n0.1,1\n", 'has no column "trial"'),
    "duplicated ids": (sweep(3) + "2,complete,0.1,0.1,0.5,9\n", '"2" stands in lines 3 and 5'),
    "half a UTF-16 letter": (sweep().encode("utf-16")[:-1], "is no text"),
    "thousands in the objective": (sweep(3) + '9,complete,0.1,0.1,"1,234.5",9\n', 'line 5: "loss"'),
    "thousands in a hyperparameter": (sweep(9) + '99,complete,"1,000",0.1,0.5,9\n', 'line 11: "lr"'),
    "spaces in thousands": (sweep(9) + "99,complete,1 000,0.1,0.5,9\n", 'line 11: "lr"'),
    "decimal comma": (sweep(9) + '99,complete,"0,1",0.1,0.5,9\n', 'line 11: "lr"'),
    "a word among numbers": (sweep(30) + "99,complete,x,0.1,0.5,9\n", 'line 32: "lr"'),
    "infinite hyperparameter": (sweep(20) + "99,complete,inf,0.1,0.5,9\n", 'line 22: "lr" is 0, or of a size below 1e150; got "inf"'),
    "no hyperparameter": ("trial,loss\na,1\nb,2\n", "no column that is a hyperparameter"),
    "ragged only": (HEAD + "1,2\n", "no row that can be read"),
    "seconds no number": ("trial,lr,loss,seconds\na,1,1,soon\n", 'line 2: "seconds"'),
    "damaged gzip": (gzip.compress(sweep().encode(), mtime=0)[:-9], "damaged gzip"),
    "NUL bytes": (b"\x00\x01\x02", "t.csv"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_what_is_no_table_is_said_with_its_place(audit, case, form):
    content, says = BAD[case]
    curves = "trial,step,metric,value\n1,1,loss,1\n" if case.startswith("no trial") else None
    told = audit(content, *form, curves=curves, code=2)
    assert says in told, told
    assert "Error: " in told and "Next: " in told


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--objective", "loss"], "minimize:NAME"),
        (["--objective", "minimise:loss"], 'Did you mean "minimize"'),
        (["--scientific", "lrr"], 'Did you mean "lr"'),
        (["--hyperparameters", "lr,dropuot"], 'Did you mean "dropout"'),
        (["--hyperparameters", "loss"], "is a metric here"),
        (["--chance", "nan"], "chance is a finite number"),
        (["--chance", "high"], "is not a valid float"),
        (["--curves", "absent.csv"], "there is no file absent.csv"),
        (["--space", "absent.toml"], "there is no space file absent.toml"),
        (["--training-objective", "train"], 'no column "train"'),
    ],
)
def test_arguments_that_make_no_sense(audit, arguments, says):
    assert says in audit(sweep(), *arguments, code=2)


def test_a_report_that_can_not_be_written(audit):
    told = audit(sweep(12), "--report", "absent/r.html", code=1)
    assert "mkdir -p absent" in told


ODD = {
    "one trial": sweep(1),
    "two trials": sweep(2),
    "no complete trial": sweep(20).replace("complete", "infeasible"),
    "all equal": HEAD + "".join(f"{i},complete,{0.1 + i / 99},0.1,0.5,1\n" for i in range(30)),
    "all objectives nan": HEAD + "".join(f"{i},complete,{0.1 + i / 99},0.1,nan,1\n" for i in range(20)),
    "some infinite": sweep(30) + "98,complete,0.1,0.1,inf,9\n99,complete,0.2,0.1,-inf,9\n",
    "huge": sweep(30) + "98,complete,0.1,0.1,6e18,9\n99,complete,0.2,0.1,1e300,9\n",
    "constant hyperparameter": HEAD + "".join(f"{i},complete,0.1,{i / 40},{i % 7},{i}\n" for i in range(40)),
    "every hyperparameter constant": HEAD + "".join(f"{i},complete,0.1,0.2,{i % 7},{i}\n" for i in range(20)),
    "thousands of categories": "trial,run_name,kind,lr,loss\n"
    + "".join(f"{i},r{i},k{i % 1000},{i + 1},{i % 7}\n" for i in range(2000)),
    "missing hyperparameter cells": sweep(20) + "99,complete,,0.1,0.5,9\n",
    "a huge hyperparameter": sweep(20) + "99,complete,1e30,0.1,0.5,9\n",
    "whole numbers that no float tells apart": "trial,job,lr,loss\n"
    + "".join(f"{i},{10**25 + i},{i + 1},{i % 7}\n" for i in range(20)),
    "the ends of what a float holds": "trial,lr,loss\n"
    + "".join(f"{i},{i + 1},{['1e308', '1e-308', '-1e300', '0.1'][i % 4]}\n" for i in range(60)),
    "a pair that no order of size joins": "trial,lr,loss\n"
    + "".join(f"{i},{i + 1},{['1e308', '4e-324'][i % 2]}\n" for i in range(60)),
    "with a mark in front": ("\ufeff" + sweep(20)),
    "windows line ends": sweep(20).replace("\n", "\r\n"),
    "blank lines": sweep(20).replace("\n", "\n\n"),
}  # fmt: skip


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("case", ODD)
def test_odd_tables_get_findings_or_reasons(audit, case, tmp_path):
    told = json.loads(audit(ODD[case], "--json", "--report", "r.html"))
    assert told["findings"] or told["not_applicable"]
    lines = [x for x in ODD[case].replace("\r", "").split("\n") if x]
    assert (
        told["trials"] + sum("line" in x or "99" in x for x in told["left_out"]) >= len(lines) - 1
    )
    assert (tmp_path / "r.html").stat().st_size < 6e6


@pytest.mark.parametrize("status", ["failed", "running", "pruned", "no such word"])
def test_an_audit_in_which_no_trial_is_left_fails(audit, status):
    told = audit(sweep(20).replace("complete", status), code=1)
    assert "no trial is left" in told and "20 rows" in told and status in told


def test_what_is_left_out_is_counted_with_its_reason(audit):
    text = (
        sweep(20)
        + "a,pruned,0.1,0.1,0.5,1\nb,failed,0.1,0.1,,1\nc,complete,0.1\nd,mystery,0.1,0.1,1,1\n"
    )
    told = json.loads(audit(text, "--json"))
    said = " | ".join(told["left_out"])
    assert "a: " in said and "stopped early" in said
    assert "b: failed" in said
    assert "line 24: 3 cells, where the header has 6" in said
    assert 'd: status "mystery"' in said


def test_odd_curves(audit):
    trials = "trial,lr\n" + "".join(f"{i},{0.1 + i / 100}\n" for i in range(20))
    lines = []
    rng = np.random.default_rng(0)
    for i in range(20):
        steps = rng.permutation(30)[: 5 + i]
        lines += [
            f"{i},{s},loss,{[1 / (s + 1), 'nan', 'inf'][2 * int((i + s) % 11 == 0)]}"
            for s in steps
        ]
    lines += ["3,7,once,1", "ghost,1,loss,1", "4,1,loss,", "5,30,loss,1e300", "6,31,loss,nan"]
    curves = "trial,step,metric,value\n" + "\n".join(lines)
    told = json.loads(audit(trials, "--json", "--report", "r.html", curves=curves))
    assert told["trials"] == 20
    assert any("ghost" in text and "has no row" in text for text in told["left_out"])


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("values", [("1e308", "1e-308"), ("-1e308", "1e308", "0"), ("1.1e308",)])
def test_curves_at_the_ends_of_what_a_float_holds(audit, values):
    trials = "trial,lr\n" + "".join(f"{i},{0.1 + i / 100}\n" for i in range(20))
    rows = [f"{i},{s},{m},{values[(3 * i + 7 * s * s) % len(values)]}"
            for i in range(20) for s in range(40) for m in ("loss", "train_loss")]  # fmt: skip
    curves = "trial,step,metric,value\n" + "\n".join(rows)
    told = json.loads(audit(trials, "--json", "--report", "r.html", curves=curves))
    assert told["trials"] == 20 and told["findings"]


def test_what_was_counted_once_is_said_so(audit):
    trials = "trial,lr,status\n" + "".join(
        f"{i},{i + 1},{'nan' if i == 4 else ''}\n" for i in range(20)
    )
    rows = "".join(f"{i},9,loss,{i % 7}\n" for i in range(20) if i != 4)
    told = audit(trials, "--all", curves="trial,step,metric,value\n" + rows)
    assert "each trial reports one value" in " ".join(told.split())
    assert "1 of 20 trials was infeasible" in told


def test_without_an_objective_the_candidates_are_listed(audit):
    text = sweep().replace("loss", "val_loss").replace("dropout", "train_acc")
    told = audit(text, objective=None, code=2)
    assert "minimize:val_loss, maximize:train_acc" in told
    assert "Next: tunebook audit t.csv --objective minimize:val_loss" in told


def test_at_a_terminal_the_objective_is_picked(audit, monkeypatch):
    from tunebook.cli.run import audit_command

    class Terminal:
        def isatty(self):
            return True

    monkeypatch.setattr(audit_command.sys, "stdin", Terminal())
    monkeypatch.setattr(audit_command.sys, "stdout", Terminal(), raising=False)
    monkeypatch.setattr(audit_command.click, "echo", lambda *a, **k: None)
    monkeypatch.setattr(audit_command.click, "prompt", lambda *a, **k: "2")
    picked = []
    monkeypatch.setattr(
        "tunebook.auditing.audit", lambda *a, objective, **k: picked.append(objective) or 1 / 0
    )
    text = sweep().replace("loss", "val_loss").replace("dropout", "train_acc")
    with pytest.raises(ZeroDivisionError):
        audit(text, objective=None)
    assert picked == ["maximize:train_acc"]


def test_the_wrong_direction_is_the_first_finding(audit):
    told = json.loads(
        audit(sweep().replace("loss", "val_accuracy"), "--json", objective="minimize:val_accuracy")
    )
    first = told["findings"][0]
    assert (first["severity"], first["subject"]) == ("warning", "val_accuracy")
    assert "--objective maximize:val_accuracy" in first["sentence"]
    text = audit(sweep().replace("loss", "val_accuracy"), objective="minimize:val_accuracy")
    assert text[text.rindex("▲ warning") :].startswith("▲ warning  C11"), "nearest to the prompt"
    right = json.loads(audit(sweep(), "--json"))
    assert not any("wrong direction" in f["sentence"] for f in right["findings"])


def test_workloads_and_identical_results_are_told(audit):
    rng = np.random.default_rng(3)
    lines = [f"{('a', 'b')[i % 2]},{0.1 + i / 99},{i % 4},{rng.uniform():.7f}" for i in range(24)]
    lines[5] = lines[5].rsplit(",", 1)[0] + "," + lines[9].rsplit(",", 1)[1]
    told = json.loads(audit("dataset,lr,depth,loss\n" + "\n".join(lines), "--json"))
    about = {f["subject"]: f for f in told["findings"] if f["severity"] == "warning"}
    assert about["dataset"]["numbers"]["workloads"] == 2
    same = [f for f in told["findings"] if f["check"] == "B2" and len(f["trials"]) == 2]
    assert same and sorted(same[0]["trials"]) == ["10", "6"]


def optuna(rows, value="value", extra=("system_attrs_note",)):
    """A study as pandas writes it, with an unnamed index."""
    head = ["", "number", value, "params_batch_size", "params_lr", "user_attrs_n_params",
            "user_attrs_val_loss", *extra, "state"]  # fmt: skip
    lines = [",".join(head)]
    for i in range(rows):
        lr, good = 10 ** -(1 + i * 7 % 40 / 10), 0.9 - 0.01 * (i * 7 % 40 - 15) ** 2 / 40
        cells = [i, i, good, (16, 32, 64)[i % 3], lr, 123456, 1 - good, *[0.5] * len(extra)]
        lines.append(",".join([*map(str, cells), "COMPLETE"]))
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("value", "proposed"),
    [
        ("value", {"minimize:value", "maximize:value"}),
        ("values_accuracy", {"maximize:values_accuracy"}),
        ("values_val_loss", {"minimize:values_val_loss"}),
    ],
)
def test_a_study_with_an_unnamed_index_proposes_its_own_results(audit, value, proposed):
    """No index, no constant, no attribute; both directions where the name gives none."""
    told = audit(optuna(20, value), objective=None, code=2)
    said = next(line for line in told.splitlines() if "candidates in " in line)
    listed = said.partition("candidates in ")[2].partition(": ")[2].split(", ")
    assert set(listed) == proposed
    assert all(f"--objective {text}" in told for text in proposed)


def test_a_pruner_is_no_sampler(audit):
    """A mark of successive halving says that trials were stopped, not how they were chosen."""
    rung = ("system_attrs_completed_rung_0",)
    told = audit(optuna(20, extra=rung), objective="maximize:value")
    reading = told[: told.index("Search space")]
    assert "pruner, as the file says: successive halving" in reading
    assert (
        "sampler: the file does not say" in reading and "steered by earlier results" not in reading
    )
    assert "Earlier results chose later configurations" not in told


def test_a_flag_that_was_not_given_is_not_named(audit):
    """Where the file says that the search was adaptive, the caveat names the sampler."""
    text = optuna(20, extra=("system_attrs_tpe:relative_params",))
    told = json.loads(audit(text, "--json", objective="maximize:value"))
    caveat = next(c for c in told["caveats"] if "Earlier results" in c)
    assert "TPE" in caveat and "--adaptive" not in caveat


def test_a_batch_size_is_fixed_at_the_middle_of_the_best_for_that_reason(audit):
    told = json.loads(audit(optuna(24), "--json", objective="maximize:value"))
    finding = next(f for f in told["findings"] if f["check"] == "A4")
    remedy = finding["remedy"]
    assert remedy["values"]["value"] == finding["numbers"]["middle_of_best"]
    assert "median of the best" in remedy["because"]


def test_no_more_trials_are_asked_of_a_batch_size(audit):
    """Where A4 and B9 fix a hyperparameter, C1 and C10 do not send to more trials of it."""
    rng = random.Random(3)
    rows = ["trial,lr,batch_size,epochs,loss"]
    for i in range(40):
        lr = 10 ** rng.uniform(-4, -1)
        loss = 0.3 + 0.1 * (math.log10(lr) + 2.5) ** 2 + rng.gauss(0, 0.01)
        rows.append(
            f"{i},{lr:.5g},{rng.choice((16, 32, 64))},{rng.choice((10, 20, 50))},{loss:.5f}"
        )
    told = json.loads(audit("\n".join(rows) + "\n", "--json", objective="minimize:loss"))
    notes = [
        f["sentence"]
        for f in told["findings"]
        if f["check"] in ("C1", "C10") and "Not enough evidence" in f["sentence"]
    ]
    assert notes
    for note in notes:
        assert ("batch_size" in note) is ("batch_size for time or cost (A4)" in note)
        assert ("epochs" in note) is ("epochs at one length for all trials (B9)" in note)
        assert "lr" in note or "trials in all" not in note


def test_a_doubted_direction_is_said_where_it_turns_a_finding(audit):
    rng = random.Random(4)
    rows = ["trial,lr,val_accuracy"]
    for i in range(24):
        lr = 10 ** rng.uniform(-4, -1)
        rows.append(
            f"{i},{lr:.5g},{0.9 - 0.1 * (math.log10(lr) + 2) ** 2 + rng.gauss(0, 0.01):.4f}"
        )
    for direction, doubted in (("minimize", True), ("maximize", False)):
        told = json.loads(
            audit("\n".join(rows) + "\n", "--json", objective=f"{direction}:val_accuracy")
        )
        said = [f["sentence"] for f in told["findings"] if f["check"] in ("C1", "C2")]
        assert said and all(("direction first (C11)" in s) is doubted for s in said)
