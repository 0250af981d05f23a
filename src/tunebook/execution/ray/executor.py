"""Trials on a Ray cluster, one actor each at a time, with no folder shared (I2).

All of Ray is in a process of its own, the driver, which keeps the trials' files here up to date.
This end starts it, hands it trials, and hears how they ended.
"""

from __future__ import annotations

import importlib.util
import os
import select
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from tunebook.domain.errors import ClusterError
from tunebook.domain.formats.names import spell
from tunebook.domain.trial import TrialKey
from tunebook.execution import Ended
from tunebook.execution.child import WorkerProcess
from tunebook.execution.outcome import ended_from_data
from tunebook.execution.ray import SPEC
from tunebook.execution.ray.messages import code_of, line, order
from tunebook.execution.ray.settings import RaySettings
from tunebook.training.assignment import Assignment, TrainingCode

DRIVER = "tunebook.execution.ray.driver"
CONNECT_S = 120.0
NAP_S = 0.25
CLOSE_S = 30.0
"""Beyond the grace: what the driver needs to end its actors and itself."""


class RayExecutor(RaySettings):
    """Trains trials on the nodes of a Ray cluster, which need share no folder with this machine.

    Args:
        workers: trials at a time; left out, as many as the cluster has places for now. Give it
            for a cluster that grows with what waits.
        address: as `ray.init` takes it, "auto" or "10.0.0.7:6379"; left out, RAY_ADDRESS, else
            the cluster that runs on this machine, else a new one here on loopback.
        cpus, gpus, memory_mb, resources: what one trial takes of a node, for its placement; gpus
            may be a part of one. `memory_mb` is MB of 2^20 bytes.
        runtime_env: as Ray takes it: `{"working_dir": "."}` carries your code to the nodes.
        host_gone_s: a node stops training once this host has been silent for so long.

    Raises:
        DesignError: an argument makes no sense, or Ray is not installed.
        ClusterError: the cluster can't be reached, or Ray refuses.

    Example:
        >>> asked.run(train, executor=tb.RayExecutor(gpus=0.5))  # doctest: +SKIP
    """

    workers: int

    def __post_init__(self) -> None:
        super().__post_init__()
        if importlib.util.find_spec("ray") is None:
            raise SPEC.not_installed("ray")
        self._codes: list[TrainingCode] = []
        self._under_way: dict[TrialKey, int] = {}
        self._ended: list[Ended] = []
        self._closed = False
        self._driver, cluster = start(self)
        self.workers = self.workers or max(1, cluster["places"])
        if not cluster["places"]:
            print(
                f"Warning: none of the {cluster['nodes']} nodes of the Ray cluster has "
                f"{_amounts(cluster['needs'])} for a trial; trials wait until one does.",
                file=sys.stderr,
            )

    def submit(self, assignment: Assignment) -> None:
        """Hand a trial to the driver."""
        code = assignment.code
        number = next((n for n, known in enumerate(self._codes) if known is code), -1)
        if number < 0:
            number = len(self._codes)
            self._codes.append(code)
            self._driver.send(code_of(assignment, number))
        self._under_way[assignment.trial.key] = assignment.trial.attempt
        self._driver.send(order(assignment, number))

    def wait(self, timeout_s: float) -> tuple[Ended, ...]:
        """Attempts that ended; sleeps until there is one or the time is up.

        Raises:
            ClusterError: the cluster is lost. `close` then returns what was under way.
        """
        until = time.monotonic() + timeout_s
        while True:
            dead = self._driver.ended() is not None
            self._hear()
            if self._ended:
                return self._take_ended()
            if dead:
                raise self._lost()
            left = until - time.monotonic()
            if left <= 0:
                return ()
            nap = min(left, 0.01 if self._driver.behind else NAP_S)
            select.select([self._driver.replies], [], [], nap)
            self._driver.flush()

    def cancel(self, key: TrialKey) -> None:
        """Have a trial stopped; `wait` returns it once its node has."""
        self._driver.send(line({"do": "cancel", "key": [key.round, key.number]}))

    def close(self, *, grace_s: float = 2.0) -> tuple[Ended, ...]:
        """Stop all trials, end the actors, and leave the cluster; one started here ends."""
        if self._closed:
            return ()
        self._closed = True
        until = time.monotonic() + grace_s + CLOSE_S
        try:
            self._driver.send(line({"do": "close", "grace_s": grace_s}))
            while self._driver.ended() is None and time.monotonic() < until:
                select.select([self._driver.replies], [], [], NAP_S)
                self._driver.flush()
                self._hear()
            self._hear()
        except KeyboardInterrupt:  # a second Ctrl-C
            pass
        finally:
            self._driver.kill()
        for key, attempt in self._under_way.items():
            self._ended.append(Ended(key=key, attempt=attempt))
        self._under_way.clear()
        return self._take_ended()

    def _hear(self) -> None:
        for message in self._driver.read():
            ended = ended_from_data(message["ended"])
            if self._under_way.get(ended.key) == ended.attempt:
                del self._under_way[ended.key]
                self._ended.append(ended)

    def _lost(self) -> ClusterError:
        words = _last_words(self._driver)
        return ClusterError(
            f"the Ray cluster was lost while {len(self._under_way)} trials were under way"
            + (f" ({words})" if words else ""),
            next_step="start the cluster, then run again; reports and checkpoints that reached "
            "this machine are kept",
        )

    def _take_ended(self) -> tuple[Ended, ...]:
        out, self._ended = tuple(self._ended), []
        return out


def start(settings: RaySettings) -> tuple[WorkerProcess, dict[str, Any]]:
    """The driver, connected, and what its cluster has.

    Raises:
        ClusterError: it can't be reached, or Ray refuses.
    """
    driver, said = asked(settings)
    nowhere = settings.address is None and not os.environ.get("RAY_ADDRESS")
    if said["said"] == "none" and nowhere:
        driver.kill()
        driver, said = asked(settings, local=True)
    if said["said"] == "ready":
        return driver, said
    driver.kill()
    address = settings.address or os.environ.get("RAY_ADDRESS")
    where = f" at {address}" if address else ""
    raise ClusterError(
        f"can't connect to a Ray cluster{where}: {said['why']}",
        next_step="check `ray status` on that machine; its Python and Ray must have the same "
        "versions as here",
    )


def asked(
    settings: RaySettings, *, local: bool = False, within_s: float = CONNECT_S
) -> tuple[WorkerProcess, dict[str, Any]]:
    """A driver, and its answer: "ready" with what the cluster has, "none" or "refused".

    "none": no address was given, and no cluster runs on this machine.
    """
    driver = WorkerProcess({"PYTHONUNBUFFERED": "1"}, ".", module=DRIVER)
    try:
        driver.send(settings.line(local=local))
        until = time.monotonic() + within_s
        while time.monotonic() < until:
            dead = driver.ended() is not None
            for message in driver.read():
                return driver, message
            if dead:
                words = _last_words(driver) or "the process that speaks with Ray was ended"
                return driver, {"said": "refused", "why": words}
            with suppress(InterruptedError):
                select.select([driver.replies], [], [], NAP_S)
    except BaseException:
        driver.kill()
        raise
    return driver, {"said": "refused", "why": f"no answer for {spell(within_s)} s"}


def _last_words(driver: WorkerProcess) -> str:
    """The last line of its own that the driver printed; what Ray says of nodes is not."""
    lines = [text.strip() for text in driver.early_output().splitlines() if text.strip()]
    own = [text for text in lines if "(raylet" not in text and "(autoscaler" not in text]
    return own[-1][:300] if own else ""


def _amounts(needs: Mapping[str, float]) -> str:
    return ", ".join(f"{spell(amount)} {name}" for name, amount in needs.items())
