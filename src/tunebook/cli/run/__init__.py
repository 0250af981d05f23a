"""Commands to run: run, procedure, audit, doctor."""
