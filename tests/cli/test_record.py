"""D5 to D8 from the shell: history, protocol, replay, unseal."""

from __future__ import annotations

import json


def test_the_record_of_a_launch(tunebook, started):
    tunebook("decide", "--max-reruns", "4", "--workers", "2", "--json")
    seen = tunebook("decide", "--peek").stdout
    assert "Exploratory" in seen and "decide(" not in seen and "tunebook launch" in seen
    tunebook("launch", "--why", "a start")
    history = json.loads(tunebook("history", "--json").stdout)
    assert history["schema"] == 2 and history["launches"][0]["why"] == "a start"
    assert "search trial" in history["division"]
    assert "Lineage of baselines" in tunebook("history").stdout
    both = json.loads(tunebook("protocol", "--json").stdout)
    assert both["schema"] == 2 and both["markdown"].startswith("# Tuning protocol of launch 0")
    assert "Training script" in both["markdown"] and "python " in both["markdown"]
    tunebook("protocol", "1", "--out", "tuning.tex")
    assert r"\section{Tuning protocol of round 1" in (started / "tuning.tex").read_text("utf-8")
    assert "launch-1" in tunebook("protocol", "best", code=1).stderr
    replay = json.loads(tunebook("replay", "--workers", "2", "--json").stdout)
    assert replay["schema"] == 2 and replay["reproduces"]
    assert set(replay["differences"]) == {0.0}, "training here is deterministic"


def test_a_changed_script_is_said_and_does_not_reproduce(tunebook, started):
    tunebook("decide", "--max-reruns", "4", "--workers", "2", "--json")
    tunebook("launch")
    script = started / "train.py"
    script.write_text("# another version\n" + script.read_text("utf-8"), "utf-8")
    said = tunebook("replay", "--workers", "2").stdout
    assert "reproduces exactly" in said and "Changed since the record: train.py" in said


def test_a_test_metric_is_sealed_until_a_look(tunebook, tmp_path):
    (tmp_path / "t.py").write_text(
        "def train(trial):\n"
        "    x = trial.config['x']\n"
        "    trial.report(0, {'loss': x * x + 0.1, 'test/error': 0.4242})\n",
        "utf-8",
    )
    (tmp_path / "r.toml").write_text(
        'goal = "q"\ntrain = "t.py:train"\ntrials = 4\nmax_train_steps = 1\n[nuisance]\n'
        'x = {low = 0.0, high = 1.0}\n[book]\nname = "b"\nobjective = "minimize:loss"\n'
        'test_metrics = ["test/error"]\n',
        "utf-8",
    )
    tunebook("run", "r.toml", "--workers", "0")
    tunebook("export", "files", "--pictures", "none")
    assert "0.4242" not in "".join(p.read_text("utf-8") for p in (tmp_path / "files").iterdir())
    assert (
        "nothing is chosen"
        in tunebook("findings", "--objective", "minimize:test/error", code=1).stderr
    )
    tunebook("unseal", "test/error", code=2)
    look = json.loads(tunebook("unseal", "test/error", "--why", "end", "--json").stdout)
    assert (look["schema"], look["looks"]) == (2, 1)
    tunebook("export", "files", "--pictures", "none")
    assert "0.4242" in (tmp_path / "files/round-1-curves.csv").read_text("utf-8")
    assert "1 look" in tunebook("history").stdout
