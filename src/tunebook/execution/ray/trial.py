"""One attempt on a Ray cluster, from its actor to its end (I2 I3)."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tunebook.domain.errors import TrialBusyError
from tunebook.domain.trial import Cause, TrialKey
from tunebook.domain.version import VERSION
from tunebook.execution import Ended
from tunebook.execution.outcome import infeasible
from tunebook.execution.ray.artifacts import CHECKPOINT, Receiver, Thing, kept, piece
from tunebook.execution.ray.cluster import Cluster, awaited
from tunebook.execution.ray.log_copy import HostCopy
from tunebook.training.checkpoint_places import place_of
from tunebook.training.log import AttemptFiles

AGAIN_S = 1.0
TRIES = 5
"""How often what a trial has left at its end is looked at; what is damaged there never arrives."""


@dataclass(slots=True, kw_only=True)
class Order:
    """One attempt to train.

    Attributes:
        told, code, code_number: as `RayNode.begin` takes them.
        checkpoints_at: URL of its checkpoints; empty where they are carried.
        reported_to: the last step that earlier attempts have in the book, -1 for none.
        copy: what has arrived, once it has begun.
        stopping: None while it may go on, else its seconds for a last checkpoint; below 0 where
            it is cancelled.
        changed: set when `stopping` is.
    """

    key: TrialKey
    attempt: int
    files: AttemptFiles
    told: dict[str, Any]
    code: dict[str, Any]
    code_number: int
    checkpoints_at: str
    reported_to: int
    copy: HostCopy | None = None
    stopping: float | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def cancel(self) -> None:
        """Stop at once: what it does is worth nothing any more."""
        self.stop(-1.0)

    def stop(self, grace_s: float) -> None:
        """Stop, with so many seconds for a last checkpoint."""
        if self.stopping is None:
            self.stopping = grace_s
            self.changed.set()


class Stopped(Exception):
    """It was asked to stop before it had a place."""


async def train(order: Order, cluster: Cluster) -> Ended:
    """Train one attempt to its end, whatever that is."""
    lost = Ended(key=order.key, attempt=order.attempt)
    try:
        copy = order.copy = HostCopy(order.files)
    except TrialBusyError:  # an earlier attempt's process still holds the trial
        return lost
    except OSError as error:
        return replace(lost, unwritable=str(error))
    node, healthy = cluster.node(), False
    try:
        ended = await _on(node, order, copy)
        healthy = order.stopping is None and not ended.unloadable and not ended.unwritable
        return ended
    except Stopped:
        return lost
    except OSError as error:
        if _of_ray(error):
            return replace(_fate(lost, error, copy), seconds=copy.seconds)
        return replace(lost, unwritable=str(error), seconds=copy.seconds)
    except Exception as error:  # an actor's end, in all the ways that Ray tells it
        await _silenced(order, error, cluster)
        return replace(_fate(lost, error, copy), seconds=copy.seconds)
    finally:
        copy.close()
        if healthy:
            cluster.give_back(node)
        else:
            await cluster.dismiss(node)


async def _on(node: Any, order: Order, copy: HostCopy) -> Ended:
    key = (order.key.round, order.key.number)
    theirs = await _unless_stopped(node.expect.remote(key, order.attempt), order)
    if theirs != VERSION:
        return Ended(
            key=order.key,
            attempt=order.attempt,
            unloadable=f"the nodes have Tunebook {theirs}, and the host has "
            f"{VERSION}: install the same there, or give runtime_env=",
        )
    await _give(node, order, copy)
    copy.began = time.monotonic()
    await node.begin.remote(order.told, order.code, order.code_number)
    asked, tries = False, 0
    while True:
        if order.stopping is not None and not asked:
            asked = True
            await (
                node.cancel.remote() if order.stopping < 0 else node.stop.remote(order.stopping)
            )
        heard = await _heard(node, order, copy)
        copy.take_log(heard["log"])
        copy.take_output(heard["out_from"], heard["out"])
        if heard["more"]:
            continue
        # The log up to here is in the copy, so what these go on from is there too.
        whole = await _fetch(node, copy, heard["things"])
        tries += heard["ended"] is not None
        if tries and (whole or tries == TRIES or order.stopping == -1.0):
            copy.sync()
            ended: Ended = heard["ended"]
            return ended


async def _heard(node: Any, order: Order, copy: HostCopy) -> dict[str, Any]:
    """What is new on the node; a node that is out of reach for a moment is asked again."""
    from ray.exceptions import ActorUnavailableError  # noqa: PLC0415 - an extra

    while True:
        try:
            heard: dict[str, Any] = await node.hear.remote(copy.log_at, copy.out_at)
            return heard
        except ActorUnavailableError:  # an end of it is told as another error
            if order.stopping is not None:
                raise
            await asyncio.sleep(AGAIN_S)


async def _unless_stopped(reference: Any, order: Order) -> Any:
    """An answer of an actor that may wait for its place for hours."""
    answer = asyncio.ensure_future(awaited(reference))
    changed = asyncio.ensure_future(order.changed.wait())
    try:
        await asyncio.wait({answer, changed}, return_when=asyncio.FIRST_COMPLETED)
        if not answer.done():
            raise Stopped
        return answer.result()
    finally:
        answer.cancel()
        changed.cancel()


async def _fetch(node: Any, copy: HostCopy, things: list[Thing]) -> bool:
    """Carry what is new to the host; True where all of it is there."""
    whole = True
    for thing in copy.lacks(things):
        receiver = Receiver(copy.files, thing)
        for relative, at in thing.pieces():
            data = await node.piece.remote(thing.kind, thing.name, relative, at)
            receiver.take(relative, data or b"")
        # Dropped or replaced by training meanwhile: the next look says what is there now.
        if receiver.place():
            copy.carried[thing.kind, thing.name] = thing.mark
        else:
            whole = False
    if whole:
        copy.mirror(things)
    return whole


async def _give(node: Any, order: Order, copy: HostCopy) -> None:
    """Carry the trial's checkpoints to the node, for an attempt that goes on."""
    if order.attempt == 1:
        return
    if order.checkpoints_at:
        # The last log of a lost node may be missing: what goes on from beyond it leaves a gap.
        place = place_of(order.checkpoints_at, Path())
        for checkpoint in await asyncio.to_thread(place.listed):
            if checkpoint.step > order.reported_to:
                await asyncio.to_thread(place.drop, checkpoint)
        return
    for thing in kept(order.files, with_artifacts=False):
        for relative, at in thing.pieces():
            data = piece(order.files, CHECKPOINT, thing.name, relative, at) or b""
            await node.take.remote(thing, relative, data)
        if await node.place.remote():
            copy.carried[thing.kind, thing.name] = thing.mark


def _of_ray(error: Exception) -> bool:
    """Raised on the node: Ray hands it on as an error of both kinds."""
    return any(kind.__module__.startswith("ray.") for kind in type(error).__mro__)


async def _silenced(order: Order, error: Exception, cluster: Cluster) -> None:
    """Wait until a node that may still train, unheard, has ended itself.

    Its checkpoints go to a place that the next attempt reads; all else that it writes is its own.
    """
    if order.checkpoints_at and "node" in str(error).lower() and order.stopping is None:
        await asyncio.sleep(cluster.settings.host_gone_s)


def _fate(lost: Ended, error: Exception, copy: HostCopy) -> Ended:
    """What an actor's end means for its trial."""
    kind, said = type(error).__name__, str(error)
    if kind in ("RuntimeEnvSetupError", "ActorUnschedulableError"):
        return replace(lost, unloadable=f"Ray could not make a place for it: {_short(said)}")
    if "creation task" in said or kind == "ModuleNotFoundError":
        return replace(lost, unloadable=f"the actor could not start on its node: {_short(said)}")
    if "NODE_OUT_OF_MEMORY" in said or "running low on memory" in said:
        detail = "its node ran out of memory, and Ray ended it"
        outcome = infeasible(Cause.OUT_OF_MEMORY, detail, seconds=copy.seconds)
        return replace(lost, outcome=outcome, killed=True)
    return replace(lost, preempted=bool(getattr(error, "preempted", False)))


def _short(said: str) -> str:
    lines = [text.strip() for text in said.splitlines() if text.strip()]
    return " | ".join(lines[-3:])[-600:]
