"""Round files: what a person writes, reads and edits."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from strategies import examples, finite, nouns, rounds, texts
from tunebook.domain.decision import Change, Setting
from tunebook.domain.design import Objective, Round
from tunebook.domain.errors import CodecError, DesignError, SpaceError, TunebookError
from tunebook.domain.formats.codec import (
    RoundFile,
    read_round_file,
    read_space,
    write_round_file,
)
from tunebook.domain.formats.round_edit import edit_round_file
from tunebook.domain.formats.spelling import (
    choice,
    integer,
    log_uniform,
    maximize,
    near_one,
    per,
    uniform,
)
from tunebook.domain.space import Constraint

quick = settings(
    max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)  # fmt: skip

WRITTEN = """\
# What we ask
goal = "Does Nesterov momentum beat Adam here?"
train = "train.py:train"
trials = 64  # two nights
max_train_steps = 2000
least_improvement = 0.002
subject_to = ["warmup <= decay"]

[scientific]
optimizer = { choice = ["nesterov", "adam"] }

[nuisance]
layers = { low = 1, high = 4, integer = true }  # deeper did not fit
momentum = { low = 0.9, high = 0.999, scale = "near_one" }
warmup = { low = 0, high = 0.5 }

[nuisance.learning_rate]
per = "optimizer"

[[nuisance.learning_rate.when]]
is = "nesterov"
low = 1e-3
high = 10.0
scale = "log"

[[nuisance.learning_rate.when]]
is = "adam"
low = 1e-5
high = 0.1  # never higher
scale = "log"

[fixed]
batch_size = 64
decay = 0.5

[book]
name = "digits"
objective = "minimize:valid/error"
training_objective = "train/loss"
chance = 0.9
"""

PLAN = Round(
    goal="Does Nesterov momentum beat Adam here?",
    scientific={"optimizer": choice("nesterov", "adam")},
    nuisance={
        "layers": integer(1, 4),
        "momentum": near_one(0.9, 0.999),
        "warmup": uniform(0, 0.5),
        "learning_rate": per(
            "optimizer", nesterov=log_uniform(1e-3, 10), adam=log_uniform(1e-5, 0.1)
        ),
    },
    fixed={"batch_size": 64, "decay": 0.5},
    trials=64,
    max_train_steps=2000,
    least_improvement=0.002,
    subject_to=(Constraint("warmup", "<=", "decay"),),
)


def test_what_a_person_writes_is_read():
    file = read_round_file(WRITTEN)
    assert repr(file.plan) == repr(PLAN)
    assert file.train == "train.py:train"
    assert file.objective == Objective("valid/error")
    assert file.setting == Setting(name="digits", chance=0.9, training_objective="train/loss")


settings_of_a_book = st.none() | st.builds(
    Setting, name=texts, chance=st.none() | finite, training_objective=texts
)


@quick
@given(plan=rounds(), train=texts, objective=st.none() | nouns(Objective), book=settings_of_a_book)
def test_a_round_file_comes_back_as_it_was(plan, train, objective, book):
    file = RoundFile(plan=plan, train=train, objective=objective, setting=book)
    assert repr(read_round_file(write_round_file(file))) == repr(file)


@quick
@given(plan=rounds(), data=st.data())
def test_reasons_never_change_what_a_file_says(plan, data):
    keys = ["trials", "seed", *(f"nuisance.{n}" for n in plan.nuisance), "fixed.gone"]
    change = st.builds(Change, key=st.sampled_from(keys) | texts, before=texts, after=texts,
                       because=texts, check=texts)  # fmt: skip
    changes = data.draw(st.lists(change, max_size=4))
    text = write_round_file(RoundFile(plan=plan), changes=changes)
    assert repr(read_round_file(text).plan) == repr(plan)


@quick
@given(before=rounds(), after=rounds())
def test_an_edited_file_says_the_new_plan(before, after):
    text = write_round_file(RoundFile(plan=before, train="a:b", objective=maximize("x")))
    edited = read_round_file(edit_round_file(text, after))
    assert repr(edited.plan) == repr(after)
    assert (edited.train, edited.objective) == ("a:b", maximize("x"))


def test_reasons_stand_over_their_keys():
    changes = [
        Change(key="nuisance.learning_rate[optimizer=adam]", before="0.001 to 1", after="x",
               because="the best trials crowd the low end", check="C1"),
        Change(key="trials", before="32", after="64", because="because it was thin", check="C2"),
        Change(key="nuisance.layers", before="", after="1 to 4", because="new\nidea", check=""),
        Change(key="nuisance.gone", before="0 to 1", after="", because="it did nothing",
               check="C9"),
    ]  # fmt: skip
    lines = write_round_file(RoundFile(plan=PLAN), changes=changes).splitlines()
    assert lines[0] == ("# nuisance.gone: was 0 to 1, now left out: because it did nothing (C9)")
    at = lines.index("# was 0.001 to 1: because the best trials crowd the low end (C1)")
    assert lines[at + 1 : at + 3] == ["[[nuisance.learning_rate.when]]", 'is = "adam"']
    at = lines.index("# was 32: because it was thin (C2)")
    assert lines[at + 1] == "trials = 64"
    at = lines.index("# new: because new idea")
    assert lines[at + 1].startswith("layers = ")


def test_editing_keeps_comments_and_touches_only_what_differs():
    wider = per("optimizer", nesterov=log_uniform(1e-3, 10), adam=log_uniform(1e-6, 0.1))
    plan = replace(
        PLAN,
        trials=128,
        nuisance={**PLAN.nuisance, "layers": integer(1, 8), "learning_rate": wider},
    )
    edited = edit_round_file(WRITTEN, plan)
    changed = [
        (a, b) for a, b in zip(WRITTEN.splitlines(), edited.splitlines(), strict=True) if a != b
    ]
    assert changed == [
        ("trials = 64  # two nights", "trials = 128  # two nights"),
        (
            "layers = { low = 1, high = 4, integer = true }  # deeper did not fit",
            "layers = { low = 1, high = 8, integer = true }  # deeper did not fit",
        ),
        ("low = 1e-5", "low = 1e-06"),
    ]


def test_an_edit_that_toml_can_not_carry_keeps_comments_at_the_top():
    plan = replace(PLAN, nuisance=dict(reversed(PLAN.nuisance.items())))
    edited = edit_round_file(WRITTEN, plan)
    assert repr(read_round_file(edited).plan) == repr(plan)
    assert edited.startswith("# What we ask\n")


HEAD = 'goal = "q?"\ntrials = 2\nmax_train_steps = 2\n'


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ('goal = "q?"\ntrails = 2', CodecError, 'r.toml: a round file has no key "trails". Did'),
        ("goal = ", CodecError, "r.toml: not valid TOML: Invalid value (at line 1, column 8"),
        ('goal = "a"\ngoal = "b"', CodecError, "line 2"),
        ("trials = 2\nmax_train_steps = 2", DesignError, "r.toml: a round has one goal"),
        (HEAD + "[nuisance]\nm = {low=0, high=1}\n[fixed]\nm = 3", DesignError,
         'has one role in a round; "m" has 2: nuisance, fixed'),
        (HEAD + "[nuisance]\nm = {low=1, high=0}", SpaceError, "nuisance.m: a range has low > high"),
        (HEAD + "[nuisance.m]\nlow = true\nhigh = 1", CodecError, "nuisance.m.low is a number"),
        (HEAD + 'objective = "minimize:loss"', CodecError, "objective is a property of the book"),
        (HEAD + "m = {low=0, high=1}", CodecError, "its place is [scientific] or [nuisance]"),
        (HEAD + '[book]\nnaem = "x"', CodecError, 'book has no key "naem". Did you mean "name"'),
        (HEAD + '[book]\nobjective = "error"', DesignError, 'book.objective: an objective is "m'),
        (HEAD + '[book]\nobjective = 3', CodecError, "book.objective is a text"),
        (HEAD + '[book]\nname = "a"\nchance = "0.5"', CodecError, "book.chance is"),
        (HEAD + 'book = 3', CodecError, "book is a table"),
        (HEAD + 'train = 3', CodecError, "train is a text"),
        (HEAD + '[fixed]\nepochs = 3\n[nuisance]\nmax_steps = {low=1, high=2}', DesignError, "B9"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(text, error, said):
    with pytest.raises(error) as caught:
        read_round_file(text, source="r.toml")
    assert said in str(caught.value)
    assert str(caught.value).startswith("r.toml: ")


def test_an_objective_alone_makes_no_setting():
    file = read_round_file(HEAD + '[book]\nobjective = "maximize:a:b"\nreduce = "last"')
    assert file.objective == maximize("a:b", reduce="last")
    assert file.setting is None


def test_a_chance_alone_makes_a_setting():
    assert read_round_file(HEAD + "[book]\nchance = 1").setting == Setting(name="book", chance=1)


def test_a_space_is_read_by_itself():
    space = read_space("lr = { low = 1e-3, high = 1, scale = 'log' }")
    assert space == {"lr": log_uniform(1e-3, 1)}
    with pytest.raises(CodecError, match=r"s\.toml: lr has no key"):
        read_space("lr = { low = 1e-3, hihg = 1 }", source="s.toml")


ROUND = 'goal = "q?"\ntrials = 4\nmax_train_steps = 10\n'
WRONG = {
    "5": 5,
    "1.5": 1.5,
    '"x"': "x",
    "true": True,
    "[1]": [1],
    "{ a = 1 }": {},
    "1979-05-27": 0,
}
TAKES = {
    "goal": str, "train": str, "searcher": str, "note": str, "trials": int, "max_train_steps": int,
    "seed": int, "evaluations": int, "least_improvement": float, "time_limit_s": float,
    "subject_to": list, "points": list, "overrule": list, "levels": dict, "scientific": dict,
    "nuisance": dict, "fixed": dict, "book": dict, "book.name": str, "book.objective": str,
    "book.training_objective": str, "book.reduce": str, "book.chance": float,
}  # fmt: skip


@pytest.mark.parametrize("key", TAKES)
@pytest.mark.parametrize("text", WRONG)
def test_a_value_of_the_wrong_type_names_its_key_and_the_way_out(key, text):
    right = TAKES[key] is type(WRONG[text]) or (TAKES[key] is float and text == "5")
    if right:
        pytest.skip("of the right type")
    rest = "\n".join(x for x in ROUND.splitlines() if not x.startswith(f"{key} ="))
    table, _, leaf = key.rpartition(".")
    written = f"{rest}\n[{table}]\n{leaf} = {text}\n" if table else f"{key} = {text}\n{rest}\n"
    with pytest.raises(TunebookError) as caught:
        read_round_file(written, source="r.toml")
    assert caught.value.rule.startswith(f"r.toml: {key}"), caught.value
    assert caught.value.next_step and "datetime" not in str(caught.value)


@pytest.mark.parametrize(
    ("lines", "said", "way_out"),
    [
        ("[fixed]\noptim.lr = 0.1", 'fixed.optim has no key "lr"', '"optim.lr" = ...'),
        ("[nuisance]\noptim.lr = { low = 1, high = 2 }", "nuisance.optim", '"optim.lr" = ...'),
        (
            "[fixed]\nx = { low = 1, high = 2 }",
            "fixed.x is held at one value; got a range",
            "move",
        ),
        ("[fixed]\nx = {}", "fixed.x is held at one value; got an empty table", "move"),
        ('[book]\nobjective = "maximize"', 'got "maximize".', '"minimize:valid/error"'),
        ('[book]\nobjective = "loss"', 'got "loss".', '"minimize:loss"'),
        ('[book]\nobjective = "minimize:"', 'got "minimize:".', '"minimize:valid/error"'),
        ("[levels]\nx = 3", "levels go with searcher grid", "grid"),
    ],
)
def test_slips_in_tables(lines, said, way_out):
    with pytest.raises(TunebookError) as caught:
        read_round_file(f"{ROUND}{lines}\n")
    assert said in caught.value.rule and way_out in caught.value.next_step


def test_a_missing_key_is_shown_as_it_is_written():
    with pytest.raises(CodecError) as caught:
        read_round_file('goal = "q?"\nmax_train_steps = 10\n')
    assert "trials is missing" in caught.value.rule
    assert caught.value.next_step == "add trials to the round: trials = 16"


@pytest.mark.parametrize("key", ["conditions", "when"])
def test_a_condition_is_shown_where_it_belongs_and_what_is_shown_can_be_read(key):
    with pytest.raises(CodecError) as caught:
        read_round_file(f'goal = "q?"\n[{key}]\nm = {{ optimizer = "sgd" }}')
    shown = caught.value.next_step.partition(": ")[2]
    roles = '[scientific]\noptimizer = { choice = ["sgd", "adam"] }\n[nuisance]\n'
    plan = read_round_file(f'goal = "q?"\ntrials = 2\nmax_train_steps = 2\n{roles}{shown}').plan
    assert "momentum" in plan.nuisance


def test_names_of_earlier_versions_are_read_and_not_proposed():
    with pytest.raises(CodecError) as caught:
        read_round_file('goal = "q?"\ncolour = "red"')
    assert "predictions" in caught.value.next_step and "foretold" not in caught.value.next_step
