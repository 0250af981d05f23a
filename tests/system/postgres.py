"""A PostgreSQL server of one's own: a fresh cluster in a temporary folder, on a loopback port."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
PASSWORD = "tune:b@ok/?"
CODED = "tune%3Ab%40ok%2F%3F"


class Server:
    """One cluster; its superuser is `postgres`, and passwords are asked for over TCP."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="tunebook-postgres-"))
        self.data = self.folder / "data"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        secret = self.folder / "secret"
        secret.write_text(PASSWORD)
        if os.getuid() == 0:
            for path in (self.folder, secret):
                shutil.chown(path, "postgres", "postgres")
        self._ends(
            "initdb", "-D", self.data, "-U", "postgres", "-A", "scram-sha-256",
            "--pwfile", secret, "-E", "UTF8", "--locale", "C.UTF-8", "--no-sync",
        )  # fmt: skip
        with (self.data / "postgresql.conf").open("a") as settings:
            settings.write(
                f"port = {self.port}\nlisten_addresses = '127.0.0.1'\n"
                f"unix_socket_directories = '{self.folder}'\nmax_connections = 200\n"
                "shared_buffers = 64MB\nlog_min_messages = fatal\n"
            )
        self.start()

    def url(
        self, database: str = "postgres", user: str = "postgres", password: str = CODED
    ) -> str:
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        self._ends("pg_ctl", "-D", self.data, "-w", "-t", "60", "-l", self.folder / "log", "start")

    def stop(self, mode: str = "fast") -> None:
        self._ends("pg_ctl", "-D", self.data, "-w", "-m", mode, "stop")

    def kill(self) -> None:
        """kill -9 of the server and all that it started."""
        pid = int((self.data / "postmaster.pid").read_text().split()[0])
        group = [pid, *(int(p) for p in _children(pid))]
        for one in group:
            with contextlib.suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)
        while any(Path(f"/proc/{one}").exists() and not _is_zombie(one) for one in group):
            time.sleep(0.02)
        # A zombie that nobody reaps would look like a server that runs.
        for lock in (self.data / "postmaster.pid", *self.folder.glob(".s.PGSQL.*.lock")):
            lock.unlink(missing_ok=True)

    def run(self, *statements: str, url: str | None = None) -> None:
        with psycopg.connect(url or self.url(), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def remove(self) -> None:
        with contextlib.suppress(subprocess.CalledProcessError):
            self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _ends(self, program: str, *arguments: object) -> None:
        line = [str(BINARIES[-1] / program), *map(str, arguments)]
        if os.getuid() == 0:
            line = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *line]
        # Of `pg_ctl start` the server keeps what it gets, so it gets no pipe of ours.
        with (self.folder / "said").open("w") as said:
            subprocess.run(line, check=True, stdout=said, stderr=said, cwd=self.folder)


def _children(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True
