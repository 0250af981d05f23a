"""What training reads of a trial's configuration, and calls that other tuners' handles have."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NoReturn

from tunebook.domain.errors import ReportError, close_words
from tunebook.domain.trial import Value

HABITS = {
    "suggest_float": 'trial.config["{0}"], with the range in the round\'s plan',
    "suggest_int": 'trial.config["{0}"], with the range in the round\'s plan',
    "suggest_categorical": 'trial.config["{0}"], with the values in the round\'s plan',
    "suggest_uniform": 'trial.config["{0}"], with the range in the round\'s plan',
    "suggest_loguniform": 'trial.config["{0}"], with the range in the round\'s plan',
    "should_prune": "nothing: exploration trials train all their steps",
    "log": 'trial.report(step, {{"valid/error": value}})',
    "params": "trial.config",
    "set_user_attr": 'trial.report(step, {{"name": value}})',
}


class UnknownCall(ReportError, AttributeError):
    """A call that other tuners' handles have; an AttributeError too, so that `hasattr` works."""


def _misspelt(name: str, known: Collection[str]) -> str:
    """A known name that is close; which of the two is misspelt only a person knows."""
    close = close_words(name, known)
    if not close:
        return ""
    return f' It is close to "{close[0]}": correct the wrong one, in the round or in training.'


class ReadConfiguration(Mapping[str, Value]):
    """A configuration that notes which hyperparameters training reads.

    Training that asks whether a hyperparameter exists, `"momentum" in trial.config`, has thereby
    read what that depends on.

    Args:
        values: by name.
        decided_by: for hyperparameters that exist in some trials only, what decides about it.
    """

    def __init__(
        self,
        values: Mapping[str, Value],
        decided_by: Mapping[str, Sequence[str]] = MappingProxyType({}),
    ) -> None:
        self._values = dict(values)
        self._decided_by = decided_by
        self.read: set[str] = set()

    def __getitem__(self, name: str) -> Value:
        self.read.add(name)
        try:
            return self._values[name]
        except KeyError:
            self.read.update(self._decided_by.get(name, ()))
            known = ", ".join(self._values)
            raise KeyError(
                f'"{name}" does not exist in this trial; it has {known}.'
                + _misspelt(str(name), self._values)
            ) from None

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("_") or name not in self._values:
            raise AttributeError(f"a configuration has no attribute {name!r}")
        raise AttributeError(f'a hyperparameter is read by its name: trial.config["{name}"]')

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, name: object) -> bool:
        if isinstance(name, str):
            self.read.update(self._decided_by.get(name, ()))
        return name in self._values

    def __repr__(self) -> str:
        return repr(self._values)
