"""D2 of a book: reruns measure the trial, rounds of one search the study, caveats name the rest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tunebook.book.decisions.caveats import sources_caveats
from tunebook.book.repeated_rounds import with_repeats
from tunebook.checks.variance_sources.check import Origin, Source, check
from tunebook.domain.decision import Verdict
from tunebook.domain.finding import Interval
from tunebook.store.table import table

QUIET = {"workers": 0, "progress": False}


def value(book, name):
    """The objective of one rerun."""
    found = table(book._store, int(name.partition(".")[0]), reruns=True)
    return found.value[found.name.index(name)]


def test_reruns_and_repeats_of_a_search_measure_their_own(launched, rates, train):
    for seed in (1, 2, 3):
        asked = launched.round(
            f"Which rate, once more with {seed}?", nuisance=rates, trials=8, max_train_steps=40, seed=seed,
        )  # fmt: skip
        asked.run(train, **QUIET)
        asked.decide(train, max_reruns=8, **QUIET)
    finding = next(f for f in launched.rounds[-1].findings().findings if f.check == "D2")
    trial, study = finding.numbers["trial"], finding.numbers["study"]
    sides = [s for d in launched.decisions[1:] for s in d.sides]
    own = [np.array([value(launched, n) for n in s.reruns]) for s in sides]
    freedom = sum(len(v) - 1 for v in own)
    pooled = np.sqrt(sum(((v - v.mean()) ** 2).sum() for v in own) / freedom)
    assert trial.estimate == pytest.approx(pooled)
    assert study.low <= study.estimate < study.high
    assert finding.numbers["data_split"] == "not measured"
    assert "by 3 repeats" in finding.sentence
    first = next(f for f in launched.rounds[0].findings().findings if f.check == "D2")
    assert first.numbers["study"] == "no search to repeat"
    assert "search" not in first.sentence  # one configuration: there is none to repeat


def test_another_objective_is_read_of_the_reruns_too(launched):
    store = launched._store
    plain = with_repeats(store, 1)
    assert len(plain) == 4 + sum(len(s.reruns) for s in launched.decisions[0].sides)
    other = plain.objective.__class__("never reported")
    assert len(with_repeats(store, 1, other)) == 0


def test_caveats_name_what_was_measured_and_what_was_not(launched, rates, train):
    assert launched.decisions[0].verdict is Verdict.ADOPT
    bare = sources_caveats(None)
    assert any("study variance" in c for c in bare) and any("data splits" in c for c in bare)
    read = check(with_repeats(launched._store, 1))
    assert read.unmeasured == (Origin.STUDY, Origin.SPLIT)
    assert sources_caveats(read)[-2:] == bare[-2:]


def test_a_source_that_was_measured_is_told_with_its_size(launched):
    read = check(with_repeats(launched._store, 1))
    study = Source(origin=Origin.STUDY, deviation=Interval(0.002, 0.0, 0.007), levels=5, groups=1)
    told = replace(read, sources=(read.sources[0], study, read.sources[2]))
    said = sources_caveats(told)
    assert any("another search would choose" in c and "0.002 (0 to 0.007)" in c for c in said)
    assert not any("study variance" in c for c in said)
    mixed = replace(told, sources=(read.sources[0], replace(study, with_trial=True), read.sources[2]))  # fmt: skip
    assert any("study variance" in c for c in sources_caveats(mixed))
