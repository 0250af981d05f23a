"""A sweep as another tool recorded it: the one form that every reader gives (C11)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tunebook.domain.errors import TableError
from tunebook.domain.ledger import Ledger
from tunebook.domain.space import Axis
from tunebook.importers.csv.columns import TrialRows
from tunebook.importers.csv.measurements import Measurements

if TYPE_CHECKING:
    from sqlalchemy import URL


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepSource:
    """Trials, curves, and what the tool says of them.

    Attributes:
        rows: one row a trial, under the names that the tool's own table has.
        curves: measurements during training; None where there are none.
        declared: the range of each hyperparameter that the tool knows, without the prefix that its
            column has.
        objectives: those that the tool was told, as "minimize:value".
        reduce: how a curve becomes the value that the tool has of it, by metric: "best" or "last".
        adaptive: earlier results chose later configurations; None where the tool does not say.
        chosen: what chose each row, as `domain/origin.py` names it ("random", "quasi-random",
            "grid", "by hand", the name of an adaptive sampler, or ""); empty where no row says.
        ledger: the runs, where the source is the ledger of an agent, which has no hyperparameters.
    """

    rows: TrialRows
    curves: Measurements | None = None
    declared: Mapping[str, Axis] = field(default_factory=dict)
    objectives: tuple[str, ...] = ()
    reduce: Mapping[str, str] = field(default_factory=dict)
    adaptive: bool | None = None
    chosen: tuple[str, ...] = ()
    ledger: Ledger | None = None


def shown(place: str | Path) -> str:
    """The place as texts name it: a file's name, or a URL without its password."""
    if isinstance(place, Path):
        return place.name
    if place.startswith(("http://", "https://")):
        parts = urlsplit(place)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    return url_of(place).render_as_string()


def url_of(place: str) -> URL:
    """The parts of a database's URL.

    Raises:
        TableError: it is none, such as the address of a file on a server.
    """
    import sqlalchemy as sa

    try:
        url = sa.make_url(place)
        url.get_dialect()
        return url
    except sa.exc.ArgumentError:
        kind = place.partition("://")[0]
        raise TableError(
            f'"{kind}://" is no database that can be read',
            next_step="of a file elsewhere get a copy, and name that; a database is named as in "
            "sqlite:///FILE.db or postgresql+psycopg://USER@HOST/DATABASE",
        ) from None
