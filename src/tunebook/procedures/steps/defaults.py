"""The arguments of a procedure: what a person gives, completed with what the book answers.

They are completed once. A later call with the same question may only repeat them, and takes what
it leaves out from the book, so that a newer baseline changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from tunebook.domain.errors import CodecError, DesignError, nearest
from tunebook.domain.formats import scalars
from tunebook.domain.formats.plain_data import from_data, to_data
from tunebook.procedures.spec import ProcedureSpec
from tunebook.procedures.steps.arguments import MERGED, Arguments, Workload
from tunebook.procedures.steps.procedure import Procedure


def complete(
    spec: ProcedureSpec,
    procedure: Procedure[Any, Any],
    given: Mapping[str, Any],
    workload: Workload,
    stored: Mapping[str, Any] | None,
) -> Arguments:
    """The arguments as they count.

    Args:
        spec, procedure: whose they are.
        given: by name, as a person gave them.
        workload: of the book.
        stored: as completed before, where the procedure is in the book already.

    Raises:
        DesignError: an argument that it does not have, a value that it can't have, one that is
            missing, or one that differs from what is stored.
    """
    known = {f.name for f in fields(procedure.arguments)} - {"procedure"}
    for key in given:
        if key not in known:
            raise DesignError(
                f'the procedure {spec.id} has no argument "{key}".{nearest(key, known)}',
                next_step=f"it has {', '.join(sorted(known))}",
            )
    if stored is not None:
        _refuse_differences(spec.id, stored, given)
        return _made(spec.id, procedure, stored)
    args = _with_baseline(given, workload)
    own = {"question": spec.question, **procedure.defaults(args, workload)}
    fixed = {**own.get("fixed", {}), **args.get("fixed", {})}
    args = {**own, **args, "fixed": fixed, "procedure": spec.id}
    if "max_train_steps" not in args:
        raise DesignError(
            f"the procedure {spec.id} needs max_train_steps; the book has no baseline yet",
            next_step="give max_train_steps=1000, the steps that a trial trains now",
        )
    made = _made(spec.id, procedure, args)
    _check_driven(spec, made)
    return made


def _with_baseline(given: Mapping[str, Any], workload: Workload) -> dict[str, Any]:
    if workload.baseline is None:
        return dict(given)
    for key in MERGED:
        scalars.table(key, given.get(key, {}))
    fixed = {**workload.baseline.config, **given.get("fixed", {})}
    return {"max_train_steps": workload.baseline.max_train_steps, **given, "fixed": fixed}


def _made(name: str, procedure: Procedure[Any, Any], data: Mapping[str, Any]) -> Arguments:
    plain = {key: to_data(_plain(value)) for key, value in data.items()}
    try:
        made: Arguments = from_data(procedure.arguments, plain)
    except CodecError as error:
        raise DesignError(
            f"an argument of the procedure {name}: {error.rule}",
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


def _refuse_differences(name: str, stored: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    differences = []
    for key, value in given.items():
        before, now = stored.get(key), to_data(_plain(value))
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
            f"this book has the procedure {name} with this question and other arguments: "
            + "; ".join(differences),
            next_step='give it a question of its own, question="...", or the arguments as before',
        )


def _check_driven(spec: ProcedureSpec, args: Arguments) -> None:
    renamed = (*spec.drives, *args.TUNED)
    for canonical in args.names:
        if canonical not in renamed:
            raise DesignError(
                f"names= renames what the procedure {spec.id} drives, "
                f'{", ".join(renamed)}; got "{canonical}".' + nearest(canonical, renamed),
                next_step='give the procedure\'s own name first: names={"learning_rate": "lr"}',
            )
    for canonical in spec.drives:
        name = args.called(canonical)
        if name not in args.fixed:
            close = nearest(name, args.fixed).strip()
            raise DesignError(
                f'the procedure {spec.id} drives "{name}", which is not in the book\'s '
                f"configuration: it has {', '.join(args.fixed) or 'nothing yet'}."
                + (f" {close}" if close else ""),
                next_step=f'say what training calls it, names={{"{canonical}": "..."}}, or give '
                f'the value that it has now: fixed={{"{name}": ...}}',
            )
