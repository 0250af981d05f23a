"""The script of a page: bundled once for each version of vl-convert, never taken from others."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tunebook.charts import script
from tunebook.charts.script import script_bundle


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty cache, and a process that has bundled nothing."""
    monkeypatch.setenv("TUNEBOOK_CACHE", str(tmp_path / "cache"))
    script_bundle.cache_clear()
    yield tmp_path / "cache/scripts"
    script_bundle.cache_clear()


@pytest.fixture
def bundled(monkeypatch):
    """How often vl-convert was asked; it answers with a short script."""
    times = []

    def bundle(globals_):
        times.append(globals_)
        return "const short = 1;\r\n" + globals_

    monkeypatch.setattr(script.vl_convert, "javascript_bundle", bundle)
    return times


def again():
    """The script, as another process gets it."""
    script_bundle.cache_clear()
    return script_bundle()


def test_the_script_bundle_is_one_script_without_an_address_to_load():
    # in a process of its own: the threads that make it would not survive a fork
    makes = "import sys; from tunebook.charts.script import script_bundle as s; sys.stdout.buffer.write(s().encode())"
    said = [
        subprocess.run([sys.executable, "-c", makes], check=True, capture_output=True).stdout
        for _ in range(2)
    ]
    bundle = said[0].decode()
    assert 500_000 < len(bundle) < 1_500_000
    assert said[0] == said[1]
    assert "</script" not in bundle.lower() and "<!--" not in bundle
    assert "window.vegaEmbed" in bundle
    assert "import(" not in bundle.replace(" ", "")


def test_it_is_bundled_once_for_all_processes(folder, bundled):
    first = script_bundle()
    assert again() == first
    assert len(bundled) == 1


def test_another_version_is_bundled_anew(folder, bundled, monkeypatch):
    script_bundle()
    monkeypatch.setattr(script, "version", lambda _: "99.0")
    again()
    assert len(bundled) == 2 and len(list(folder.iterdir())) == 2


@pytest.mark.parametrize("spoil", [b"", b"// 00\nalert(1)", b"\xff\xfe", None])
def test_a_damaged_script_is_bundled_anew(folder, bundled, spoil):
    first = script_bundle()
    (file,) = folder.iterdir()
    file.write_bytes(file.read_bytes()[:-3] if spoil is None else spoil)
    assert again() == first
    assert again() == first
    assert len(bundled) == 2


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
@pytest.mark.parametrize("which", ["file", "folder"])
def test_a_script_that_others_can_write_is_not_used(folder, bundled, which):
    script_bundle()
    (file,) = folder.iterdir()
    (file if which == "file" else folder).chmod(0o777)
    again()
    assert len(bundled) == 2


def test_without_a_place_to_write_it_is_bundled_each_time(folder, bundled):
    folder.parent.write_text("in the way")
    assert again() == again()
    assert len(bundled) == 2
