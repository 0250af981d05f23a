"""Exports of Neptune: Parquet files that its own exporter wrote (C11)."""
