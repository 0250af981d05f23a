"""What an examination loads."""

from __future__ import annotations

import subprocess
import sys

import numpy as np


def test_every_check_does_without_what_loads_slowly(tmp_path):
    """scipy.stats takes half a second to load."""
    rows = np.random.default_rng(3).random((60, 4))
    lines = [",".join(["a", "b", "c", "optimizer", "loss"])]
    for i, row in enumerate(rows):
        lines.append(",".join([*(f"{v:.5f}" for v in row[:3]), "xyz"[i % 3], f"{row.sum():.5f}"]))
    (tmp_path / "trials.csv").write_text("\n".join(lines))
    code = """
import sys, tunebook as tb
table = tb.TrialTable.from_csv(
    sys.argv[1], objective=tb.minimize("loss"), scientific=["optimizer"])
assert len(tb.examine(table).findings) > 5
print(*sorted(m for m in ("scipy.stats", "opda", "pandas") if m in sys.modules))
"""
    at = [sys.executable, "-c", code, str(tmp_path / "trials.csv")]
    said = subprocess.run(at, check=True, capture_output=True, text=True)
    assert said.stdout.split() == []
