"""D2: trial, study and data-split variance, side by side."""
