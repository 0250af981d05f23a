"""Round files: the plan of a round as TOML that a person writes and edits (B1 B2 D6)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import MISSING, dataclass, field, fields
from typing import Any

from tunebook.domain.decision import Change, Setting
from tunebook.domain.design import Objective, Reduce, Round
from tunebook.domain.errors import CodecError, TunebookError
from tunebook.domain.formats.notation import format_objective, parse_objective
from tunebook.domain.formats.plain_data import check_keys, from_data, located, to_data
from tunebook.domain.formats.program_file import KEYS, program_lines, read_train
from tunebook.domain.formats.round_comments import place_comments
from tunebook.domain.formats.toml_text import key_text, load_toml, value_text
from tunebook.domain.optimizers.round_key import KEY as READY_SPACE
from tunebook.domain.optimizers.round_key import with_ready_space
from tunebook.domain.prediction import Prediction
from tunebook.domain.program import MARK, Program
from tunebook.domain.space import Axis, Per

ROLES = ("scientific", "nuisance", "fixed", "levels")
BOOK_KEYS = (
    "name", "objective", "reduce", "training_objective", "chance", "checkpoints", "test_metrics",
)  # fmt: skip
_ALWAYS = ("goal", "trials", "max_train_steps", "least_improvement")
ORIGIN = "origin"
"""Of a round that a procedure planned; what a person edits has none."""
_SETTING_KEYS = ("name", "training_objective", "chance", "checkpoints")


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundFile:
    """What a round file says.

    Attributes:
        plan: the round.
        train: `train.py:train` or `package.module:function`, or what stands for a program
            (`command = [...]` in the file); may be empty.
        objective: of the book, for a new one; None where the file leaves it out.
        setting: of the book, for a new one; None where the file leaves it out.
        test_metrics: of the book, to be sealed.
        executor: where trials run, by its kind and arguments; empty for this machine.
    """

    plan: Round
    train: str = ""
    objective: Objective | None = None
    setting: Setting | None = None
    test_metrics: tuple[str, ...] = ()
    executor: Mapping[str, object] = field(default_factory=dict)


def read_round_file(text: str, *, source: str = "") -> RoundFile:
    """Read a round file.

    Args:
        text: TOML.
        source: name of the file, for errors.

    Raises:
        CodecError: no TOML (says line and column), an unknown key (names the nearest known
            one), a missing key, or a value of the wrong type (names the key).
        DesignError: the plan breaks a rule of the playbook.
    """
    data = load_toml(text, source=source)
    with _in_file(source):
        own = ("train", *KEYS, "book", "executor", READY_SPACE)
        names = [f.name for f in fields(Round) if f.name != ORIGIN]
        known = dict.fromkeys([*names, *own])
        _check_places(said := {k: v for k, v in data.items() if k not in Round.OLD_NAMES}, known)
        check_keys(said, known, "", "a round file")
        data = with_ready_space(data)
        objective, setting, test_metrics = _read_book(data.pop("book", {}))
        executor = from_data(Mapping[str, object], data.pop("executor", {}), path="executor")  # type: ignore[type-abstract]
        train = read_train(data)
        # Without a goal the plan itself says what a goal is (B1).
        plan = from_data(Round, {"goal": "", **data})
        return RoundFile(
            plan=plan,
            train=train,
            objective=objective,
            setting=setting,
            test_metrics=test_metrics,
            executor=executor,
        )


def read_space(text: str, *, source: str = "") -> Mapping[str, Axis | Per]:
    """Read a file with one range a hyperparameter, as `[nuisance]` has them in a round file.

    Raises:
        CodecError, SpaceError: as `read_round_file`.
    """
    data = load_toml(text, source=source)
    if {"goal", "nuisance", "scientific"} & set(data):
        raise CodecError(
            f"{source or 'this'} is a round file, not a file of ranges",
            next_step="write the lines of its [nuisance] into a file of their own, without the "
            "table's header",
        )
    with _in_file(source):
        return from_data(Mapping[str, Axis | Per], data)  # type: ignore[type-abstract]


def write_round_file(file: RoundFile, *, changes: Sequence[Change] = ()) -> str:
    """Write a round file; what has its default is left out, keys keep their order.

    Args:
        file: what to write.
        changes: differences from the round before; each becomes a comment over its key,
            `# was 0.001 to 1: because ... (C1)`, or at the top where its key is gone.
    """
    notes = place_comments(file.plan, changes)
    lines = list(notes.pop((), ()))
    for key, value in _plain_keys(file):
        lines += [*notes.get((key,), ()), f"{key} = {value_text(value, wide=True)}"]
    for role in ROLES:
        held = getattr(file.plan, role)
        if held:
            lines += ["", f"[{role}]", *_role_lines(role, held, notes)]
    for one in file.plan.predictions:
        lines += ["", "[[predictions]]", *_prediction_lines(one)]
    lines += program_lines(file.train)
    for table, held in (("executor", file.executor), ("book", _book_data(file))):
        if held:
            lines += ["", f"[{table}]", *(f"{k} = {value_text(v)}" for k, v in held.items())]
    return "\n".join(lines) + "\n"


def _check_places(data: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    """Raise for a key at the top level that has its place in a table."""
    for key, value in data.items():
        if key in known:
            continue
        if key in BOOK_KEYS:
            raise CodecError(
                f"{key} is a property of the book, so its place is the table [book]",
                next_step=f"write {key} = ... under [book], at the end, and drop it here",
            )
        if isinstance(value, Mapping) and value.keys() & {"low", "high", "choice"}:
            raise CodecError(
                f"{key} has a range, so its place is [scientific] or [nuisance]",
                next_step=f"move it to [nuisance], or to [scientific] if the round is about {key}",
            )
        if key in ("conditions", "conditional", "condition", "when", "if"):
            raise CodecError(
                f'a round file has no table "{key}": a condition stands with its hyperparameter',
                next_step='in [nuisance]: momentum = { per = "optimizer", when = [{ is = "sgd", '
                "low = 0.0, high = 0.99 }] }",
            )


@contextmanager
def _in_file(source: str) -> Iterator[None]:
    try:
        yield
    except TunebookError as error:
        if not source:
            raise
        raise type(error)(f"{source}: {error.rule}", next_step=error.next_step) from None


def _plain_keys(file: RoundFile) -> Iterator[tuple[str, Any]]:
    """Top-level keys that are no tables: what a round must say first, long lists last."""
    data = to_data(file.plan)
    yield "goal", data["goal"]
    if file.train.startswith(MARK):
        yield "command", list(Program.from_path(file.train).args)
    elif file.train:
        yield "train", to_data(file.train)
    long = ("subject_to", "points")
    plain = [f for f in fields(Round) if f.name not in (*ROLES, "goal", "predictions", ORIGIN)]
    for key in sorted(plain, key=lambda f: f.name in long):
        default = () if key.default is MISSING else key.default
        value = getattr(file.plan, key.name)
        if key.name in _ALWAYS or value != default:
            yield key.name, data[key.name]


def _role_lines(
    role: str, held: Mapping[str, Any], notes: Mapping[tuple[str | int, ...], Sequence[str]]
) -> Iterator[str]:
    """The keys of one role's table.

    A condition takes tables of its own, and after those no key of `[role]` can follow in TOML;
    so whatever comes after one has a header too, and keys keep their order.
    """
    headers = False
    for name, noun in held.items():
        key, data = key_text(name), to_data(noun)
        if isinstance(noun, Per):
            headers = True
            yield from ("", *notes.get((role, name), ()), f"[{role}.{key}]")
            yield f"per = {value_text(data['per'])}"
            for i, entry in enumerate(data["when"]):
                yield from ("", *notes.get((role, name, i), ()), f"[[{role}.{key}.when]]")
                yield from (f"{k} = {value_text(v)}" for k, v in entry.items())
        elif headers:
            shape = data if isinstance(data, dict) else {"value": data}
            yield from ("", *notes.get((role, name), ()), f"[{role}.{key}]")
            yield from (f"{k} = {value_text(v)}" for k, v in shape.items())
        else:
            yield from (*notes.get((role, name), ()), f"{key} = {value_text(data)}")


def _prediction_lines(prediction: Prediction) -> Iterator[str]:
    """What the round before expects: its sentence first, what is empty left out."""
    data = to_data(prediction)
    for key in sorted(data, key=lambda k: k != "sentence"):
        if data[key] not in ("", {}) or key in ("check", "sentence"):
            yield f"{key} = {value_text(data[key])}"


def _book_data(file: RoundFile) -> dict[str, Any]:
    book: dict[str, Any] = {}
    if file.setting is not None:
        book["name"] = to_data(file.setting.name)
    if file.objective is not None:
        text = format_objective(file.objective)
        book["objective"] = to_data(text)
        if file.objective.reduce is not Reduce.BEST:
            book["reduce"] = file.objective.reduced
    if file.setting is not None:
        if file.setting.training_objective:
            book["training_objective"] = to_data(file.setting.training_objective)
        if file.setting.chance is not None:
            book["chance"] = to_data(file.setting.chance)
        if file.setting.checkpoints:
            book["checkpoints"] = to_data(file.setting.checkpoints)
    if file.test_metrics:
        book["test_metrics"] = list(file.test_metrics)
    return book


def _read_book(data: Any) -> tuple[Objective | None, Setting | None, tuple[str, ...]]:
    book = from_data(Mapping[str, object], data, path="book")  # type: ignore[type-abstract]
    check_keys(book, dict.fromkeys(BOOK_KEYS), "book", "book")
    objective = None
    reduce = from_data(str, book.get("reduce", "best"), path="book.reduce")
    if "reduce" in book and "objective" not in book:
        raise CodecError(
            'book.reduce says how the objective\'s curve is reduced; there is no "objective"',
            next_step='add objective = "minimize:valid/error", or drop reduce',
        )
    if "objective" in book:
        text = from_data(str, book["objective"], path="book.objective")
        with located("book.objective"):
            objective = parse_objective(text, reduce=reduce)
    test_metrics = from_data(
        tuple[str, ...], book.get("test_metrics", []), path="book.test_metrics"
    )
    described = {key: book[key] for key in _SETTING_KEYS if key in book}
    if not described:
        return objective, None, test_metrics
    setting = from_data(Setting, {"name": "book", **described}, path="book")
    return objective, setting, test_metrics
