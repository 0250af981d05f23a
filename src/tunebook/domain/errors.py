"""The tree of errors. Each says which rule was broken, by which value, and what to do next.

TunebookError
├── DesignError            the plan of a round breaks a rule
│   ├── SpaceError         a hyperparameter's range, scale or condition does
│   └── PlanDiffersError   a round with this goal exists, with another plan
├── CodecError             JSON or TOML that does not say what it should
├── TableError             a CSV file or columns that are no table of trials
├── TrainingCodeError      the training function can't be found or called
│   └── TrainingLoadError  it is there, and fails as a worker loads it
├── ReportError            `trial.report(...)` was called in a way that records nothing sound
├── ClusterError           a cluster refuses its jobs, or can't be reached
├── EvidenceError          a decision or launch lacks the evidence that it needs
└── StoreError             the book can't be read or written
    ├── BookNotFoundError  no book has this name, or it is unclear which one is meant
    ├── BookBusyError      another process holds the book
    │   └── TrialBusyError another process, or a later attempt, holds the trial
    ├── BookAwayError      the book's server can't be reached at the moment
    ├── BookNewerError     made by a later version of Tunebook
    └── BookDamagedError   the file is not a book, or parts of it are gone
Infeasible                 raised by training code: this configuration can't work
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable


class TunebookError(Exception):
    """A broken rule, and the next step out of it.

    Args:
        rule: what was broken, by which value, and where.
        next_step: what the reader can do now.
    """

    def __init__(self, rule: str, *, next_step: str = "") -> None:
        self.rule = rule
        self.next_step = next_step
        super().__init__(f"{rule}\nNext: {next_step}" if next_step else rule)


class DesignError(TunebookError):
    """The plan of a round breaks a rule of the playbook."""


class SpaceError(DesignError):
    """A range, scale or condition of the search space makes no sense."""


class PlanDiffersError(DesignError):
    """A round with this goal exists already, with another plan."""


class CodecError(TunebookError):
    """A JSON or TOML document does not say what it should."""


class TableError(TunebookError):
    """Files or columns that do not make a table of trials."""


class TrainingCodeError(TunebookError):
    """The training function can't be found, imported or sent to a worker."""


class TrainingLoadError(TrainingCodeError):
    """The training code is there, and raises an error as a worker loads it."""


class ReportError(TunebookError):
    """A report that can't be recorded soundly."""


class ClusterError(TunebookError):
    """A cluster does not take the trials, or can't be reached."""


class EvidenceError(TunebookError):
    """A decision, a launch or a reading lacks the evidence that it needs."""


class StoreError(TunebookError):
    """The book can't be read or written."""


class BookNotFoundError(StoreError):
    """No book has this name, or it is unclear which one is meant."""


class BookBusyError(StoreError):
    """Another process holds the book, or a trial of it."""


class TrialBusyError(BookBusyError):
    """Another process writes this trial, or a later attempt has superseded this one."""


class BookAwayError(StoreError):
    """The server that keeps the book can't be reached at the moment; it may come back.

    What was acknowledged is kept there. Whether the call that raised it took place is not known:
    it may be repeated.
    """


class BookNewerError(StoreError):
    """The book was made by a later version of Tunebook."""


class BookDamagedError(StoreError):
    """The file is not a book, or parts of it are gone."""


class Infeasible(Exception):
    """Raise it in training code to say that this configuration can't work.

    The trial is recorded as infeasible with the text as its cause, and counts in every
    statistic; nothing else of the round is touched.

    Example:
        >>> from tunebook.domain.errors import Infeasible
        >>> raise Infeasible("the kernel does not fit into the image")
        Traceback (most recent call last):
        ...
        tunebook.domain.errors.Infeasible: the kernel does not fit into the image
    """


def nearest(word: str, known: Iterable[str]) -> str:
    """Return `' Did you mean "x"?'` for the closest known word, or an empty string."""
    close = close_words(word, known)
    return f' Did you mean "{close[0]}"?' if close else ""


ALIKE = 0.66
"""Share of equal letters from which one word can be a misspelling of another."""


def close_words(word: str, known: Iterable[str]) -> list[str]:
    """Return the known words that `word` can be a misspelling or a part of, the nearest first.

    Letters alone make "valid/loss" a neighbour of "train/loss": words of several parts are alike
    only where each part is.

    Example:
        >>> close_words("valid/loss", ["train/loss", "val/loss"])
        ['val/loss']
        >>> close_words("error", ["valid/error"])
        ['valid/error']
    """
    own = _parts(word)
    near = [k for k in known if _related(own, _parts(k))]
    return sorted(near, key=lambda k: -_alike("_".join(own), "_".join(_parts(k))))


def _parts(word: str) -> list[str]:
    return [p for p in re.split(r"[^a-z0-9]+", word.lower()) if p]


def _related(a: list[str], b: list[str]) -> bool:
    if not a or not b:
        return False
    if len(a) == len(b):
        return all(_alike(x, y) >= ALIKE for x, y in zip(a, b, strict=True))
    few, many = sorted((a, b), key=len)
    return set(few) <= set(many) or _alike("_".join(a), "_".join(b)) >= ALIKE


def _alike(a: str, b: str) -> float:
    return difflib.SequenceMatcher(None, a, b).ratio()
