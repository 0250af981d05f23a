"""How nouns are written: JSON, TOML, round files, data frames, numbers in text."""
