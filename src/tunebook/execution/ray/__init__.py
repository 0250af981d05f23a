"""Trials on a Ray cluster; tunebook[ray] (I2)."""

from tunebook.execution import ExecutorSpec

SPEC = ExecutorSpec(
    kind="ray",
    factory="tunebook.execution.ray.executor:RayExecutor",
    requirement="tunebook[ray]",
    checkup="tunebook.execution.ray.checkup:checkup",
)
