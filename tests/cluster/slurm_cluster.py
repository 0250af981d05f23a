"""A real SLURM of one node on loopback: munged, slurmctld and slurmd in a folder of their own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

CONF = """\
ClusterName=tunebook
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ctld_port}
SlurmdPort={d_port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,sched_min_interval=0,bf_interval=1,batch_sched_delay=0
PreemptType=preempt/partition_prio
PreemptMode=CANCEL
EnforcePartLimits=ALL
SlurmdParameters=config_overrides
ReturnToService=2
MinJobAge=300
KillWait=10
MessageTimeout=10
InactiveLimit=0
MailProg=/bin/true
SwitchType=switch/none
NodeName={host} NodeAddr=127.0.0.1 CPUs=8 RealMemory=8000 State=UNKNOWN
PartitionName=low Nodes={host} Default=YES MaxTime=60 DefaultTime=10 PriorityTier=1 State=UP
PartitionName=high Nodes={host} MaxTime=60 DefaultTime=10 PriorityTier=10 State=UP
"""


def missing() -> str:
    """What keeps a cluster from being started here; empty for nothing."""
    if os.getuid() != 0:
        return "a cluster of one node needs root: slurmd starts jobs as any user"
    lacking = [p for p in ("munged", "slurmctld", "slurmd", "sbatch") if _program(p) is None]
    return f"not installed: {', '.join(lacking)}; see tests/cluster/install.sh" if lacking else ""


class Cluster:
    """The daemons, by their process ids, and `SLURM_CONF` while the cluster is up."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._daemons: dict[str, subprocess.Popen[bytes]] = {}
        folder.chmod(0o755)
        for name in ("state", "spool"):
            (folder / name).mkdir()
        self.conf = folder / "slurm.conf"
        self.conf.write_text(
            CONF.format(
                host=socket.gethostname().partition(".")[0],
                folder=folder,
                ctld_port=_free_port(),
                d_port=_free_port(),
            )
        )
        key = folder / "munge.key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o400)

    def start(self) -> None:
        os.environ["SLURM_CONF"] = str(self.conf)
        at = self.folder
        self._run(
            "munged", "--foreground", "--force", f"--socket={at}/munge.socket",
            f"--key-file={at}/munge.key", f"--pid-file={at}/munge.pid",
            f"--log-file={at}/munge.log", f"--seed-file={at}/munge.seed", "--num-threads=2",
        )  # fmt: skip
        _until(lambda: (at / "munge.socket").exists(), "munged")
        self.start_controller()
        self.start_node()

    def start_controller(self) -> None:
        self._run("slurmctld", "-D", "-f", str(self.conf))
        _until(lambda: "UP" in self.said("scontrol", "ping"), "slurmctld", self.folder)

    def start_node(self) -> None:
        self._run("slurmd", "-D", "-f", str(self.conf))
        _until(lambda: "idle" in self.said("sinfo", "-h", "-o", "%T"), "the node", self.folder)

    def lose_node(self) -> None:
        """Its daemon is killed with -9 and SLURM told so; the jobs' own processes live on."""
        self._daemons["slurmd"].kill()
        self._daemons["slurmd"].wait()
        self._node("DOWN")

    def find_node(self) -> None:
        """The node comes back."""
        self._run("slurmd", "-D", "-f", str(self.conf))
        self._node("RESUME")

    def _node(self, state: str) -> None:
        name = socket.gethostname().partition(".")[0]
        self.said("scontrol", "update", f"NodeName={name}", f"State={state}", "Reason=test")

    def save(self) -> None:
        """Wait until the controller has its running jobs on disk.

        What it has not saved when it is killed, SLURM forgets: it gives those numbers again, and
        drains the node for it. It saves when something is changed, at most every few seconds.
        """
        state, asked = self.folder / "state" / "job_state", time.time()
        for job in self.jobs():
            at = f"JobId={job.partition('|')[0]}"
            self.said("scontrol", "update", at, "Comment=kept")
        _until(lambda: state.exists() and state.stat().st_mtime > asked, "its state", self.folder)

    def kill_controller(self) -> None:
        """With -9, as a machine that is switched off."""
        self._daemons["slurmctld"].kill()
        self._daemons["slurmctld"].wait()

    def said(self, *command: str) -> str:
        """What a command of SLURM's answers, its complaints included."""
        ended = subprocess.run(command, capture_output=True, text=True, timeout=600)
        return ended.stdout + ended.stderr

    def jobs(self) -> list[str]:
        """`id|name|state` of all jobs that have not ended."""
        return self.said("squeue", "-h", "-r", "-o", "%i|%j|%T").split()

    def processes(self) -> list[psutil.Process]:
        """Processes of jobs of this cluster, whoever is their parent now."""
        found = []
        for process in psutil.process_iter():
            try:
                own = process.environ()
                if "SLURM_JOB_ID" in own and own.get("SLURM_CONF") == str(self.conf):
                    found.append(process)
            except psutil.Error:
                continue
        return found

    def stop(self) -> None:
        """End all daemons, by their process ids."""
        subprocess.run(["scancel", "-u", "root"], capture_output=True, timeout=600)
        deadline = time.monotonic() + 120
        while self.jobs() and time.monotonic() < deadline:
            time.sleep(0.2)
        for process in self.processes():
            process.kill()
        for name in ("slurmd", "slurmctld", "munged"):
            daemon = self._daemons.get(name)
            if daemon is None:
                continue
            daemon.send_signal(signal.SIGTERM)
            try:
                daemon.wait(120)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        os.environ.pop("SLURM_CONF", None)

    def _run(self, name: str, *arguments: str) -> None:
        log = (self.folder / f"{name}.out").open("ab")
        program = _program(name)
        assert program is not None
        with log:
            self._daemons[name] = subprocess.Popen(
                [program, *arguments], stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                start_new_session=True,
            )  # fmt: skip


@contextmanager
def started(folder: Path) -> Iterator[Cluster]:
    """A cluster for as long as the block lasts; tests are skipped where none can be started."""
    if why := missing():
        pytest.skip(why)
    cluster = Cluster(folder)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


def _program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _until(ready, what: str, folder: Path | None = None, within_s: float = 300.0) -> None:
    deadline = time.monotonic() + within_s
    while not ready():
        if time.monotonic() > deadline:
            logs = [] if folder is None else sorted(folder.glob("*.log"))
            tails = "\n".join(f"{p.name}: {p.read_text()[-1500:]}" for p in logs)
            raise RuntimeError(f"{what} did not come up within {within_s:g} s\n{tails}")
        time.sleep(0.1)
