"""What every chart shares: theme, axes, layers, rendering."""
