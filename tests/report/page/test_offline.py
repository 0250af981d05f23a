import base64
import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunebook.report.page.offline import columns, embedded_json, policy, source_hash

ROWS = st.lists(
    st.dictionaries(st.sampled_from("abc"), st.integers() | st.text() | st.none()), max_size=6
)


@given(st.recursive(st.text() | st.integers() | st.booleans(), st.lists))
def test_embedded_json_reads_back_and_ends_no_script(content):
    text = embedded_json(content)
    assert json.loads(text) == content
    assert not set("<>&\u2028\u2029") & set(text)


def test_numbers_that_json_has_no_word_for_become_null():
    assert embedded_json({"x": [float("nan"), float("inf"), 0.1234567]}) == (
        '{"x":[null,null,0.123457]}'
    )


@given(ROWS)
def test_columns_hold_every_row(rows):
    packed = columns(rows)
    back = [{} for _ in range(packed["n"])]
    for name, column in packed["columns"].items():
        holes = packed["holes"].get(name, [])
        for i, value in enumerate(column):
            if i not in holes:
                back[i][name] = value
    assert back == rows


def test_the_policy_names_its_own_scripts_and_nothing_else():
    text = policy(["a()", "b()"], ["p {}"])
    digest = base64.b64encode(hashlib.sha256(b"a()").digest()).decode()
    assert f"'sha256-{digest}'" in text
    assert text.startswith("default-src 'none'; ")
    assert text.count("sha256-") == 3
    assert not any(word in text for word in ("unsafe", "http", "*"))


@pytest.mark.parametrize("text", ["", "é ∞\n"])
def test_a_hash_is_of_the_utf_8_text(text):
    assert (
        source_hash(text)[8:-1]
        == base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode()
    )
