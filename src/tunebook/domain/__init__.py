"""The domain's nouns: frozen, validated, with exact round trips to JSON and TOML."""
