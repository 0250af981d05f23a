"""All checks together, as claims: rounds in which nothing is to be found."""

from __future__ import annotations

import numpy as np
import pytest
import whole_report as measured
from scipy.stats import binom
from whole_studies import FAMILIES, study

from tunebook.examination.examine import results

REPEATS, TRIALS = 6, 64
ANY = 0.03
"""Tables of all families with a false warning or problem, at most; measured: whole_report.md."""


@pytest.fixture(scope="module")
def counts():
    """Tables by family; where trials fail by lot, enough for 32 complete ones a value."""
    return {
        name: measured.counted(family, 96 if family.by_lot else TRIALS, REPEATS, 100 + i)
        for i, (name, family) in enumerate(FAMILIES.items())
    }


def at_most(share, tables):
    return binom.ppf(1 - 1e-6, tables, share)


@pytest.mark.slow
def test_false_alarms_of_the_whole_report_are_rare(counts):
    tables = REPEATS * len(counts)
    assert sum(c.alarmed for c in counts.values()) <= at_most(ANY, tables)


@pytest.mark.slow
@pytest.mark.parametrize("check", measured.FALSE)
def test_no_check_claims_what_is_false(counts, check):
    tables = REPEATS * len(counts)
    assert sum(c.by_check[check] for c in counts.values()) <= at_most(0.05, tables)
    assert max(c.by_check[check] for c in counts.values()) <= at_most(0.08, REPEATS)


@pytest.mark.slow
@pytest.mark.parametrize("check", [c for c in measured.ASKED if c not in ("C2", "C3")])
def test_no_check_passes_silence_for_skill(counts, check):
    """C2 asks 40 trials a value of 5 axes; C3 does not tell where a few failures by lot lie."""
    assert max(c.silent[check] for c in counts.values()) <= at_most(0.1, REPEATS)


def test_what_is_true_of_the_simulated_round_is_no_false_alarm():
    family = FAMILIES["first axis fails above 0.85, best at 0.5"]
    read = results(study(np.random.default_rng(0), 128, family))
    placed = [f for f in read["C3"].findings if "threshold" in f.numbers]
    assert placed and {f.subject[:2] for f in placed} == {"x0"}
    assert not any(f.check == "C3" for f in measured.false_findings(read, family))
    elsewhere = FAMILIES["a fifth fails by lot, 3 axes"]
    assert any(f.check == "C3" for f in measured.false_findings(read, elsewhere))


def test_curves_that_a_cut_learning_rate_left_level_are_level():
    family = FAMILIES["learning rate cut in steps, 3 axes"]
    read = [results(study(rng, 16, family)) for rng in np.random.default_rng(3).spawn(20)]
    longer = [r["C6"].findings[0].severity.value == "warning" for r in read]
    noise = [r["C5"].noise.estimate for r in read]
    assert sum(longer) <= 4  # 15 of 20 where the cut itself was read as a fall
    assert np.median(noise) == pytest.approx(family.valid.noise, rel=0.5)
