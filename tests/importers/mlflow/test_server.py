"""Servers that answer badly: a sentence each, and no token in any text."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tunebook.domain.errors import TableError
from tunebook.importers.sources import FORMATS, read_source

RUN = {
    "info": {"run_id": "a" * 32, "run_name": "one", "status": "FINISHED", "start_time": 1000,
             "end_time": 3000, "lifecycle_stage": "active"},
    "data": {"params": [{"key": "lr", "value": "0.1"}], "metrics": [{"key": "loss", "value": 1.0}]},
}  # fmt: skip
ANSWERS = {
    "experiments/search": {"experiments": [{"experiment_id": "3", "name": "a"}]},
    "runs/search": {"runs": [RUN]},
    "metrics/get-history": {
        "metrics": [
            {"key": "loss", "value": "NaN", "timestamp": "7", "step": "2"},
            {"key": "loss", "value": 1.7976931348623157e308, "timestamp": 5, "step": 1},
            {"key": "loss", "value": 0.5, "timestamp": "3"},
        ]
    },
}


class Answering(HTTPServer):
    """Answers as it is told, and keeps what it was asked."""

    def __init__(self, status=200, content=None, to=""):
        self.status, self.content, self.to, self.asked = status, content, to, []
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error):
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    def _answer(self):
        size = int(self.headers.get("Content-Length") or 0)
        self.server.asked.append(
            (self.path, self.headers.get("Authorization"), self.rfile.read(size))
        )
        what = self.path.partition("/api/2.0/mlflow/")[2].partition("?")[0]
        content = self.server.content
        content = json.dumps(ANSWERS.get(what, {})).encode() if content is None else content
        self.send_response(self.server.status)
        if self.server.to:
            self.send_header("Location", self.server.to)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = _answer

    def log_message(self, *said):
        pass


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    monkeypatch.setattr("tunebook.importers.mlflow.server._PAUSE_S", 0.0)
    for name in ("TOKEN", "USERNAME", "PASSWORD"):
        monkeypatch.delenv(f"MLFLOW_TRACKING_{name}", raising=False)


def test_numbers_that_come_as_text_are_read():
    with Answering() as server:
        read = read_source(server.url)
    assert read.rows.cells["result.loss"] == ["nan"]
    assert read.rows.cells["seconds"] == ["2.0"]
    assert read.curves.step.tolist() == [0, 1, 2]
    assert [str(v) for v in read.curves.value] == ["0.5", "inf", "nan"]


def test_the_address_that_a_browser_shows_names_the_experiment():
    with Answering() as server:
        assert len(read_source(f"{server.url}/below/#/experiments/3/runs?x=1").rows) == 1
        assert all(path.startswith("/below/api/2.0/mlflow/") for path, _, _ in server.asked)


@pytest.mark.parametrize(
    ("status", "content", "part"),
    [
        (401, b"no", "MLFLOW_TRACKING_TOKEN"),
        (403, b"no", "MLFLOW_TRACKING_TOKEN"),
        (404, b"no", "does not answer as a server of MLflow"),
        (200, b"<html>hello</html>", "does not answer as a server of MLflow"),
        (200, b'{"experiments": [{"experi', "does not answer as a server of MLflow"),
        (200, b"[1, 2]", "does not answer as a server of MLflow"),
        (200, b'{"experiments": [{"other": 1}]}', "does not answer as a server of MLflow"),
        (200, b'{"experiments": [1]}', "does not answer as a server of MLflow"),
        (200, b"\xff\xfe\x00", "does not answer as a server of MLflow"),
        (200, b"{}", "holds no run"),
        (400, b"no", "400"),
        (503, b"no", "503"),
    ],
)
def test_a_bad_answer_is_told_in_a_sentence(status, content, part):
    with Answering(status, content) as server, pytest.raises(TableError) as told:
        read_source(server.url)
    assert part in str(told.value)
    assert len(server.asked) == (3 if status == 503 else 1)


def test_no_answer_at_all_is_told_in_a_sentence():
    with Answering() as server:
        pass
    with pytest.raises(TableError) as told:
        read_source(server.url)
    assert server.url.partition("//")[2] in str(told.value)


def test_a_token_is_in_the_request_and_in_no_text(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "secret-1")
    with Answering(401, b"no") as server, pytest.raises(TableError) as told:
        read_source(server.url.replace("//", "//me:secret-2@"))
    assert server.asked[0][1] == "Bearer secret-1"
    assert "secret" not in str(told.value)
    monkeypatch.delenv("MLFLOW_TRACKING_TOKEN")
    with Answering() as server:
        read = read_source(server.url.replace("//", "//me:secret-2@"))
    assert server.asked[0][1] == "Basic bWU6c2VjcmV0LTI="
    assert "secret" not in read.rows.source and "127.0.0.1" in read.rows.source


def test_a_token_goes_to_no_other_host(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "secret")
    with Answering() as other, Answering(302, b"", to=other.url) as server:
        with pytest.raises(TableError):
            read_source(server.url)
        assert server.asked[0][1] == "Bearer secret"
        assert other.asked and all(header is None for _, header, _ in other.asked)


def test_the_address_of_a_file_is_no_server():
    assert not FORMATS["mlflow"].recognises("https://example.org/results.csv")
    with pytest.raises(TableError, match="get a copy"):
        read_source("https://example.org/results.csv")
