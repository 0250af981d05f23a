"""Experiments on a server of MLflow, by the interface that its own clients use (C11)."""

from __future__ import annotations

import base64
import http.client
import json
import os
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

import numpy as np

from tunebook.domain.errors import TableError
from tunebook.domain.formats.numbers import plural
from tunebook.importers.mlflow.experiment import (
    DELETED,
    OWN_TAGS,
    PARENT,
    SYSTEM_METRICS,
    Experiment,
    History,
    Reading,
    Recorded,
)

TIMEOUT_S = 60.0
TRIES = 3
"""Of each request; a server that is busy may refuse the first."""
_PAUSE_S = 1.0
_AT_ONCE = 8
_PAGE = 1000
_VALUES = 25_000
"""Values of a page; without a number the server may cut a history off without a word."""
_LARGEST = 1.7976931348623157e308
_FEW = 40
"""Experiments: of more, the server is not asked which hold runs."""
_INTERFACE = "/api/2.0/mlflow/"
_BUSY = (429, 500, 502, 503, 504)
_OF_PAGE = re.compile(r"/?experiments/(\d+)")


class Server:
    """A tracking server.

    A token, or a name with a password, comes from the environment alone, by the variables that
    MLflow uses: MLFLOW_TRACKING_TOKEN, MLFLOW_TRACKING_USERNAME, MLFLOW_TRACKING_PASSWORD.

    Args:
        url: `http(s)://HOST:PORT`, perhaps with a path; what a browser shows does too.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        self._base = f"{parts.scheme}://{host}{parts.path.rstrip('/')}"
        self._name = host
        shown = _OF_PAGE.match(parts.fragment)
        self.shown_experiment = shown.group(1) if shown else ""
        self._headers = {"Accept": "application/json", **_credentials(url)}

    def experiments(self) -> list[Experiment]:
        """Those that are not deleted; of a few, those that hold runs."""
        with self._understood():
            search = self._pages("experiments/search", {"max_results": _PAGE}, "experiments")
            found = [
                Experiment(id=str(own["experiment_id"]), name=str(own["name"]), runs=None)
                for own in search
            ]
        if not 1 < len(found) <= _FEW:
            return found
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            filled = list(pool.map(self._has_runs, found))
        return [own for own, there in zip(found, filled, strict=True) if there]

    def _has_runs(self, experiment: Experiment) -> bool:
        asked = {"experiment_ids": [experiment.id], "max_results": 1}
        return bool(self._ask("runs/search", body=asked).get("runs"))

    def read(self, experiment: Experiment) -> Reading:
        """Every run of one experiment, and every value of its metrics."""
        asked = {
            "experiment_ids": [experiment.id],
            "max_results": _PAGE,
            "run_view_type": "ALL",
            "order_by": ["attributes.start_time ASC"],
        }
        with self._understood():
            answers = list(self._pages("runs/search", asked, "runs"))
            found = [_run(answer) for answer in answers]
        there = [(run, metrics) for run, metrics in found if not run.deleted]
        every = [(run, metric) for run, metrics in there for metric in metrics]
        wanted = [pair for pair in every if not pair[1].startswith(SYSTEM_METRICS)]
        with self._understood(), ThreadPoolExecutor(_AT_ONCE) as pool:
            read = pool.map(lambda pair: self._history(pair[0].id, pair[1]), wanted)
            for (run, metric), history in zip(wanted, read, strict=True):
                if len(history.steps):
                    run.metrics[metric] = history
        system = len(every) - len(wanted)
        notes = [f"Not read: {plural(system, 'curve')} of the machine (system/...)."]
        runs = [run for run, _ in found]
        return Reading(runs=runs, notes=tuple(notes) if system else ())

    @contextmanager
    def _understood(self) -> Iterator[None]:
        """Answers without what they must have are no answers of MLflow."""
        try:
            yield
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
            raise self._no_server() from None

    def _history(self, run: str, metric: str) -> History:
        asked = {"run_id": run, "run_uuid": run, "metric_key": metric, "max_results": _VALUES}
        rows = list(self._pages("metrics/get-history", asked, "metrics", get=True))
        values = np.array([float(row.get("value", 0.0)) for row in rows], np.float64)
        far = np.abs(values) >= _LARGEST
        values[far] = np.copysign(np.inf, values[far])
        return History(
            np.array([int(row.get("step", 0)) for row in rows], np.int64),
            np.array([int(row.get("timestamp", 0)) for row in rows], np.int64),
            values,
        )

    def _pages(
        self, what: str, asked: Mapping[str, Any], key: str, *, get: bool = False
    ) -> Iterator[Any]:
        """Every part of an answer that comes in pages."""
        token, seen = "", set[str]()
        while True:
            page = {**asked, "page_token": token} if token else dict(asked)
            answer = self._ask(what, query=page) if get else self._ask(what, body=page)
            rows = answer.get(key) or []
            yield from rows
            seen.add(token)
            token = str(answer.get("next_page_token") or "")
            if not token or token in seen or not rows:
                return

    def _ask(
        self,
        what: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Mapping[str, Any]:
        url = self._base + _INTERFACE + what + (f"?{urlencode(query)}" if query else "")
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data=content)
        for name, value in self._headers.items():
            # A redirect to another host must not carry the token there.
            request.add_unredirected_header(name, value)
        if content is not None:
            request.add_header("Content-Type", "application/json")
        answer = self._translated(lambda: _answer(request))
        if not isinstance(answer, dict):
            raise self._no_server()
        return answer

    def _translated(self, ask: Callable[[], Any]) -> Any:
        """An answer; what goes wrong on the way, in a sentence."""
        for again in reversed(range(TRIES)):
            try:
                return ask()
            except urllib.error.HTTPError as error:
                error.close()
                if error.code not in _BUSY or not again:
                    raise self._refusal(error) from None
            except (ValueError, UnicodeDecodeError):
                raise self._no_server() from None
            except (OSError, http.client.HTTPException) as error:
                if not again:
                    raise TableError(
                        f"the server {self._name} does not answer: {_reason(error)}",
                        next_step="check the address, and whether the server runs",
                    ) from None
            time.sleep(_PAUSE_S)
        raise AssertionError  # the last try returns or raises

    def _refusal(self, error: urllib.error.HTTPError) -> TableError:
        if error.code in (401, 403):
            return TableError(
                f"the server {self._name} refuses to be read: {error.code} {error.reason}",
                next_step="set MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and "
                "MLFLOW_TRACKING_PASSWORD, in the environment",
            )
        if error.code in (404, 405):
            return self._no_server()
        return TableError(
            f"the server {self._name} answers {error.code} {error.reason}",
            next_step="read the log of the server, or name its database instead",
        )

    def _no_server(self) -> TableError:
        return TableError(
            f"{self._name} does not answer as a server of MLflow",
            next_step="give its address as in http://HOST:5000, with the path below which it is "
            "served; of a file elsewhere get a copy, and name that",
        )


def _answer(request: urllib.request.Request) -> Any:
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:
        return json.loads(response.read())


def _reason(error: Exception) -> str:
    reason = getattr(error, "reason", None) or error
    return str(getattr(reason, "strerror", None) or reason or type(error).__name__)


def _credentials(url: str) -> dict[str, str]:
    """The header that lets a reader in, from the environment, else from the URL."""
    if token := os.environ.get("MLFLOW_TRACKING_TOKEN"):
        return {"Authorization": f"Bearer {token}"}
    name = os.environ.get("MLFLOW_TRACKING_USERNAME")
    password = os.environ.get("MLFLOW_TRACKING_PASSWORD")
    parts = urlsplit(url)
    if name is None and parts.username is not None:
        name, password = unquote(parts.username), unquote(parts.password or "")
    if name is None:
        return {}
    pair = base64.b64encode(f"{name}:{password or ''}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


def _run(answer: Mapping[str, Any]) -> tuple[Recorded, list[str]]:
    """A run without its metrics' values, and the names of its metrics."""
    info, data = answer["info"], answer.get("data", {})
    tags = {str(t["key"]): str(t.get("value", "")) for t in data.get("tags", ())}
    run = Recorded(
        id=str(info.get("run_id") or info.get("run_uuid")),
        name=str(info.get("run_name") or tags.get("mlflow.runName") or ""),
        status=str(info.get("status", "RUNNING")).lower(),
        started=int(info["start_time"]) if "start_time" in info else None,
        ended=int(info["end_time"]) if int(info.get("end_time") or 0) else None,
        params={str(p["key"]): str(p.get("value", "")) for p in data.get("params", ())},
        tags={n: v for n, v in tags.items() if n == PARENT or not n.startswith(OWN_TAGS)},
        deleted=info.get("lifecycle_stage") == DELETED,
    )
    return run, [str(m["key"]) for m in data.get("metrics", ())]
