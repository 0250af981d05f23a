"""The faults, each a function of the scene; False where it found nothing to harm."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
from scene import Scene

Fault = Callable[[Scene], bool]


def kill_worker(scene: Scene) -> bool:
    """kill -9 of a worker."""
    there = scene.workers()
    if not there:
        return False
    with suppress(psutil.Error):
        scene.dice.choice(there).kill()
    return True


def kill_runner(scene: Scene) -> bool:
    """kill -9 of the runner."""
    return scene.kill_runner()


def preempt_runner(scene: Scene) -> bool:
    """SIGTERM to the runner, as from a machine that is taken away."""
    return scene.kill_runner(signal.SIGTERM)


def corrupt_checkpoint(scene: Scene) -> bool:
    """The newest checkpoints spoilt while nothing runs: bytes changed, or cut off."""
    if not scene.kill_runner():
        return False
    time.sleep(0.3)
    spoilt = 0
    for folder in scene.files.rglob("*.checkpoints"):
        there = sorted(
            (p for p in folder.iterdir() if p.name.isdigit()), key=lambda p: int(p.name)
        )
        if there and scene.dice.random() < 0.5:
            content = there[-1].read_bytes()
            there[-1].write_bytes(
                content[:-3] if scene.dice.random() < 0.5 else b"9" + content[1:]
            )
            spoilt += 1
    return True


def tear_log(scene: Scene) -> bool:
    """Half a line at the end of each log while nothing runs, as a power cut leaves it."""
    if not scene.kill_runner():
        return False
    time.sleep(0.3)
    for log in scene.files.rglob("*.log"):
        with log.open("ab") as out:
            out.write(b'0badc0de {"s":7,"t":0.1,"m":{"lo')
    return True


def deliver_twice(scene: Scene) -> bool:
    """Logs that were taken in already come back, as from a share that was slow to delete them."""
    copies = {}
    for log in scene.files.rglob("*.log"):
        with suppress(OSError):
            copies[log] = log.read_bytes()
    if not copies or not scene.kill_runner():
        return False
    time.sleep(0.5)
    for log, content in copies.items():
        if not log.exists():
            log.write_bytes(content)
    return True


def second_host(scene: Scene) -> bool:
    """Another runner on the same book and files at the same time; it is killed after a while."""
    first = scene.runner
    scene.begin()
    second, scene.runner = scene.runner, first
    time.sleep(scene.dice.uniform(0.8, 2.0))
    with suppress(ProcessLookupError):
        os.killpg(second.pid, signal.SIGKILL)
    second.communicate()
    return True


def full_disk(scene: Scene) -> bool:
    """The disk of the book and its files has no byte left for a second."""
    filler = scene.folder / "filler"
    with suppress(OSError), filler.open("wb") as out:
        while True:
            out.write(bytes(1 << 16))
            out.flush()
    time.sleep(1.0)
    filler.unlink(missing_ok=True)
    return True


def clock_jump(scene: Scene) -> bool:
    """The runner's clock jumps by up to an hour, either way."""
    jump = scene.dice.choice((-3600, -90, 90, 3600))
    (scene.folder / "clock").write_text(f"{jump:+d}s\n")
    return True


def faked_clock(folder: Path) -> dict[str, str]:
    """Environment in which a process takes its date from a file; its monotonic clock is true."""
    (library,) = Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")
    (folder / "clock").write_text("+0s\n")
    return {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(folder / "clock"),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


def kill_database(server) -> Fault:
    """kill -9 of the database server with all its processes; it is started a second later."""

    def fault(scene: Scene) -> bool:
        server.kill()
        time.sleep(scene.dice.uniform(0.2, 1.5))
        server.start()
        return True

    return fault


def cut_network(wire: str) -> Fault:
    """The line between runner and database is cut for some seconds, in a network namespace."""

    def fault(scene: Scene) -> bool:
        subprocess.run(["ip", "link", "set", wire, "down"], check=True)
        time.sleep(scene.dice.uniform(0.5, 4.0))
        subprocess.run(["ip", "link", "set", wire, "up"], check=True)
        return True

    return fault


def small_disk(folder: Path, size: str = "6m") -> None:
    """Mount a small disk of its own at a folder."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)


def unmount(folder: Path) -> None:
    """Take it away again."""
    subprocess.run(["umount", "-l", folder], check=False)
    shutil.rmtree(folder, ignore_errors=True)
