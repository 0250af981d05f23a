"""Inside the user's process: the trial handle, its log, the worker. Standard library alone."""

WORKER_PID = "TUNEBOOK_WORKER_PID"
"""Environment variable by which all that a worker started is known, whatever session it is in."""
