"""Jobs of Hydra: a folder each, with its configuration in `.hydra`."""
