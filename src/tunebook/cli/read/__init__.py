"""Commands to read: status, trials, show, best, logs, findings, report."""
