"""D3 C9: an insight and a launch are two claims, and neither is worded as the other."""

from __future__ import annotations

import re

import numpy as np
import pytest

from single_look import judge
from tunebook.checks.isolation.check import check
from tunebook.deciding.rerun_evidence import SideEvidence
from tunebook.domain.design import Objective
from tunebook.domain.finding import NotApplicable
from tunebook.examination.examine import examine
from tunebook.report.page.page import render

LAUNCH_WORDS = re.compile(r"\b(adopt|adopted|launch|baseline|fresh seeds?|keep)\b", re.IGNORECASE)
INSIGHT_WORDS = re.compile(r"\b(told apart|tuned|study|studies|space|band)\b", re.IGNORECASE)


def test_an_insight_says_nothing_of_launching(book):
    said = 0
    for found in book.rounds:
        result = check(found.table)
        if isinstance(result, NotApplicable):
            continue
        for finding in examine(found.table).findings:
            if finding.check == "C9":
                said += 1
                assert not LAUNCH_WORDS.search(finding.sentence), finding.sentence
    assert said, "no round of the book asks a scientific question"


@pytest.mark.parametrize("shift", [-0.1, 0.0, 0.005, 0.1])
@pytest.mark.parametrize("margin", [0.0, 0.02])
def test_a_verdict_says_nothing_of_spaces(shift, margin):
    rng = np.random.default_rng(3)
    own = SideEvidence(
        name="optimizer=adam", values=tuple(0.2 - shift + 0.01 * rng.normal(size=8))
    )
    base = SideEvidence(name="baseline", values=tuple(0.2 + 0.01 * rng.normal(size=8)))
    found = judge([own], base, objective=Objective("loss"), least_improvement=margin)
    assert not INSIGHT_WORDS.search(found.sentence), found.sentence


def test_the_first_screen_names_the_insight_as_another_claim(book):
    told = [f.sentence for f in examine(book.rounds[2].table).findings if f.check == "C9"]
    page = render(book, rounds=[3])
    assert told, "the round asks a scientific question"
    before, found, after = page.partition("The search alone")
    assert found, "the page says what the search alone shows"
    assert book.decisions[2].sentence.partition(" ")[0] in before
    assert told[0].partition(" ")[0] in after
