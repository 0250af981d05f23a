"""Commands to decide: decide, launch, next, replay."""
