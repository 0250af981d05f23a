"""Ledgers of research agents: what they tell is true, and no header, order or word is assumed."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from scipy.stats import binom

import tunebook as tb
from tunebook.domain.errors import TableError
from tunebook.domain.ledger import Ledger, Verdict
from tunebook.examination.ledger_findings import chain_of, ledger_findings, records_by_chance
from tunebook.importers.sources import FORMATS, read_source

ROWS = """commit\tval_bpb\tmemory_gb\tstatus\tdescription
a1\t1.30\t10.0\tkeep\tbaseline of the repository
a2\t1.28\t10.1\tkeep\tlower learning rate
a3\t0.000000\t0.0\tcrash\tlarger batch, out of memory
a4\t1.29\t10.1\tdiscard\tseed=42
a5\t1.27\t10.2\tkeep\tlonger warmup
a6\t1.31\t10.2\tdiscard\t<script>alert(1)</script>
a7\t1.27\t10.2\tkeep\tcleaner code
"""


@pytest.fixture
def file(tmp_path):
    (tmp_path / "results.tsv").write_text(ROWS)
    return tmp_path / "results.tsv"


def numbers(found, check):
    return {k: v for f in found.findings if f.check == check for k, v in f.numbers.items()}


def test_each_row_is_one_run_and_a_crash_is_no_value(file):
    ledger = read_source(file).ledger
    assert (ledger.metric, ledger.sign) == ("val_bpb", 1)
    assert ledger.lines == tuple(range(2, 9))
    assert [str(v) for v in ledger.verdicts] == [
        "kept", "kept", "crashed", "discarded", "kept", "discarded", "kept",
    ]  # fmt: skip
    assert np.array_equal(
        ledger.values, [1.30, 1.28, np.nan, 1.29, 1.27, 1.31, 1.27], equal_nan=True
    )
    assert ledger.reruns.tolist() == [False] * 3 + [True] + [False] * 3


def test_an_audit_tells_runs_gains_and_what_a_rerun_moved(file):
    found = tb.audit(file)
    about = numbers(found, "C11")
    assert (about["runs"], about["kept"], about["crashed"], about["discarded"]) == (7, 4, 1, 2)
    assert about["kept without a gain"] == 1  # line 8
    assert (about["first kept"], about["best kept"], about["steps"]) == (1.30, 1.27, 2)
    gains = numbers(found, "D2")
    assert gains["a rerun moved"] == pytest.approx(0.01) and gains["reruns"] == 1
    assert gains["median gain"] == pytest.approx(0.015)
    assert gains["gains below it"] == int(
        np.sum(np.array([1.30 - 1.28, 1.28 - 1.27]) <= 1.29 - 1.28)
    )
    sentences = " ".join(f.sentence for f in found.findings)
    assert "no hyperparameters" in sentences and "8" in sentences
    assert not found.space and not found.table.roles
    assert found.table.cause[2] is not None and not np.isfinite(found.table.value[2])


def test_reading_changes_nothing_and_html_stays_text(file):
    before = hashlib.sha256(file.read_bytes()).digest(), file.stat().st_mtime_ns
    page = tb.audit(file).page()
    assert "<script>alert(1)</script>" not in page
    assert (hashlib.sha256(file.read_bytes()).digest(), file.stat().st_mtime_ns) == before


def test_a_file_cut_off_is_read_to_what_is_there(file):
    whole = file.read_bytes()
    for cut in range(len(whole)):
        file.write_bytes(whole[:cut])
        try:
            found = tb.audit(file, objective="minimize:val_bpb", format="ledger")
            said = found.source
        except tb.TunebookError as error:
            said = str(error)
        assert "results.tsv" in said


@pytest.mark.parametrize(
    ("text", "metric", "sign", "values"),
    [  # another header, order and word; commas; a comment with the direction; upper case
        ("id,score,decision,notes\n1,3,accepted,a b\n2,5,rejected,c d\n", "score", -1, [3, 5]),
        ("# metric_direction: lower_is_better\niteration\tcommit\tmetric\tstatus\tdescription\n"
         "0\ta\t9\tbaseline\tstart\n1\tb\t7\tkeep\tx\n2\t-\t8\trevert\ty\n", "metric", 1, [9, 7, 8]),
        ("experiment\ttok_s\tother_loss\tstatus\tdescription\n1\t100\t2\tKEEP\ta b\n"
         "2\t0.0\tN/A\tFAIL\tc d\n3\t120\t2\tREVERT\te f\n", "tok_s", -1, [100, np.nan, 120]),
        # no header at all: the number of the run is no metric
        ("3\t-\t900.5\t-\t-\tkeep\tone two\n1\t-\t800.5\t-\t-\tkeep\tthree four\n"
         "2\t-\t-\t-\t-\tcrash\tfive six\n", "column 3", 1, [900.5, 800.5, np.nan]),
        ("commit \t quality \t status \t description\nab \t 1.0 \t keep \t x y\n"
         "cd \t 2.0 \t keep \t z\n", "quality", -1, [1, 2]),
        ("commit\tval_loss\tstatus\tdescription\na\t2.0\tkeep\tx\nb\t0.0\tkeep\ty\n"
         "c\t1.9\tdiscard\tz\n", "val_loss", 1, [2.0, np.nan, 1.9]),
    ],
)  # fmt: skip
def test_columns_are_found_and_not_assumed(text, metric, sign, values, tmp_path):
    (tmp_path / "r.tsv").write_text(text)
    assert FORMATS["ledger"].recognises(tmp_path / "r.tsv")
    ledger = read_source(tmp_path / "r.tsv").ledger
    assert (ledger.metric, ledger.sign) == (metric, sign)
    assert np.array_equal(ledger.values, values, equal_nan=True)


@pytest.mark.parametrize(
    "text",
    [
        "trial,lr,val_loss,status\na,0.1,1.0,complete\nb,0.2,2.0,failed\n",
        "lr,batch_size,weight_decay,acc,status,notes\n0.1,32,0,1,keep,a b\n0.2,64,1,2,discard,c d\n",
        "name,verdict\na b,pass\nc d,fail\n",
        "a\tb\n",
        "",
    ],
)
def test_other_tables_are_no_ledgers(text, tmp_path):
    (tmp_path / "t.csv").write_text(text)
    assert not FORMATS["ledger"].recognises(tmp_path / "t.csv")
    with pytest.raises(TableError):
        read_source(tmp_path / "t.csv", format="ledger")


def test_another_objective_is_taken(file):
    found = tb.audit(file, objective="maximize:memory_gb")
    assert found.table.objective.metric == "memory_gb"
    assert numbers(found, "C11")["best kept"] == 10.2
    with pytest.raises(TableError, match="val_bpb"):
        tb.audit(file, objective="minimize:val_bp")


def test_named_hyperparameters_are_read_as_of_a_table(file):
    found = tb.audit(file, objective="minimize:val_bpb", hyperparameters=["memory_gb"])
    assert list(found.table.roles) == ["memory_gb"]


def drawn(values, kept=None):
    n = len(values)
    verdicts = tuple(Verdict.KEPT if k else Verdict.DISCARDED for k in (kept or [True] * n))
    return Ledger(
        metric="loss", sign=1, lines=tuple(range(n)), verdicts=verdicts,
        values=np.asarray(values, float), reruns=np.zeros(n, bool),
    )  # fmt: skip


def says_progress(ledger):
    return any("as a whole" in f.sentence for f in ledger_findings(ledger))


def test_progress_is_claimed_by_chance_as_rarely_as_said():
    """Nothing matters: at most 2.5 % of ledgers may show progress."""
    rng, repeats = np.random.default_rng(0), 2000
    for runs in (10, 60):
        alarms = sum(says_progress(drawn(rng.standard_cauchy(runs))) for _ in range(repeats))
        assert alarms <= binom.ppf(1 - 1e-6, repeats, 0.025)


def test_progress_that_is_there_is_found():
    rng = np.random.default_rng(1)
    found = sum(says_progress(drawn(rng.normal(-0.15 * np.arange(60)))) for _ in range(200))
    assert found > 180


def test_the_count_by_chance_is_that_of_simulated_runs():
    rng = np.random.default_rng(2)
    values = rng.random((20_000, 100))
    records = (np.diff(np.minimum.accumulate(values, axis=1), axis=1) < 0).sum(axis=1)
    mean, most = records_by_chance(100)
    assert mean == pytest.approx(records.mean(), abs=0.06)
    assert most == np.quantile(records, 0.975)


def test_one_value_for_all_is_told_and_no_progress_claimed():
    found = ledger_findings(drawn([0.5] * 30))
    assert [f.check for f in found] == ["B2", "C11"]
    assert found[0].numbers == {"runs": 30, "value": 0.5}


def test_a_ledger_of_nothing_kept_has_no_chain():
    ledger = drawn([3.0, 2.0, 1.0], kept=[False] * 3)
    assert len(chain_of(ledger).rows) == 0
    assert ledger_findings(ledger)


CHAINS = {  # kept runs that beat all kept before them, by hand
    "golf_classic_179": (179, "val_bpb", 51, [47, 61, 65, 180]),
    "golf_reasoning_59": (59, "val_bpb", 28, [30, 41]),
    "golf_contention_55": (55, "val_bpb", 15, []),
    "adam_pi_48": (48, "pi_score", 5, [43]),
    "neotolis_pack_51": (51, "metric", 17, []),
    "helix_decode_29": (29, "tokens_per_sec", 7, []),
    "taiko_gas_9": (9, "column 3", 2, []),
    "sparsify_fvu_250": (250, "val_fvu", 11, None),
}


@pytest.mark.parametrize("name", CHAINS)
def test_public_ledgers_have_the_chains_that_were_read_by_hand(name, shared_cases):
    file = shared_cases / f"ledgers/{name}.tsv"
    if not file.is_file():
        pytest.skip("the public ledgers are not here")
    runs, metric, steps, worse = CHAINS[name]
    ledger = read_source(file).ledger
    chain = chain_of(ledger)
    assert (len(ledger), ledger.metric, len(chain.gains)) == (runs, metric, steps)
    if worse is not None:
        kept = [i for i, b in zip(chain.rows, chain.better, strict=True)
                if not b and i != chain.rows[0] and ledger.verdicts[i] is Verdict.KEPT]  # fmt: skip
        assert [ledger.lines[i] for i in kept] == worse
    assert tb.audit(file).page()
