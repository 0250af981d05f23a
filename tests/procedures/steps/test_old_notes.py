"""Rounds of version 0.1 have the procedure's arguments as JSON in their note."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import sqlalchemy as sa

from tunebook.domain.design import Round
from tunebook.domain.errors import CodecError
from tunebook.domain.formats.codec import (
    RoundFile,
    from_json,
    read_round_file,
    to_json,
    write_round_file,
)
from tunebook.domain.origin import RoundOrigin, Stage
from tunebook.procedures.steps.old_notes import origin_in, with_origin

ARGUMENTS = {"procedure": "instability", "question": "Is it stable?", "trials": 12}
NOTE = "Planned by a procedure: " + json.dumps({"stage": "sweep moved 1", "asked": ARGUMENTS})
OLD = Round(
    goal="Which rate is best? [instability, sweep moved 1: Is it stable?]",
    fixed={"x": 1.0}, trials=4, max_train_steps=10, note=NOTE,
)  # fmt: skip


def test_an_old_note_is_read_as_an_origin():
    origin = origin_in(OLD)
    assert (origin.procedure, origin.question) == ("instability", "Is it stable?")
    assert (origin.asks, origin.stage.name) == ("Which rate is best?", "sweep moved 1")
    assert origin.arguments == ARGUMENTS
    stage = Stage(kind="sweep", index=1, name="sweep moved 1")
    assert with_origin(OLD, stage).origin.stage == stage


def test_a_note_with_another_goal_or_a_broken_one_is_none():
    assert origin_in(replace(OLD, goal="A question of a person")) is None
    assert origin_in(replace(OLD, goal=OLD.goal + " And?")) is None
    assert origin_in(replace(OLD, note=NOTE[:-2])) is None
    assert origin_in(replace(OLD, note="Planned by a procedure: 3")) is None


def test_an_origin_is_stored_with_its_round():
    origin = RoundOrigin(
        procedure="x", question="?", stage=Stage(kind="tune", at=64, index=1), asks="Which?",
        arguments={"rates": [0.1, float("inf")], "name": "NaN", "none": None},
    )  # fmt: skip
    read = from_json(Round, to_json(replace(OLD, note="", origin=origin))).origin
    assert read == origin
    assert origin_in(replace(OLD, origin=origin)) == origin


def test_a_book_of_that_version_continues_and_says_the_same(narrow_book, ask):
    """The stored plans are written as version 0.1 wrote them."""
    found = ask(narrow_book)
    engine = sa.create_engine(f"sqlite:///{narrow_book._store.location}")
    with engine.begin() as connection:
        for number, text in connection.execute(sa.text("select number, plan from round")).all():
            plan = from_json(Round, text)
            data = {"stage": plan.origin.stage.name, "asked": dict(plan.origin.arguments)}
            note = "Planned by a procedure: " + json.dumps(data)
            stored = json.loads(to_json(replace(plan, origin=None, note=note)))
            del stored["origin"]
            connection.execute(
                sa.text("update round set plan = :plan where number = :number"),
                {"plan": json.dumps(stored), "number": number},
            )
    engine.dispose()

    def never(trial):
        raise AssertionError("a procedure that is finished trains nothing")

    again = ask(type(narrow_book)(narrow_book._store.location), never)
    assert again.finished
    assert again.data() == found.data()


def test_an_origin_is_no_part_of_a_round_file():
    stage = Stage(kind="sweep", index=1)
    written = write_round_file(RoundFile(plan=with_origin(OLD, stage)))
    assert "origin" not in written
    assert read_round_file(written).plan == OLD
    with pytest.raises(CodecError, match='no key "origin"'):
        read_round_file(written + '[origin]\nprocedure = "instability"\n')


def test_what_a_person_plans_after_a_procedure_has_no_origin(narrow_book):
    assert narrow_book.rounds[-1].plan.origin is not None
    assert narrow_book.next_round().plan.origin is None
