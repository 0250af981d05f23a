"""Commands on the record: history, protocol, unseal."""
