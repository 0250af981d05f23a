"""Folders that the Trainer of transformers writes."""
