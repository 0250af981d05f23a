"""Before a round is spent: short run, forecast, proposal, the same plan again (A1 B2 B5)."""
