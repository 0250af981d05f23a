"""Inside the user's process: the trial handle, its log, the worker. Standard library alone."""
