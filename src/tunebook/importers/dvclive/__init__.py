"""Run folders of DVCLive (C11)."""
