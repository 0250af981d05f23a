"""Trials of a foreign file that failed, with and without a word of why (C1 C3 C11)."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from tunebook.auditing import audit as audit_sweep
from tunebook.domain.finding import Severity
from tunebook.domain.origin import Origin
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Cause, Status
from tunebook.importers.csv.wording import reading_lines

OPTUNA = "number,value,datetime_start,datetime_complete,duration,params_lr,params_width,state"
WANDB = "Name,State,Created,Runtime,lr,width,value"


def sweep(tmp_path, state, *, header=OPTUNA, fails=lambda lr: lr > 0.02, trials=38):
    """A file whose trials end in `state` where they fail: 7 of 38 above a learning rate."""
    rng, lines = np.random.default_rng(3), [header]
    for i in range(trials):
        lr, width = 10 ** (-5 + 4 * ((i * 0.618) % 1)), 16 + int(240 * ((i * 0.7548) % 1))
        failed = fails(lr)
        value = (
            "" if failed else f"{0.3 + 0.05 * abs(math.log10(lr) + 3) + rng.normal(0, 5e-3):.4f}"
        )
        at = f"2025-01-01 10:{i:02d}:00"
        if header is OPTUNA:
            own = state if failed else "COMPLETE"
            lines.append(f"{i},{value},{at},{at},0 days 00:00:50,{lr:.4g},{width},{own}")
        else:
            own = state if failed else "finished"
            lines.append(f"run-{i},{own},{at},50,{lr:.4g},{width},{value}")
    file = tmp_path / "sweep.csv"
    file.write_text("\n".join(lines) + "\n")
    return file


def of(examination, check, subject):
    return next(f for f in examination.findings if (f.check, f.subject) == (check, subject))


def test_the_place_of_failures_without_a_cause_is_named(tmp_path):
    """No cause is claimed, and no check reads the region as fine."""
    audit = audit_sweep(sweep(tmp_path, "FAIL"), objective="minimize:value")
    assert audit.table.status.count(Status.FAILED) == 7
    left_out = " ".join(audit.examination.left_out)
    assert left_out.count("the file does not say why") == 7 and "own fault" not in left_out
    place = of(audit.examination, "C3", "lr")
    assert place.severity is Severity.NOTE
    assert (place.numbers["failed"], place.numbers["side"]) == (7, "high")
    assert place.numbers["threshold"] == pytest.approx(0.02, rel=0.3)
    assert "The file does not say the cause" in place.sentence
    assert not [f for f in audit.examination.findings if f.check == "C3" and f is not place]
    end = of(audit.examination, "C1", "lr")
    assert not end.settled and (end.numbers["side"], end.numbers["failed"]) == ("high", 7)
    matters = of(audit.examination, "C10", "lr")
    assert "Left out: 7 trials that failed" in matters.sentence
    assert re.search("Failed trials|failed", audit.page())


def test_failures_everywhere_without_a_cause_are_no_pass(tmp_path):
    rng = np.random.default_rng(0)
    file = sweep(tmp_path, "FAIL", fails=lambda _: rng.random() < 0.4)
    found = audit_sweep(file, objective="minimize:value").examination.findings
    assert {f.severity for f in found if f.check == "C3"} <= {Severity.NOTE, Severity.WARNING}
    assert any("does not say the cause" in f.sentence for f in found if f.check == "C3")


def test_wandb_states_mean_what_wandb_says(tmp_path):
    """`failed` is a process that ended with an error; `crashed` one whose heartbeat stopped."""
    read = {
        state: TrialTable.from_csv(
            sweep(tmp_path, state, header=WANDB), objective="minimize:value"
        )
        for state in ("failed", "crashed")
    }
    assert read["failed"].origin.tool == "W&B"
    fates = {s: set(zip(t.status, t.cause, strict=True)) for s, t in read.items()}
    complete = (Status.COMPLETE, None)
    assert fates["failed"] == {complete, (Status.INFEASIBLE, Cause.CRASHED)}
    assert fates["crashed"] == {complete, (Status.FAILED, Cause.MACHINE_LOST)}


def test_a_lost_machine_is_not_the_configuration_s_fault(tmp_path):
    audit = audit_sweep(sweep(tmp_path, "crashed", header=WANDB), objective="minimize:value")
    assert not audit.table.unexplained.any()
    assert " ".join(audit.examination.left_out).count("machine lost, by the file's status") == 7
    assert of(audit.examination, "C3", "the round").severity is Severity.PASS


def test_what_the_states_of_wandb_were_taken_for_is_said(tmp_path):
    table = TrialTable.from_csv(
        sweep(tmp_path, "crashed", header=WANDB), objective="minimize:value"
    )
    (said,) = [line for line in reading_lines(table.origin) if line.startswith("states")]
    assert "failed" in said and "infeasible (crashed)" in said
    assert "crashed means" in said and "left out (machine lost)" in said
    assert not any(line.startswith("states") for line in reading_lines(Origin()))
