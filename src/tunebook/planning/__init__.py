"""What a planned round would cost and tell, before it is spent (B5)."""
