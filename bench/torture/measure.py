"""Inject faults into running rounds and compare what was acknowledged with what books hold.

    make torture          (root: it mounts a small disk, cuts a network, starts servers)

Scenes of every executor and both databases are played one after another until enough faults were
injected; docs/torture.md is written from what came of them. A row a scene goes to --rows, so that
a run that was stopped goes on.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "tests")]

import faults as f  # noqa: E402
from page import write_page  # noqa: E402
from scene import Result, Scene  # noqa: E402

from system.postgres import Server  # noqa: E402

LOCAL = {"kind": "local", "workers": 3, "threads": 1}
FILES = (f.corrupt_checkpoint, f.tear_log, f.deliver_twice)
HOSTS = (f.kill_worker, f.kill_runner, f.preempt_runner, f.second_host)
Play = Callable[[Path, random.Random], Result]
_numbers = itertools.count(1)


def named(*chosen: f.Fault) -> dict[str, f.Fault]:
    """Faults by what they are called on the page."""
    return {(c.__doc__ or c.__name__).split(".")[0].split(":")[0]: c for c in chosen}


def played(scene: Scene, faults: dict[str, f.Fault], gap_s: float, most: int) -> Result:
    """Torment a scene to its end, and judge it."""
    try:
        scene.torment(faults, gap_s, most)
        return scene.judge()
    finally:
        scene.kill_runner()
        for worker in scene.workers():
            worker.kill()


def local_file(folder: Path, dice: random.Random) -> Result:
    scene = Scene(folder, LOCAL, str(folder / "book.db"), "SQLite", dice)
    return played(scene, named(*HOSTS, *FILES), 0.5, 40)


def local_small_disk(folder: Path, dice: random.Random) -> Result:
    f.small_disk(folder)
    try:
        scene = Scene(folder, LOCAL, str(folder / "book.db"), "SQLite", dice)
        return played(scene, named(f.full_disk, f.kill_worker), 0.8, 12)
    finally:
        f.unmount(folder)


def local_clock(folder: Path, dice: random.Random) -> Result:
    environment = f.faked_clock(folder)
    scene = Scene(folder, LOCAL, str(folder / "book.db"), "SQLite", dice, environment=environment)
    return played(scene, named(f.clock_jump, f.kill_runner), 0.7, 15)


def on_server(server: Server) -> Play:
    def play(folder: Path, dice: random.Random) -> Result:
        scene = Scene(folder, LOCAL, _database(server), "PostgreSQL", dice)
        kill = named(f.kill_database(server))
        kill = {"kill -9 of the database server": next(iter(kill.values()))}
        return played(scene, {**named(*HOSTS, *FILES), **kill}, 0.6, 40)

    return play


def server_clock(server: Server) -> Play:
    def play(folder: Path, dice: random.Random) -> Result:
        environment = f.faked_clock(folder)
        book = _database(server)
        scene = Scene(folder, LOCAL, book, "PostgreSQL", dice, environment=environment)
        return played(scene, named(f.clock_jump, f.kill_runner), 0.7, 15)

    return play


def over_a_wire(server: Server) -> Play:
    def play(folder: Path, dice: random.Random) -> Result:
        with _namespace() as (name, wire, address):
            book = _database(server)
            there = book.replace("127.0.0.1", address)
            before = ("ip", "netns", "exec", name)
            scene = Scene(folder, LOCAL, book, "PostgreSQL", dice, before=before, book_there=there)
            cut = {"network cut between runner and database": f.cut_network(wire)}
            return played(scene, {**cut, **named(f.kill_worker)}, 0.8, 12)

    return play


def _database(server: Server) -> str:
    name = f"torture{next(_numbers)}"
    server.run(f"CREATE DATABASE {name}")
    return server.url(name)


@contextmanager
def _namespace() -> Iterator[tuple[str, str, str]]:
    """A network namespace with one wire to this one: its name, the wire, this side's address."""
    number = next(_numbers)
    name, near, far = f"tunebook{number}", f"tbn{number}", f"tbf{number}"
    here, there = "10.213.7.1", "10.213.7.2"

    def ip(*words: str) -> None:
        subprocess.run(["ip", *words], check=True)

    ip("netns", "add", name)
    try:
        ip("link", "add", near, "type", "veth", "peer", "name", far)
        ip("link", "set", far, "netns", name)
        ip("addr", "add", f"{here}/24", "dev", near)
        ip("link", "set", near, "up")
        for words in (("addr", "add", f"{there}/24", "dev", far), ("link", "set", far, "up"),
                      ("link", "set", "lo", "up")):  # fmt: skip
            ip("netns", "exec", name, "ip", *words)
        yield name, near, here
    finally:
        subprocess.run(["ip", "netns", "del", name], check=False)
        subprocess.run(["ip", "link", "del", near], check=False, capture_output=True)


def listening(server: Server) -> None:
    """Let the server listen on all of this machine's own addresses, with a password."""
    with (server.data / "postgresql.conf").open("a") as settings:
        settings.write("listen_addresses = '*'\n")
    with (server.data / "pg_hba.conf").open("a") as rights:
        rights.write("host all all 10.213.7.0/24 scram-sha-256\n")
    server.stop()
    server.start()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--faults", type=int, default=520, help="inject at least so many")
    parser.add_argument("--only", default="", help="scenes whose name holds this")
    parser.add_argument("--rows", type=Path, default=Path("build/torture.jsonl"))
    parser.add_argument("--page", type=Path, default=Path("docs/torture.md"))
    parser.add_argument("--seed", type=int, default=int(time.time()))
    asked = parser.parse_args()
    asked.rows.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        server = Server()
        stack.callback(server.remove)
        listening(server)
        plays: dict[str, Play] = {
            "local file": local_file,
            "local small disk": local_small_disk,
            "local clock": local_clock,
            "local server": on_server(server),
            "local server clock": server_clock(server),
            "local wire": over_a_wire(server),
        }
        from clusters import cluster_plays

        plays |= cluster_plays(stack, server, asked.only, _database, played, named)
        play_all({n: p for n, p in plays.items() if asked.only in n}, asked)
    write_page(asked.rows, asked.page)


def play_all(plays: dict[str, Play], asked: argparse.Namespace) -> None:
    """Play scenes in turn until enough faults were injected."""
    rows = _rows(asked.rows)
    count = sum(sum(r["faults"].values()) for r in rows)
    for number, name in enumerate(itertools.cycle(plays)):
        if count >= asked.faults:
            return
        seed = asked.seed + number
        top = Path(tempfile.mkdtemp(prefix="tunebook-torture-"))
        folder = top / "scene"
        folder.mkdir()
        began = time.monotonic()
        result = plays[name](folder, random.Random(seed))
        if not (result.by_hand or result.lost or result.twice or result.wrong):
            shutil.rmtree(top, ignore_errors=True)  # else it is left to be looked at
        count += sum(result.faults.values())
        row = {**asdict(result), "scene": name, "seed": seed, "seconds": time.monotonic() - began}
        with asked.rows.open("a") as out:
            out.write(json.dumps(row) + "\n")
        print(name, seed, count, result.reports, "lost", result.lost, "twice", result.twice,
              result.by_hand, result.failed, top, f"{row['seconds']:.0f} s", result.errors[:3],
              flush=True)  # fmt: skip


def _rows(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


if __name__ == "__main__":
    main()
