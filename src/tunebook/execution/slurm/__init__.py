"""Trials as SLURM jobs (I2)."""

from tunebook.execution import ExecutorSpec

SPEC = ExecutorSpec(
    kind="slurm",
    factory="tunebook.execution.slurm.executor:SlurmExecutor",
    end_stray_job="tunebook.execution.slurm.strays:end_job_of",
    checkup="tunebook.execution.slurm.checkup:checkup",
)
