"""Every noun of the domain, drawn at random (`from strategies import nouns`)."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum

from hypothesis import reject, settings
from hypothesis import strategies as st

from tunebook.domain.decision import Change, Decision, Launch, Setting, Side
from tunebook.domain.design import Objective, Round, Study, studies
from tunebook.domain.errors import SpaceError
from tunebook.domain.finding import (
    Examination,
    Finding,
    Interval,
    NotApplicable,
    PairwiseDifference,
    Remedy,
)
from tunebook.domain.prediction import NEEDED, Expectation, Prediction, PredictionOutcome
from tunebook.domain.record import Proposal, TrainingSource
from tunebook.domain.roles import BATCH_NAMES, STEP_NAMES
from tunebook.domain.schedule import Schedule, Shape
from tunebook.domain.space import Branch, Choice, Constraint, Float, Integer, Per, Scale
from tunebook.domain.trial import Measurement, Outcome, TrialKey, TrialRecord

CONTROLS = st.sampled_from(["\0", "\x1b", "\x7f", "\r\n", "\u2028", "\t", '"', "\\", "'''", "NaN"])
texts = st.text(max_size=6) | CONTROLS | st.sampled_from(["-Infinity", "\\NaN", "1", "true", "é"])
integers = st.integers(-(2**70), 2**70)
finite = st.floats(allow_nan=False, allow_infinity=False)
values = st.booleans() | integers | finite | texts
names = texts.filter(bool).filter(
    lambda n: not n.lower().endswith(tuple(STEP_NAMES | BATCH_NAMES))
)

NOUNS = (
    Branch, Change, Choice, Constraint, Decision, Examination, Finding, Float, Prediction,
    PredictionOutcome, Integer, Interval, Launch, Measurement, NotApplicable, Objective, Outcome,
    PairwiseDifference, Per, Proposal, Remedy, Round, Schedule, Setting, Side, Study, TrainingSource,
    TrialKey, TrialRecord,
)  # fmt: skip


def examples(count: int) -> int:
    """So many in `make test`, the same in each run; five times as many new ones in `make test-fresh`."""
    return count if settings().derandomize else 5 * count


@st.composite
def floats_axes(draw) -> Float:
    scale = draw(st.sampled_from(Scale))
    low, high = {
        Scale.LINEAR: (-1e300, 1e300),
        Scale.LOG: (1e-300, 1e300),
        Scale.NEAR_ONE: (0.0, 0.9999999),
    }[scale]
    ends = draw(st.lists(st.floats(low, high), min_size=2, max_size=2, unique=True))
    try:
        return Float(min(ends), max(ends), scale)
    except SpaceError:  # bounds that differ by nothing but rounding
        reject()


@st.composite
def integer_axes(draw) -> Integer:
    scale = draw(st.sampled_from([Scale.LINEAR, Scale.LOG]))
    ends = st.integers(1 if scale is Scale.LOG else -(2**40), 2**40)
    low, high = sorted(draw(st.lists(ends, min_size=2, max_size=2, unique=True)))
    return Integer(low, high, scale)


choices = st.lists(values, min_size=1, max_size=4, unique=True).map(lambda v: Choice(tuple(v)))
flat_axes = floats_axes() | integer_axes() | choices


def pers(depth=3):
    """Conditions, one in another."""
    below = flat_axes | pers(depth - 1) if depth > 1 else flat_axes
    entries = st.lists(
        st.tuples(values, below), min_size=1, max_size=3, unique_by=lambda entry: entry[0]
    )
    return st.builds(Per, names, entries.map(tuple))


constraints = st.builds(Constraint, texts, st.sampled_from(["<", "<="]), texts | finite)


@st.composite
def rounds(draw) -> Round:
    named = draw(st.lists(names, min_size=1, max_size=7, unique=True))
    scientific, nuisance, fixed = {}, {}, {}
    parent: tuple[str, Choice] | None = None
    for name in named:
        role = draw(st.sampled_from([scientific, nuisance, fixed]))
        if role is fixed:
            role[name] = draw(values)
        else:
            role[name] = draw(flat_axes)
            if isinstance(role[name], Choice):
                parent = parent or (name, role[name])
    if parent is not None:
        keys = st.sampled_from(parent[1].values)
        for role, below in ((nuisance, flat_axes), (fixed, values.map(lambda v: Choice((v,))))):
            if draw(st.booleans()):
                free = draw(names.filter(lambda n: n not in {*scientific, *nuisance, *fixed}))
                entries = st.lists(
                    st.tuples(keys, below), min_size=1, max_size=3, unique_by=lambda e: e[0]
                )
                role[free] = Per(parent[0], tuple(draw(entries)))
                # A plain one after a condition: TOML must keep the order all the same.
                if draw(st.booleans()) and named[-1] in role:
                    role[named[-1]] = role.pop(named[-1])
    known = st.sampled_from([*scientific, *nuisance, *fixed])
    relation = st.sampled_from(["<", "<="])
    plan = Round(
        goal=draw(texts.filter(str.strip)),
        scientific=scientific,
        nuisance=nuisance,
        fixed=fixed,
        trials=draw(st.integers(1, 40)),
        max_train_steps=draw(st.integers(1, 10**12)),
        least_improvement=draw(st.floats(0, 1e9)),
        searcher=draw(st.sampled_from(["halton", "sobol", "random", "grid"])),
        seed=draw(st.integers(0, 2**64)),
        subject_to=tuple(
            draw(st.lists(st.builds(Constraint, known, relation, known | finite), max_size=2))
        ),
        time_limit_s=draw(st.none() | st.floats(1e-3, 1e9)),
        evaluations=draw(st.integers(1, 100)),
        overrule=tuple(draw(st.lists(st.just("A4"), max_size=1))),
        note=draw(texts),
        predictions=tuple(draw(st.lists(predictions(), max_size=2))),
    )
    return draw(listed(plan))


@st.composite
def schedules(draw) -> Schedule:
    """Any shape; each part in steps, as a share, or left out; together no longer than training."""
    shape, steps = draw(st.sampled_from(Shape)), draw(st.integers(1, 10**9))
    room, parts = 1.0, {}
    for part in ("warmup", "decay") if shape is not Shape.CONSTANT else ("warmup",):
        share = draw(st.floats(0, room))
        how = draw(st.sampled_from(["steps", "share", "none"]))
        if how != "none":
            whole = int(share * steps)
            parts[f"{part}_{how}"] = whole if how == "steps" else share
            room = max(0.0, 1 - share - 2 / steps)  # a rounded share may take a step more
    return Schedule(shape=shape, steps=steps, final_factor=draw(st.floats(0, 1)), **parts)


@st.composite
def predictions(draw) -> Prediction:
    """An expectation with every number that it needs."""
    what = draw(st.sampled_from(Expectation))
    more = draw(st.dictionaries(texts, finite, max_size=2))
    return Prediction(
        check=draw(texts), what=what, sentence=draw(texts), subject=draw(texts),
        conditions=draw(st.dictionaries(texts, values, max_size=2)),
        numbers={**more, **{name: draw(finite) for name in NEEDED[what]}},
        of_round=draw(integers), asks=draw(st.dictionaries(texts, values, max_size=2)),
    )  # fmt: skip


@st.composite
def listed(draw, plan: Round) -> Round:
    """The plan as it is, with levels, or with points written by hand."""
    if plan.searcher == "grid" and plan.varied:
        levels = st.dictionaries(st.sampled_from(list(plan.varied)), st.integers(1, 9))
        return replace(plan, levels=draw(levels))
    if draw(st.booleans()):
        points = []
        for branch in (s.branch for s in studies(plan)):
            units = {n: draw(st.floats(0, 1)) for n in branch.axes}
            own = {n: axis.from_unit(units[n]) for n, axis in branch.axes.items()}
            points.append({**branch.conditions, **own})
        if all(points):
            return replace(
                plan, searcher="by_hand", points=tuple(points), levels={}, subject_to=()
            )
    return plan


def nouns(kind):
    """A strategy for one noun, from its type hints or, where values must fit, written above."""
    special = {
        Float: floats_axes(), Integer: integer_axes(), Choice: choices, Per: pers(),
        Constraint: constraints, Round: rounds(), Prediction: predictions(), Schedule: schedules(),
        Study: rounds().flatmap(lambda plan: st.sampled_from(studies(plan))),
        Objective: st.builds(
            Objective, texts.filter(str.strip), st.sampled_from(["minimize", "maximize"]),
            st.sampled_from(["best", "last", "mean-last-2", "mean-last-50"]),
        ),
        Setting: st.builds(Setting, name=texts, chance=st.none() | finite, training_objective=texts),
    }  # fmt: skip
    return special[kind] if kind in special else _of_hints(kind)


def _of_hints(kind):
    hints = typing.get_type_hints(kind)
    return st.builds(kind, **{f.name: _of(hints[f.name]) for f in fields(kind)})


def _of(hint):
    plain = {bool: st.booleans(), int: integers, float: st.floats(), str: texts}
    plain[types.NoneType] = st.none()
    if hint in plain:
        return plain[hint]
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return st.one_of([_of(member) for member in inner])
    if origin is list or (origin is tuple and inner[-1] is Ellipsis):
        return st.lists(_of(inner[0]), max_size=3).map(origin)
    if origin is tuple:
        return st.tuples(*map(_of, inner))
    if origin is not None and issubclass(origin, Mapping):
        return st.dictionaries(texts, _of(inner[1]), max_size=3)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(hint)
    assert is_dataclass(hint), hint
    return nouns(hint)


def exactly(noun):
    """All that a noun holds, as text: each field, with its type, in its order."""
    if is_dataclass(noun):
        held = ", ".join(f"{f.name}={exactly(getattr(noun, f.name))}" for f in fields(noun))
        return f"{type(noun).__name__}({held})"
    if isinstance(noun, Mapping):
        return f"{{{', '.join(f'{k!r}: {exactly(v)}' for k, v in noun.items())}}}"
    if isinstance(noun, list | tuple):
        return f"{type(noun).__name__}[{', '.join(map(exactly, noun))}]"
    return repr(noun)
