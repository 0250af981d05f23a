"""Commands to set out: init, demo, optimizers, completion, try."""
