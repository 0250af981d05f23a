"""The shapes in which ranges, conditions and constraints are written (B3).

`{ low = 1e-4, high = 1.0, scale = "log" }`, `{ low = 1, high = 4, integer = true }`,
`{ choice = ["nesterov", "adam"] }`, `{ value = 0.9 }` (a choice of one), and
`{ per = "optimizer", when = [{ is = "adam", low = ..., high = ... }] }`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tunebook.domain.errors import CodecError, nearest
from tunebook.domain.formats.notation import format_constraint
from tunebook.domain.space import Axis, Choice, Constraint, Float, Integer, Per, Scale

SHAPES: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "range": (frozenset({"low", "high"}), frozenset({"scale", "integer"})),
    "choice": (frozenset({"choice"}), frozenset()),
    "value": (frozenset({"value"}), frozenset()),
    "per": (frozenset({"per", "when"}), frozenset()),
}
"""Shape to the keys that it must have and those that it may have."""

_KNOWN = ("low", "high", "scale", "integer", "choice", "value", "per", "when")


def axis_to_data(axis: Axis | Per, plain: Callable[[object], Any]) -> dict[str, Any]:
    """The shape of an axis; `plain` writes its values."""
    if isinstance(axis, Per):
        return {"per": plain(axis.on), "when": [_entry(v, a, plain) for v, a in axis.when]}
    if isinstance(axis, Choice):
        return {"choice": [plain(v) for v in axis.values]}
    shape: dict[str, Any] = {"low": plain(axis.low), "high": plain(axis.high)}
    if isinstance(axis, Integer):
        shape["integer"] = True
    assert isinstance(axis, Float | Integer)
    if axis.scale is not Scale.LINEAR:
        shape["scale"] = axis.scale.value
    return shape


def _entry(value: object, axis: Axis | Per, plain: Callable[[object], Any]) -> dict[str, Any]:
    if isinstance(axis, Choice) and len(axis.values) == 1:
        return {"is": plain(value), "value": plain(axis.values[0])}
    return {"is": plain(value), **axis_to_data(axis, plain)}


def constraint_to_data(constraint: Constraint, plain: Callable[[object], Any]) -> Any:
    """`"a < b"`, or its three parts where a name would not be read back from such a text."""
    text = format_constraint(constraint)
    if text is not None:
        return plain(text)
    return {
        "left": plain(constraint.left),
        "relation": constraint.relation,
        "right": plain(constraint.right),
    }


def check_axis_keys(data: Mapping[str, Any], path: str) -> str:
    """Which of SHAPES `data` has.

    Raises:
        CodecError: an unknown key (with the nearest known one), a missing one, or keys of two
            shapes.
    """
    where = path or "an axis"
    for key in data:
        if key not in _KNOWN:
            raise CodecError(
                f'{where} has no key "{key}".{nearest(str(key), _KNOWN)}',
                next_step=_dotted(data, path)
                or "a range has low, high, scale and integer; otherwise choice, or per with when",
            )
    shape = next((s for s in ("per", "choice", "value") if s in data), "range")
    if shape == "range" and "when" in data:
        shape = "per"
    must, may = SHAPES[shape]
    for key in sorted(must):
        if key not in data:
            raise CodecError(
                f"{where}.{key} is missing",
                next_step='write { low = 1e-4, high = 1.0, scale = "log" }, '
                '{ choice = ["a", "b"] }, or per with when',
            )
    extra = [key for key in data if key not in must | may]
    if extra:
        raise CodecError(
            f'{where} has "{shape if shape != "range" else "low"}" and "{extra[0]}", which do '
            "not go together",
            next_step='drop one of them: a hyperparameter is a range, a choice or "per" a choice',
        )
    return shape


def _dotted(data: Mapping[str, Any], path: str) -> str:
    """The next step where TOML took a dot in a hyperparameter's name for a table, or ""."""
    if set(data) & set(_KNOWN) or not path or "[" in path:
        return ""
    name = f"{path.rpartition('.')[2]}.{next(iter(data))}"
    return f'quote a name that has a dot: "{name}" = ...'
