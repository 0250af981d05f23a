from dataclasses import replace

from tunebook.deciding.launch_account import granted
from tunebook.domain.decision import Estimand, RerunPlan
from tunebook.domain.formats.codec import read_round_file
from tunebook.report.history import history
from tunebook.report.protocol.methods import again, fixed_texts, protocol
from tunebook.report.terminal.history import history_renderable
from tunebook.report.terminal.lines import plain


def test_the_round_file_of_a_protocol_is_the_round(book):
    found = book.rounds[2]
    written = protocol(book, found, book.decisions[2])
    read = read_round_file(written.toml)
    assert read.plan == found.plan
    assert read.train == "digits:train"
    assert read.objective == book.objective


def test_a_protocol_says_how_points_trials_and_verdict_came_about(book):
    written = protocol(book, book.rounds[2], book.decisions[2])
    lines = dict(written.lines)
    assert "Halton" in lines["Search"]
    assert "seed 0" in lines["Search"]
    assert "9 of optimizer=nesterov" in lines["Decision"]
    assert "12 s of repeated work" in lines["Compute of the search"]
    assert "tunebook decide --max-reruns 27 --book again.db" in written.commands


def test_every_study_has_its_space_with_roles(book):
    nesterov, adam = protocol(book, book.rounds[2], None).spaces
    assert nesterov[:2] == ("optimizer=nesterov", 32)
    assert ("learning_rate", "nuisance", "1e-3 to 10, log") in nesterov[2]
    assert ("learning_rate", "nuisance", "1e-5 to 0.1, log") in adam[2]
    assert "momentum" not in [row[0] for row in adam[2]]


def test_what_was_fixed_has_its_value(book):
    assert fixed_texts(book.rounds[2].plan) == [("layers", "2"), ("activation", "relu")]


def test_doing_a_round_again_begins_with_its_baselines(book):
    assert protocol(book, book.rounds[2], book.decisions[2]).commands == (
        "tunebook export again --pictures none --book digits.db",
        "tunebook run again/round-1.toml --book again.db",
        "tunebook decide --max-reruns 4 --book again.db",
        "tunebook launch --book again.db",
        "tunebook run again/round-2.toml --book again.db",
        "tunebook decide --max-reruns 12 --book again.db",
        "tunebook launch --book again.db",
        "tunebook run again/round-3.toml --book again.db",
        "tunebook decide --max-reruns 27 --book again.db",
    )
    assert protocol(book, book.rounds[0], None).commands == (
        "tunebook export again --pictures none --book digits.db",
        "tunebook run again/round-1.toml --book again.db",
        "tunebook findings 1 --book again.db",
    )


def planned(book, number, looks, *, level=0.05, extension=0, **more):
    """A plan of the reruns of round 3, against launch 1."""
    decision = book.decisions[2]
    names = tuple(s.name for s in decision.sides if s.name != "baseline")
    n = len(looks)
    return RerunPlan(
        number=number, round=3, candidates=names,
        configs=tuple(s.config for s in decision.sides if s.name in names), baseline=1,
        looks=looks, adopt=(2.0,) * n, drop=(0.0,) * n, outer=(2.0,) * n, level=level,
        confidence=0.94, excess=1.0, extension=extension, planned_at=0.0, **more,
    )  # fmt: skip


def commands_of(book, plans):
    decision = replace(book.decisions[2], plan=plans[-1].number)
    record = replace(book, decisions=(*book.decisions[:2], decision), rerun_plans=tuple(plans))
    return [c for c in again(record, record.rounds[2], decision) if "decide" in c][2:]


GRANTED = granted([])


def test_the_reruns_are_those_that_were_asked_for_and_not_those_that_were_made(book):
    """Nine of each were made, at an early look of a plan of 12 of each of three."""
    plan = planned(book, 1, (3, 6, 9, 12), level=GRANTED)
    assert commands_of(book, [plan]) == ["tunebook decide --max-reruns 36 --book again.db"]


def test_a_plan_that_was_extended_was_two_commands_with_their_options(book):
    how = {"estimand": Estimand.BEATS, "paired": True}
    first = planned(book, 1, (3, 6), level=GRANTED, **how)
    second = planned(
        book, 2, (3, 6, 9), level=GRANTED, extension=1, validation_examples=500, **how
    )
    both = commands_of(book, [first, second])
    assert [c.split("--max-reruns ")[1].split()[0] for c in both] == ["18", "27"]
    assert all("--estimand beats --paired" in c for c in both)
    assert ["--validation-examples 500" in c for c in both] == [False, True]


def test_what_no_command_does_again_gets_none(book):
    plan = planned(book, 1, (3, 6, 9), level=0.01)  # an error rate that was given in Python
    assert commands_of(book, [plan]) == []
    source = replace(book.rounds[0].source, path="")
    record = replace(book, rounds=(replace(book.rounds[0], source=source), *book.rounds[1:]))
    assert again(record, record.rounds[2], record.decisions[2]) == ()
    assert "script" in protocol(record, record.rounds[2], record.decisions[2]).how
    assert "Again:" not in plain(history_renderable(history(record)))
