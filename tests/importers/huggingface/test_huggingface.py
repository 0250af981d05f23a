"""States that transformers' Trainer wrote: the same log, without loading a pickle."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import tarfile
from pathlib import Path

import pytest

from tunebook.auditing import audit, proposed_objectives
from tunebook.domain.errors import TableError
from tunebook.importers.huggingface.arguments import parted
from tunebook.importers.huggingface.state import best_metric, read_state
from tunebook.importers.sources import format_of, read_source
from written_by_tools import Written, differences, write

STORED = Path(__file__).parent / "stored"


@pytest.fixture
def stored(tmp_path):
    with tarfile.open(STORED / "trainer.tar.gz") as kept:
        kept.extractall(tmp_path / "hf", filter="data")
    return tmp_path / "hf"


def test_a_search_has_the_numbers_of_its_checkpoints_and_of_optuna(tmp_path):
    written = write("huggingface_search", tmp_path, here=True)
    found = read_source(written.folder / "search")
    assert differences(found, written) == []
    assert proposed_objectives(found) == ["minimize:eval_mae"]
    assert found.rows.stated.tool == "Hugging Face Trainer"
    assert "pruned" in found.rows.cells["status"]


def test_runs_have_the_arguments_that_were_pickled_and_the_log_that_was_kept(tmp_path):
    written = write("huggingface_runs", tmp_path, here=True)
    found = read_source(written.folder / "plain")
    assert differences(found, written) == []
    assert any("TensorBoard (6 runs)" in note for note in found.rows.notes)
    assert any("1 run had not reached" in note for note in found.rows.notes)
    assert "config.output_dir" not in found.rows.cells and "config.fp16" not in found.rows.cells
    table = audit(found, objective="minimize:eval_loss").table
    assert set(table.seed) == {0, 1, 2, 42}


def test_a_stored_search_is_recognised_and_read_as_it_was(stored):
    folder = stored / "search"
    written = Written(folder=folder, runs=json.loads((folder / "truth.json").read_text())["runs"])
    assert format_of(folder) == "huggingface"
    found = read_source(folder)
    assert differences(found, written) == []
    assert found.reduce["eval_mae"] == "last"
    gone = [text.partition(":")[0] for text in found.rows.left_out]
    assert gone == ["run-3", "run-5"]
    table = audit(found, objective="minimize:eval_mae").table
    assert table.name == ("run-0", "run-1", "run-4", "run-6")
    assert set(table.config[0]) >= {"learning_rate", "weight_decay"}


def test_one_run_and_one_file_are_runs_too(stored):
    alone = read_source(stored / "search/run-0/checkpoint-32/trainer_state.json")
    assert alone.rows.cells["config.learning_rate"] == [repr(0.01567667719550607)]
    card = read_source(stored / "cards")
    assert card.rows.cells["trial"] == ["r0", "r1"]
    assert card.rows.cells["config.learning_rate"] == ["0.1", "0.01"]
    assert card.rows.cells["config.num_epochs"] == ["5", "5"]
    assert "config.eval_batch_size" not in card.rows.cells
    assert card.rows.cells["status"] == ["complete", "complete"]


def test_reading_changes_nothing_and_needs_no_pickle(stored):
    for checkpoint in stored.glob("search/*/checkpoint-*"):
        (checkpoint / "training_args.bin").write_bytes(b"cos\nsystem\n(S'touch /tmp/x'\ntR.")
    before = {p: (hashlib.sha256(p.read_bytes()).digest(), p.stat().st_mtime_ns)
              for p in stored.rglob("*") if p.is_file()}  # fmt: skip
    read_source(stored / "search")
    assert before == {p: (hashlib.sha256(p.read_bytes()).digest(), p.stat().st_mtime_ns)
                      for p in stored.rglob("*") if p.is_file()}  # fmt: skip


def test_a_half_written_state_is_replaced_by_the_one_before(stored):
    last = stored / "cards/r0/checkpoint-40/trainer_state.json"
    whole = last.read_text()
    rng = random.Random(0)
    for end in [0, 1, *(rng.randrange(len(whole)) for _ in range(30)), len(whole) - 3]:
        last.write_text(whole[:end])
        found = read_source(stored / "cards")
        assert max(found.curves.step[found.curves.trial == 0]) == 32
        assert found.rows.cells["status"][0] == "running"
        assert any("r0" in note and "earlier" in note for note in found.rows.notes)
    for file in stored.glob("cards/r0/checkpoint-*/trainer_state.json"):
        file.write_text("{")
    found = read_source(stored / "cards")
    assert found.rows.cells["trial"] == ["r1"]
    assert [text[:3] for text in found.rows.left_out] == ["r0:"]


@pytest.mark.parametrize(
    "content",
    ["[]", "1", '{"log_history": 3}', '{"log_history": [[], {"step": "x"}, {"step": 1, "a": {}}]}',
     '{"log_history": [{"step": 1, "loss": "nan"}, {"step": 2, "loss": NaN}], "max_steps": "x"}',
     '{"stateful_callbacks": [], "trial_params": 3, "best_metric": "a", "global_step": 1e999}',
     '{"log_history": [{"step": 1e400}, {"step": 99999999999999999999}]}'],
)  # fmt: skip
def test_states_of_another_shape_give_a_sentence_or_a_run(stored, content):
    for file in stored.glob("cards/*/checkpoint-*/trainer_state.json"):
        file.write_text(content)
    try:
        found = read_source(stored / "cards")
    except TableError:
        return
    assert len(found.rows) == 2


def test_two_searches_are_listed_and_one_is_named(stored, tmp_path):
    shutil.copytree(stored / "search", tmp_path / "both/a")
    shutil.copytree(stored / "search", tmp_path / "both/b")
    with pytest.raises(TableError) as told:
        read_source(tmp_path / "both")
    assert "a, b" in str(told.value) and "--study" in str(told.value)
    assert len(read_source(tmp_path / "both", study="b").rows) == 5
    with pytest.raises(TableError, match='"c"'):
        read_source(tmp_path / "both", study="c")


def test_a_run_beside_a_search_is_left_out_and_said(stored):
    shutil.copytree(stored / "cards/r0", stored / "search/other")
    found = read_source(stored / "search")
    assert len(found.rows) == 5
    assert "other: it is no trial of the search" in found.rows.left_out


def state(**more):
    return read_state({"global_step": 10, "max_steps": 30, "save_steps": 500, **more})


def test_a_run_ended_where_no_checkpoint_was_due_any_more():
    for given, checkpoints, ended in (
        ({}, [10], False),
        ({"global_step": 30}, [30], True),
        ({"max_steps": 12}, [5, 10], True),
        ({"max_steps": 15}, [5, 10], False),
        ({"global_step": 500, "max_steps": 700}, [500], True),
        ({"global_step": 500, "max_steps": 1100}, [500], False),
        ({"log_history": [{"step": 10, "train_runtime": 3.0}]}, [10], True),
        (
            {"stateful_callbacks": {"TrainerControl": {"args": {"should_training_stop": True}}}},
            [10],
            True,
        ),
    ):
        found, save_steps = state(**given)
        assert found.ended(checkpoints, save_steps) is ended, given


def test_the_metric_of_the_best_model_is_told_by_its_value():
    log = [{"step": s, "eval_loss": 1 / s, "eval_acc": s / 8, "loss": 0.5} for s in (1, 2, 3)]
    for best, told in ((1 / 3, ("eval_loss", "minimize")), (1 / 3 + 1e-3, None), (None, None)):
        found, _ = state(log_history=log, best_metric=best, best_global_step=3)
        assert best_metric(found) == told
    found, _ = state(log_history=log, best_metric=1.0, best_global_step=1)
    assert best_metric(found) == ("eval_loss", "maximize")


def test_arguments_of_others_are_left_as_they_are():
    assert parted([{"lr": 1}, {"lr": 2}])[0] == [{"lr": 1}, {"lr": 2}]


def test_what_has_no_state_says_what_to_name(tmp_path):
    with pytest.raises(TableError, match="no trainer_state"):
        read_source(tmp_path, format="huggingface")
    with pytest.raises(TableError, match="no folder"):
        read_source(tmp_path / "x", format="huggingface")
