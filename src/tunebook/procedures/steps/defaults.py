"""From what a person gives to what a procedure is asked: defaults, names, and no change midway.

Arguments are settled once, with what the book answers. Asked again, what is given must be what
stands there; what is left out is taken from there, so that a baseline that came since changes
nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from tunebook.domain.errors import CodecError, DesignError, nearest
from tunebook.domain.formats import scalars
from tunebook.domain.formats.plain_data import from_data, to_data
from tunebook.procedures import Procedure
from tunebook.procedures.steps.arguments import MERGED, Asked, Workload


def settle(
    procedure: Procedure[Any],
    given: Mapping[str, Any],
    workload: Workload,
    stands: Mapping[str, Any] | None,
) -> Asked:
    """The arguments as they count.

    Args:
        procedure: whose they are.
        given: by name, as a person gave them.
        workload: of the book.
        stands: as settled before, where the procedure is in the book already.

    Raises:
        DesignError: an argument that it does not have, a value that it can't have, one that is
            missing, or one that differs from what stands.
    """
    known = {f.name for f in fields(procedure.asked)} - {"procedure"}
    for key in given:
        if key not in known:
            raise DesignError(
                f'the procedure {procedure.name} has no argument "{key}".{nearest(key, known)}',
                next_step=f"it has {', '.join(sorted(known))}",
            )
    if stands is not None:
        _refuse_differences(procedure.name, stands, given)
        return _made(procedure, dict(stands))
    asked = _with_baseline(dict(given), workload)
    own = procedure.defaults(asked, workload)
    fixed = {**own.get("fixed", {}), **asked.get("fixed", {})}
    asked = {**own, **asked, "fixed": fixed, "procedure": procedure.name}
    if "max_train_steps" not in asked:
        raise DesignError(
            f"the procedure {procedure.name} needs max_train_steps; the book has no baseline yet",
            next_step="give max_train_steps=1000, the steps that a trial trains now",
        )
    made = _made(procedure, asked)
    _check_driven(procedure, made)
    return made


def _with_baseline(given: dict[str, Any], workload: Workload) -> dict[str, Any]:
    if workload.baseline is None:
        return given
    for key in MERGED:
        scalars.table(key, given.get(key, {}))
    fixed = {**workload.baseline.config, **given.get("fixed", {})}
    return {"max_train_steps": workload.baseline.max_train_steps, **given, "fixed": fixed}


def _made(procedure: Procedure[Any], data: dict[str, Any]) -> Asked:
    plain = {key: to_data(_plain(value)) for key, value in data.items()}
    try:
        made: Asked = from_data(procedure.asked, plain)
    except CodecError as error:
        raise DesignError(
            f"an argument of the procedure {procedure.name}: {error.rule}",
            next_step=error.next_step or "correct it",
        ) from None
    return made


def _plain(value: Any) -> Any:
    """Numbers of other libraries as Python's own, in tables and lists too."""
    if isinstance(value, Mapping):
        return {k: scalars.plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [scalars.plain(v) for v in value]
    return scalars.plain(value)


def _refuse_differences(name: str, stands: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    differences = []
    for key, value in given.items():
        before, now = stands.get(key), to_data(_plain(value))
        if key in MERGED and isinstance(now, Mapping) and isinstance(before, Mapping):
            differences += [
                f"{key}.{k}: {before.get(k, 'none')} -> {v}"
                for k, v in now.items()
                if k not in before or before[k] != v
            ]
        elif before != now:
            differences.append(f"{key}: {before} -> {now}")
    if differences:
        raise DesignError(
            f"the procedure {name} stands in this book with this question and other arguments: "
            + "; ".join(differences),
            next_step='give it a question of its own, question="...", or the arguments as before',
        )


def _check_driven(procedure: Procedure[Any], asked: Asked) -> None:
    renamed = (*procedure.drives, *procedure.asked.TUNED)
    for canonical in asked.names:
        if canonical not in renamed:
            raise DesignError(
                f"names= renames what the procedure {procedure.name} drives, "
                f'{", ".join(renamed)}; got "{canonical}".' + nearest(canonical, renamed),
                next_step='give the procedure\'s own name first: names={"learning_rate": "lr"}',
            )
    for canonical in procedure.drives:
        name = asked.called(canonical)
        if name not in asked.fixed:
            close = nearest(name, asked.fixed).strip()
            raise DesignError(
                f'the procedure {procedure.name} drives "{name}", which is not in the book\'s '
                f"configuration: it has {', '.join(asked.fixed) or 'nothing yet'}."
                + (f" {close}" if close else ""),
                next_step=f'say what training calls it, names={{"{canonical}": "..."}}, or give '
                f'the value that it has now: fixed={{"{name}": ...}}',
            )
