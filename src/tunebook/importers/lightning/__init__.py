"""Folders that Lightning's CSVLogger writes."""
