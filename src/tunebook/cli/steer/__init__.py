"""Commands to steer a round that runs: pause, resume, drain, cancel, priority."""
