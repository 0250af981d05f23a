"""Is exploration done? What C1 to C3 still say of a table before exploitation begins (B7)."""

from __future__ import annotations

import warnings

import numpy as np
from threadpoolctl import threadpool_limits

from tunebook.checks import CHECKS, SPECS, run_check
from tunebook.domain.finding import NotApplicable
from tunebook.domain.table import TrialTable


def missing_exploration(table: TrialTable, *, seed: int = 0) -> tuple[str, ...]:
    """What a table of trials lacks for exploitation; empty where nothing is missing.

    A warning or a problem of C1 (best at an edge), C2 (sampled thinly) or C3 (fails, and where)
    does; so does a note of C2, which says that nothing shows dense sampling, and a check that
    can't speak.

    Args:
        table: the trials of exploration.
        seed: of the checks' resampling.

    Returns:
        one "C2: sentence" each.
    """
    if table.adaptive:
        return (
            "C1 to C3: these trials were chosen by earlier results, so that no check can tell "
            "how densely the space was explored",
        )
    missing: list[str] = []
    with (
        threadpool_limits(1, user_api="blas"),
        warnings.catch_warnings(),
        np.errstate(all="ignore"),
    ):
        # Arithmetic on the NaN of infeasible trials is no fault; see examination/examine.py.
        warnings.simplefilter("ignore", RuntimeWarning)
        for check in CHECKS:
            blocking = SPECS[check].blocks_exploitation
            if not blocking:
                continue
            said = run_check(check, table, seed=seed)
            if isinstance(said, NotApplicable):
                missing.append(f"{check}: {said.reason}; it needs {said.needs}")
            else:
                missing += [
                    f"{check}: {f.sentence}" for f in said.findings if f.severity in blocking
                ]
    return tuple(missing)
