"""What a report holds: numbers by name, what is none, and the call that was meant (I2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tunebook.domain.errors import ReportError
from tunebook.domain.trial import Cause


class BadReport(ReportError):
    """A report that can't be recorded; names the cause under which the trial is infeasible."""

    def __init__(self, rule: str, cause: Cause, *, next_step: str) -> None:
        super().__init__(rule, next_step=next_step)
        self.cause = cause


MOST_METRICS = 10_000
"""Names of metrics in one trial: each is a curve of its own."""
LONGEST_NAME = 1_000


Wrong = tuple[Any, Any, Exception]
"""Name and value of a metric that is no number, and what came of asking for one."""


def numbers_of(metrics: Mapping[str, Any]) -> tuple[dict[str, float], list[Wrong]]:
    """Metrics that are numbers, and those that are not."""
    numbers: dict[str, float] = {}
    wrong: list[Wrong] = []
    for name, value in metrics.items():
        try:
            if type(value) is not float and (isinstance(value, str | bytes) or _is_bool(value)):
                raise TypeError("no number")
            if not isinstance(name, str):
                raise TypeError("no name")
            numbers[name] = float(value)
        except Exception as error:  # whatever a framework's number raises, the others are kept
            wrong.append((name, value, error))
    return numbers, wrong


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool) or str(getattr(value, "dtype", "")) in ("bool", "torch.bool")


def no_number(step: int, name: Any, value: Any, error: Exception) -> Exception:
    """What to raise for a metric without a number: its own error where that says more."""
    if isinstance(error, BadReport):
        return error
    if not isinstance(name, str):
        return BadReport(
            f"a metric's name is a text; one at step {step} is {short(name)}",
            Cause.BAD_VALUE,
            next_step=f'name it: {{"{short(name)}": ...}}',
        )
    several = getattr(value, "shape", ()) not in ((), None)
    if not several and not isinstance(error, TypeError | ValueError | OverflowError):
        # A device's error, such as memory spent, shows where the number is first asked for.
        return error
    return BadReport(
        f'a metric is a number; "{name}" at step {step} is {short(value)}',
        Cause.BAD_VALUE,
        next_step=f'report a float: {{"{name}": float(...)}}',
    )


def same_number(a: float, b: float) -> bool:
    """True where two numbers are alike, NaN and NaN too."""
    return a == b or (a != a and b != b)


def right_call(step: Any, metrics: Any, objective: str) -> str:
    """The call that was meant, for arguments in the wrong order or a number without a name."""
    if isinstance(step, Mapping):
        return f"trial.report({short(metrics)}, {short(step)})"
    # `report(5, 0.3)` has its step in front; `report(0.3, 5)` is the order of Optuna.
    in_front = isinstance(step, int) and not isinstance(metrics, int)
    at, value = (step, metrics) if in_front else (metrics, step)
    return f'trial.report({short(at)}, {{"{objective}": {short(value)}}})'


def short(value: Any) -> str:
    """A value in a line of an error: no tensor's hundred rows."""
    try:
        shown = " ".join(repr(value).split())
    except Exception:  # the number of a device that has failed may not even be shown
        shown = f"a {type(value).__name__}"
    return shown if len(shown) <= 80 else shown[:77] + "..."


def unfit_name(name: str) -> BadReport | None:
    """What is wrong with a metric's name; None where a book can hold it.

    Any text that Unicode knows is fine. PostgreSQL holds no NUL, and no database a half of a
    surrogate pair; both come from text that was decoded wrongly.
    """
    if not name or len(name) > LONGEST_NAME:
        return BadReport(
            f"a metric's name has 1 to {LONGEST_NAME:,} characters; "
            + (f"{short(name)} has {len(name):,}" if name else "got an empty one"),
            Cause.BAD_VALUE,
            next_step='name it: {"valid/error": ...}',
        )
    if "\0" in name or any("\ud800" <= c <= "\udfff" for c in name):
        return BadReport(
            f"a metric's name is text without NUL and lone surrogates; got {name!a:.80}",
            Cause.BAD_VALUE,
            next_step="decode it as UTF-8 where it is read",
        )
    return None


def too_many(name: str) -> BadReport:
    """A metric beyond those that one trial may have."""
    return BadReport(
        f"a trial reports at most {MOST_METRICS:,} metrics; {short(name)} is one more",
        Cause.BAD_VALUE,
        next_step="keep a metric for each layer or class in a file: trial.artifact(...)",
    )
