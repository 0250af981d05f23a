"""The procedure throughput (A3)."""
