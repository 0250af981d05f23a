"""Procedures: what takes many rounds, in one call (A3 A4 E1 E3 E4 E5 F G1 H).

A procedure is a small state machine over rounds of one book. It shows its plan and cost first,
runs, can be stopped and resumed, and ends in findings, pictures and a proposal. All that it
knows is in the rounds: from their trials it works out which round is next, and what they show.
docs/procedures.md explains how to write one.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from types import MappingProxyType

from tunebook.checks.spec import OTHER_FINDINGS
from tunebook.domain.errors import DesignError, nearest
from tunebook.procedures.spec import ProcedureSpec

FOLDERS = ("batch_size", "instability", "optimizers", "throughput", "training_length")
"""The catalogue: a folder for each procedure, with its `SPEC`."""

SPECS: Mapping[str, ProcedureSpec] = MappingProxyType(
    {
        spec.id: spec
        for folder in FOLDERS
        for spec in [importlib.import_module(f"{__name__}.{folder}").SPEC]
    }
)
"""Every procedure by its name."""

OTHER_FINDINGS.update({text.id: text for spec in SPECS.values() for text in spec.findings})


def spec_of(name: str) -> ProcedureSpec:
    """The catalogue's entry of a procedure.

    Raises:
        DesignError: there is none of that name; names the nearest.
    """
    if name not in SPECS:
        raise DesignError(
            f"a procedure is one of {', '.join(SPECS)}; got {name!r}." + nearest(str(name), SPECS),
            next_step=f'name one, as "{next(iter(SPECS))}"; tunebook procedure lists them',
        )
    return SPECS[name]
