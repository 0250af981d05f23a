"""Between the runner and a Ray cluster: `python -m tunebook.execution.ray.driver HEAR SAY` (I2).

A process of its own, since Ray ends a process whose cluster is lost, and the runner has a book to
put in order then. It trains each trial on an actor, keeps the host's copy of what that writes,
and ends, with all its actors, as soon as the runner is gone.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from tunebook.domain.trial import TrialKey
from tunebook.execution import Ended
from tunebook.execution.outcome import ended_to_data
from tunebook.execution.ray.cluster import Cluster, connect
from tunebook.execution.ray.messages import line
from tunebook.execution.ray.settings import RaySettings
from tunebook.execution.ray.trial import Order, train
from tunebook.training.log import AttemptFiles

MOST_LINE = 1 << 30
SYNC_EVERY_S = 1.0
CLOSE_S = 15.0
"""Beyond the grace: for what is still on its way from the nodes."""


def main() -> None:
    """Serve the runner until it hangs up."""
    hear, say = int(sys.argv[1]), int(sys.argv[2])
    del sys.argv[1:]  # nothing that is loaded here takes them for its own
    for descriptor in (hear, say):
        os.set_inheritable(descriptor, False)
    asyncio.run(_serve(hear, say))


async def _serve(hear: int, say: int) -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=MOST_LINE)
    await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(hear, "rb")
    )
    told = json.loads(await reader.readline())
    local = told.pop("local")
    try:
        cluster = connect(RaySettings(**told), local=local)
    except ConnectionError as error:
        _say(say, line({"said": "none", "why": str(error)}))
        return
    except Exception as error:  # whatever Ray has against it
        _say(say, line({"said": "refused", "why": f"{type(error).__name__}: {error}"}))
        return
    _say(say, line({"said": "ready", **cluster.described()}))
    await Driver(cluster, say).serve(reader)


class Driver:
    """The attempts under way, each a task."""

    def __init__(self, cluster: Cluster, say: int) -> None:
        self._cluster, self._say_to = cluster, say
        self._codes: dict[int, dict[str, Any]] = {}
        self._orders: dict[TrialKey, Order] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader) -> None:
        """Obey the runner to its end."""
        syncing = asyncio.create_task(self._sync())
        try:
            while told := await reader.readline():
                message = json.loads(told)
                if message["do"] == "close":
                    await self._close(message["grace_s"])
                    return
                self._obey(message)
        finally:
            syncing.cancel()
            await self._close(0.0)
            await self._cluster.leave()

    def _obey(self, message: dict[str, Any]) -> None:
        if message["do"] == "code":
            self._codes[message["number"]] = message["code"]
        elif message["do"] == "train":
            order = _order(message, self._codes[message["code"]])
            self._orders[order.key] = order
            task = asyncio.create_task(self._train(order))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        elif message["do"] == "cancel":
            known = self._orders.get(TrialKey(*message["key"]))
            if known is not None:
                known.cancel()

    async def _train(self, order: Order) -> None:
        ended = Ended(key=order.key, attempt=order.attempt)
        try:
            ended = await train(order, self._cluster)
        finally:
            if self._orders.get(order.key) is order:
                del self._orders[order.key]
            _say(self._say_to, line({"said": "ended", "ended": ended_to_data(ended)}))

    async def _close(self, grace_s: float) -> None:
        for order in self._orders.values():
            order.stop(grace_s)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace_s + CLOSE_S)
        for task in self._tasks:
            task.cancel()

    async def _sync(self) -> None:
        while True:
            await asyncio.sleep(SYNC_EVERY_S)
            for order in list(self._orders.values()):
                if order.copy is not None:
                    with suppress(OSError):  # said by the next write
                        await asyncio.to_thread(order.copy.sync)


def _order(message: dict[str, Any], code: dict[str, Any]) -> Order:
    told = message["assignment"]
    return Order(
        key=TrialKey(told["trial"]["round"], told["trial"]["number"]),
        attempt=told["trial"]["attempt"],
        files=AttemptFiles(**{name: Path(path) for name, path in told["files"].items()}),
        told=told,
        code=code,
        code_number=message["code"],
        checkpoints_at=told["checkpoints_at"],
        reported_to=max((step for step, _ in told["reported"]), default=-1),
    )


def _say(say: int, message: bytes) -> None:
    with suppress(OSError):  # the runner is gone
        while message:
            message = message[os.write(say, message) :]


if __name__ == "__main__":
    main()
