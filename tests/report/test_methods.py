from tunebook.report.methods import fixed_texts, protocol
from tunebook.words.codec import read_round_file


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
    assert "12 s spent twice" in lines["Compute of the search"]
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
