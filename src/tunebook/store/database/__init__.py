"""The database under a book: SQLite and PostgreSQL, transactions, errors (D6 I2)."""
