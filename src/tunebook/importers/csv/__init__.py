"""CSV files of trials and curves: which column is what, and which trial ended how (C11)."""
