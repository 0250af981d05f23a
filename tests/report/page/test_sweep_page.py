"""The page of a lone table: the same words as a book's, without a book (C11 C12)."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Status
from tunebook.examination.examine import conclude, results
from tunebook.report import trial_rows
from tunebook.report.page.sweep_page import render_sweep
from tunebook.report.page.sweep_texts import (
    best_sentence,
    caveats,
    fixed,
    space_lines,
    space_texts,
)


@pytest.fixture
def table(book):
    return book.rounds[2].table


@pytest.fixture(scope="module")
def checked(book):
    """What the checks say of the table; made once."""
    return results(book.rounds[2].table)


def page(table, found=None, **more):
    found = results(table) if found is None else found
    return render_sweep(table, found, conclude(table, found), source="t.csv", **more)


def test_every_trial_and_every_finding_is_there(table, checked):
    found = checked
    text = page(
        table, found, caveats=("mind this",), command="tunebook audit t.csv", version="9.9"
    )
    assert text.count("<tr data-trial=") == len(table)
    for check in {f.check for f in conclude(table, found).findings}:
        assert check in text
    assert "mind this" in text and "tunebook audit t.csv" in text and "Tunebook 9.9" in text


def test_of_very_many_trials_the_best_are_listed_and_the_others_counted(
    table, checked, monkeypatch
):
    monkeypatch.setattr(trial_rows, "MOST_ROWS", 5)
    text = page(table, checked)
    assert text.count("<tr data-trial=") == 5
    assert f"the {len(table) - 5} others are in <code>t.csv</code>" in text
    best = table.name[int(np.nanargmin(np.where(table.complete, table.losses, np.nan)))]
    assert f'<tr data-trial="{best}"' in text


def test_of_many_trials_the_first_are_rows_and_the_others_data(table, checked, monkeypatch):
    monkeypatch.setattr(trial_rows, "SHOWN", 7)
    text = page(table, checked)
    assert text.count("<tr data-trial=") == 7
    (data,) = re.findall(r'class="folded">(.*?)</script>', text, re.DOTALL)
    rows = json.loads(data)
    every = trial_rows.trial_rows(None, table).rows
    assert rows["trial"] == [row.trial for row in every[7:]]
    for k, (texts, sorts) in enumerate(zip(rows["texts"], rows["sorts"], strict=True)):
        cells = [row.cells[k] for row in every[7:]]
        assert texts == [cell.text for cell in cells]
        assert [s or t for s, t in zip(sorts, texts, strict=True)] == [
            cell.sort or cell.text for cell in cells
        ]
    assert f"Show {len(table) - 7} more rows" in text


def test_names_from_elsewhere_never_become_markup(table):
    nasty = "<script>alert(1)</script>"
    named = replace(table, name=(nasty, *table.name[1:]), left_out=(f"{nasty}: gone",))
    text = page(named)
    assert nasty not in text


def test_studies_with_the_same_ranges_stand_together(table):
    lines = space_lines(table)
    named = [(line.hyperparameter, line.study) for line in lines]
    assert len(named) == len(set(named))
    settled = {n for b in table.branches.values() for n in b.conditions}
    assert settled <= {line.hyperparameter for line in lines}
    assert len(space_texts(table)) == len(lines)


def test_caveats_say_what_was_taken_for_granted(table):
    said = " ".join(caveats(replace(table, inferred_space=True)))
    assert "read off the trials" in said and "new seed" in said
    assert "the best of its curve" in said
    bare = " ".join(caveats(replace(table, curves={}, chance=None, adaptive=True)))
    assert "taken as it is" in bare and "--chance" in bare and "--adaptive" in bare


def test_no_complete_trial(table):
    lost = replace(table, status=(Status.FAILED,) * len(table), cause=(None,) * len(table))
    assert "has a finite" in best_sentence(lost)
    assert "What we learned" in page(lost)


def test_what_is_the_same_in_all_trials(table):
    constant = replace(table, config=tuple({**c, "depth": 3} for c in table.config))
    assert ("depth", "3") in fixed(constant)


@pytest.mark.slow
def test_very_many_studies_make_a_page_that_can_be_read(tmp_path):
    rng = np.random.default_rng(0)
    rows = [f"{v}-{k},arch_{v},{10 ** rng.uniform(-4, 0):.4g},{rng.random():.4f}"
            for v in range(60) for k in range(12)]  # fmt: skip
    (tmp_path / "t.csv").write_text("trial,arch,lr,error\n" + "\n".join(rows))
    wide = TrialTable.from_csv(tmp_path / "t.csv", objective="minimize:error", scientific=["arch"])
    text = page(wide)
    assert "Of 60 studies, the 12 with the best trials are drawn." in text
    assert text.count("<figure") < 100
    assert "similar findings" in text
    assert "arch_0, arch_1" in text and "and 48 more" in text
    best = wide.study[int(np.argmin(wide.losses))]
    assert f'"text":["{best}"]' in text  # the title of its panel
