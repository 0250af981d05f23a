"""Tables that are no CSV: JSON, Parquet, workbooks, data frames; columns are read as a CSV's."""
