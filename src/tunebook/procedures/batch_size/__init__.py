"""The procedure batch-size (A4 F1 F2 F3 F4)."""
