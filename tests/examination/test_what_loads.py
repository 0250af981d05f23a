"""What an examination and an audit load."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

SLOW = ("scipy.stats", "opda", "pandas", "altair", "jsonschema", "sqlalchemy", "alembic", "jinja2")
EXAMINE = """
import tunebook as tb
table = tb.TrialTable.from_csv(
    sys.argv[1], objective=tb.minimize("loss"), scientific=["optimizer"])
assert len(tb.examine(table).findings) > 5
"""
AUDIT = """
from tunebook.cli import main
sys.argv = ["tunebook", "audit", sys.argv[1], "--objective", "minimize:loss"]
try:
    main()
except SystemExit as ended:
    assert not ended.code
"""


@pytest.mark.parametrize("what", [EXAMINE, AUDIT])
def test_every_check_does_without_what_loads_slowly(what, tmp_path):
    """A second of processor time together, which the checks of a small sweep don't take."""
    rows = np.random.default_rng(3).random((60, 4))
    lines = ["a,b,c,optimizer,loss"]
    for i, row in enumerate(rows):
        lines.append(",".join([*(f"{v:.5f}" for v in row[:3]), "xyz"[i % 3], f"{row.sum():.5f}"]))
    (tmp_path / "trials.csv").write_text("\n".join(lines))
    code = f"import sys\n{what}\nprint('loaded:', *[m for m in {SLOW} if m in sys.modules], file=sys.stderr)"
    at = [sys.executable, "-c", code, str(tmp_path / "trials.csv")]
    said = subprocess.run(at, check=True, capture_output=True, text=True)
    assert said.stderr.splitlines()[-1] == "loaded:"
