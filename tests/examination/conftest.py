"""The books of three rounds that tests of the report read."""

from report.conftest import book, running_book

__all__ = ["book", "running_book"]
