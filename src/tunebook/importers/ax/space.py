"""Search spaces and objectives of Ax, as its JSON has them (C11)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from tunebook.domain.formats.numbers import listed, plural
from tunebook.domain.space import Axis
from tunebook.importers.ranges import choice_of, number_range

_TERM = re.compile(r"\s*([+-]?)\s*(?:1(?:\.0*)?\s*\*\s*)?(.+?)\s*")


def parameters(experiment: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The declared parameters."""
    space = experiment.get("search_space")
    own = space.get("parameters") if isinstance(space, dict) else None
    return [p for p in own if isinstance(p, dict)] if isinstance(own, list) else []


def ranges(declared: Sequence[Mapping[str, Any]]) -> dict[str, Axis]:
    """The range of each parameter that has one."""
    found = {str(p.get("name")): _axis(p) for p in declared}
    return {name: axis for name, axis in found.items() if axis is not None}


def _axis(own: Mapping[str, Any]) -> Axis | None:
    whole = type_of(own.get("parameter_type")) == "INT"
    log = own.get("log_scale") is True
    if own.get("__type") == "RangeParameter":
        return number_range(own.get("lower"), own.get("upper"), whole=whole, log=log)
    values = own.get("values")
    if own.get("__type") != "ChoiceParameter" or not isinstance(values, list):
        return None
    numbers = [v for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
    if own.get("is_ordered") and len(numbers) == len(values) > 1:
        # An ordered choice of numbers is a range in steps.
        return number_range(min(numbers), max(numbers), whole=whole, log=log)
    return choice_of(values)


def type_of(told: Any) -> str:
    """The name of a value of an enumeration: `{"name": "INT"}`."""
    return str(told.get("name", "")) if isinstance(told, dict) else ""


def derived(declared: Sequence[Mapping[str, Any]]) -> set[str]:
    """Parameters that others determine."""
    return {str(p.get("name")) for p in declared if p.get("__type") == "DerivedParameter"}


def notes_on(experiment: Mapping[str, Any], declared: Sequence[Mapping[str, Any]]) -> list[str]:
    """What of the space and the objective a table can't show, a sentence each."""
    said = []
    space = experiment.get("search_space")
    constraints = space.get("parameter_constraints") if isinstance(space, dict) else None
    if constraints:
        said.append(
            f"The space has {plural(len(constraints), 'constraint')} between hyperparameters; "
            "ranges are shown without."
        )
    logit = [str(p.get("name")) for p in declared if p.get("logit_scale") is True]
    if logit:
        said.append(f"{listed(logit, 6)}: the logit scale is shown as a linear one.")
    told = experiment.get("optimization_config")
    own = told if isinstance(told, dict) else {}
    limits = [own.get(key) for key in ("outcome_constraints", "objective_thresholds")]
    count = sum(len(limit) for limit in limits if isinstance(limit, list))
    if count:
        said.append(
            f"The experiment has {plural(count, 'outcome constraint')}; which trials meet them is "
            "not checked."
        )
    return said


def objectives(experiment: Mapping[str, Any], metrics: Collection[str]) -> tuple[str, ...]:
    """What the experiment optimizes, `minimize:loss`; empty where that is no metric alone."""
    told = experiment.get("optimization_config")
    own = told.get("objective") if isinstance(told, dict) else None
    if not isinstance(own, dict):
        return ()
    if isinstance(own.get("expression"), str):
        return _expressed(own["expression"], metrics)
    several = own.get("objectives")
    each = several if isinstance(several, list) else [own]
    found = []
    for one in each:
        metric = one.get("metric") if isinstance(one, dict) else None
        if not isinstance(metric, dict) or not isinstance(one.get("minimize"), bool):
            return ()
        found.append(f"{'minimize' if one['minimize'] else 'maximize'}:{metric.get('name')}")
    return tuple(found)


def _expressed(text: str, metrics: Collection[str]) -> tuple[str, ...]:
    """Of `-loss, accuracy`; empty where a term is a sum or a product."""
    found = []
    for term in text.split(","):
        match = _TERM.fullmatch(term)
        if match is None or match.group(2) not in metrics:
            return ()
        found.append(f"{'minimize' if match.group(1) == '-' else 'maximize'}:{match.group(2)}")
    return tuple(found)
