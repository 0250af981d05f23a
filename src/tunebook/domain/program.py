"""A training program that stays as it is: its command, and where its numbers are found (I1)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from tunebook.domain.errors import TrainingCodeError, nearest
from tunebook.domain.frozen import freeze
from tunebook.domain.trial import Value

MARK = "command:"
"""Before the JSON text that stands for a program where a function would have its name."""
READERS = ("json", "csv", "tensorboard", "pattern")
OWN_MEANING = MappingProxyType(
    {
        "seed": "the seed of the trial",
        "max_train_steps": "the steps to train",
        "trial": "the name of the trial",
        "attempt": "the number of the attempt",
        "config": "the file with the configuration",
        "folder": "the folder of the trial",
        "python": "the Python that runs Tunebook",
    }
)
OWN = tuple(OWN_MEANING)
"""Placeholders that are no hyperparameters."""
EXITS = ("diverged", "out of memory", "crashed", "declared infeasible")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_SWITCH = re.compile(r"([^?]+)\?([^:]+)(?::(.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A command that trains one trial, and how its numbers are read.

    Attributes:
        args: the command, one text an argument, no shell. `{learning_rate}` stands for a
            hyperparameter, `{seed}`, `{max_train_steps}`, `{trial}` and `{attempt}` for what they
            say, `{config}` for the path of a JSON file with the whole configuration, `{folder}`
            for a folder of this trial's own, `{python}` for the Python that runs Tunebook. An
            argument with a hyperparameter that does not exist in a trial is left out there.
            `{augment?--augment}` is `--augment` where the hyperparameter is true, and nothing
            where it is false; `{amp?--amp:--no-amp}` is one or the other.
        metrics: where numbers are found: "json" (lines of standard output that are JSON objects),
            "json:FILE", "csv:FILE", "tensorboard:FOLDER", or "pattern:REGEX", whose named groups
            are metrics; FILE and FOLDER may have placeholders.
        step: name of the step among the numbers; where it is missing a metric's reports are
            counted.
        names: the book's metrics by what the program calls them, {"val_err": "valid/error"};
            empty takes all numbers under their own names.
        exits: what an exit code other than 0 means, {3: "diverged"}; else "crashed".
    """

    args: tuple[str, ...]
    metrics: str = "json"
    step: str = "step"
    names: Mapping[str, str] = field(default_factory=dict)
    exits: Mapping[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check_args(self.args)
        _check_metrics(self.metrics)
        for code, meaning in self.exits.items():
            if meaning not in EXITS or isinstance(code, bool) or not isinstance(code, int):
                raise TrainingCodeError(
                    f"an exit code means one of {', '.join(EXITS)}; got {code!r}: {meaning!r}."
                    + nearest(str(meaning), EXITS),
                    next_step='give exits={3: "diverged"}, for example',
                )
        object.__setattr__(self, "args", tuple(self.args))
        freeze(self, "names", "exits")

    @property
    def reader(self) -> tuple[str, str]:
        """Kind of reader, and its file, folder or pattern."""
        kind, _, where = self.metrics.partition(":")
        return kind, where

    @property
    def placeholders(self) -> tuple[str, ...]:
        """Names in braces, in the order in which they come."""
        kind, where = self.reader
        texts = [*self.args, *([where] if kind != "pattern" else [])]
        return tuple(dict.fromkeys(name for text in texts for name in names_in(text)))

    @property
    def path(self) -> str:
        """The text that stands for this program in a book and on the way to a worker."""
        content = {
            "args": list(self.args),
            "metrics": self.metrics,
            "step": self.step,
            "names": dict(self.names),
            "exits": {str(code): meaning for code, meaning in self.exits.items()},
        }
        return MARK + json.dumps(content, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_path(cls, path: str) -> Program:
        """The program that `path` stands for.

        Raises:
            TrainingCodeError: it stands for none.
        """
        try:
            content = json.loads(path.removeprefix(MARK))
            return cls(
                args=tuple(content["args"]),
                metrics=content["metrics"],
                step=content["step"],
                names=content["names"],
                exits={int(code): meaning for code, meaning in content["exits"].items()},
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise TrainingCodeError(
                f"this stands for no command: {path:.80}",
                next_step="give the command again: tb.command([...])",
            ) from error

    def __str__(self) -> str:
        return " ".join(self.args)


def command(
    args: Sequence[str],
    *,
    metrics: str = "json",
    step: str = "step",
    names: Mapping[str, str] | None = None,
    exits: Mapping[int, str] | None = None,
) -> Program:
    """A training program that stays as it is, for `round.run`; see `Program` for the arguments.

    Example:
        >>> train = command(["python", "train.py", "--lr={learning_rate}", "--seed={seed}"])
        >>> train.placeholders
        ('learning_rate', 'seed')
    """
    if isinstance(args, str):
        raise TrainingCodeError(
            f"a command is a list, one text an argument, since no shell reads it; got {args!r}",
            next_step=f"give {args.split()!r}",
        )
    return Program(
        args=tuple(args), metrics=metrics, step=step, names=names or {}, exits=exits or {}
    )


def names_in(text: str) -> list[str]:
    """Names that a text's placeholders stand for; doubled braces stand for themselves."""
    return [parted(inner)[0] for inner in _inner(text)]


def switches_in(text: str) -> list[str]:
    """Names of a text's placeholders that are written out where true: `{augment?--augment}`."""
    return [parted(inner)[0] for inner in _inner(text) if parted(inner)[1] is not None]


def parted(inner: str) -> tuple[str, tuple[str, str] | None]:
    """What stands in braces: a name, and the texts where it is true and where it is false.

    Example:
        >>> parted("lr"), parted("amp?--amp"), parted("amp?--amp:--no-amp")
        (('lr', None), ('amp', ('--amp', '')), ('amp', ('--amp', '--no-amp')))
    """
    found = _SWITCH.fullmatch(inner)
    return (inner, None) if found is None else (found[1], (found[2], found[3] or ""))


def filled(text: str, value_of: Callable[[str], Value], spelled: Callable[[Value], str]) -> str:
    """A text with its placeholders replaced by values.

    Args:
        text: with placeholders.
        value_of: the value of a name.
        spelled: how a value is written.
    """

    def one(found: re.Match[str]) -> str:
        name, texts = parted(found[1])
        value = value_of(name)
        return spelled(value) if texts is None else texts[0 if value else 1]

    shown = _PLACEHOLDER.sub(one, text.replace("{{", "\0").replace("}}", "\1"))
    return shown.replace("\0", "{").replace("\1", "}")


def _inner(text: str) -> list[str]:
    return _PLACEHOLDER.findall(text.replace("{{", "").replace("}}", ""))


def check_placeholders(program: Program, hyperparameters: Mapping[str, Collection[Value]]) -> None:
    """Every placeholder is a hyperparameter of the round, or one of OWN, and not both.

    Args:
        program: the command.
        hyperparameters: of the round, each with its values; none where it has a range.

    Raises:
        TrainingCodeError: names the one that is not, and the nearest that is; or a switch on a
            hyperparameter that is not true or false.
    """
    known = [*hyperparameters, *OWN]
    for name in program.placeholders:
        if name not in known:
            raise TrainingCodeError(
                f"the command speaks of {{{name}}}, which is no hyperparameter of this round."
                + nearest(name, known),
                next_step="correct the name, or write {{ and }} for braces that stand for "
                "themselves",
            )
        if name in hyperparameters and name in OWN:
            raise TrainingCodeError(
                f"{{{name}}} in the command has two meanings: a hyperparameter of this round, and "
                f"{OWN_MEANING[name]}",
                next_step=f'rename the hyperparameter, "my_{name}" for example, and write '
                f"{{my_{name}}} in the command",
            )
    for name in {n for text in program.args for n in switches_in(text)}:
        values = hyperparameters.get(name, ())
        if not values or not all(isinstance(value, bool) for value in values):
            raise TrainingCodeError(
                f"{{{name}?...}} in the command needs a hyperparameter that is true or false; "
                f"{name} is not",
                next_step=f"give {name} the values true and false, or write {{{name}}}",
            )


def _check_args(args: Sequence[str]) -> None:
    if (
        not args
        or not all(isinstance(arg, str) and "\0" not in arg for arg in args)
        or not args[0]
    ):
        raise TrainingCodeError(
            f"a command is one text an argument, the program first; got {list(args)!r}",
            next_step='give ["python", "train.py", "--lr={learning_rate}"], for example',
        )


def _check_metrics(metrics: str) -> None:
    kind, colon, where = str(metrics).partition(":")
    if kind not in READERS:
        raise TrainingCodeError(
            f"numbers are read by one of {', '.join(READERS)}; got {metrics!r}."
            + nearest(kind, READERS),
            next_step='give "json", "json:FILE", "csv:FILE", "tensorboard:FOLDER" or '
            '"pattern:REGEX"',
        )
    if kind == "pattern":
        _check_pattern(where)
    elif (kind != "json" or colon) and not where:
        raise TrainingCodeError(
            f'"{kind}" reads a file of this trial\'s own; got {metrics!r}',
            next_step=f'name it: "{kind}:{{folder}}/metrics"',
        )


def _check_pattern(pattern: str) -> None:
    try:
        groups = re.compile(pattern).groupindex
    except re.error as error:
        raise TrainingCodeError(
            f"a pattern is a regular expression of Python's; {pattern!r} is none: {error}",
            next_step="mend it; `python -c 'import re; re.compile(...)'` tries it",
        ) from None
    if not groups:
        raise TrainingCodeError(
            f"a pattern's named groups are the metrics; {pattern!r} has none",
            next_step=r"name them: step (?P<step>\d+) loss (?P<loss>\S+)",
        )
