"""`claude-top alerts test` against a receiver that answers."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from claude_tui.alerting.routes import Route, RouteKind
from claude_tui.cli import main
from tests.alerts import chat, routes_toml, tried
from tests.ports import unused_port

KEY = "R0123456789abcdefSECRET987654321"


@contextmanager
def receiver(status: int = 202) -> Iterator[tuple[str, list[tuple[str, object]]]]:
    """A receiver in a thread of its own, as the command has a loop of its own."""
    got: list[tuple[str, object]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            got.append((self.path, json.loads(body)))
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return None

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}", got
        finally:
            server.shutdown()
            thread.join()


def test_a_test_reaches_every_kind_of_route() -> None:
    with receiver() as (host, got):
        code, lines = tried(
            Route("chat", RouteKind.APPRISE, f"json://{host}/hook", address="json://x/…"),
            Route("pager", RouteKind.PAGERDUTY, f"http://{host}/v2/enqueue", KEY),
            Route("am", RouteKind.ALERTMANAGER, f"http://{host}"),
        )
    assert code == 0
    assert [line.split()[0] for line in lines] == ["chat", "pager", "am"]
    assert all(line.endswith("arrived") for line in lines)
    paths = sorted(path for path, _ in got)
    assert paths == ["/api/v2/alerts", "/hook", "/v2/enqueue", "/v2/enqueue"]
    message = next(body for path, body in got if path == "/hook")
    assert "Nothing is wrong" in str(message)


def test_what_fails_is_reported_without_secrets() -> None:
    with receiver(400) as (host, _):
        dead = Route("dead", RouteKind.PAGERDUTY, f"http://127.0.0.1:{unused_port()}/x", KEY)
        code, lines = tried(Route("pager", RouteKind.PAGERDUTY, f"http://{host}/v2/enqueue", KEY), dead)
    assert code == 1
    assert "FAILED: HTTP 400" in lines[0]
    assert "FAILED: ConnectError" in lines[1]
    assert KEY not in "".join(lines)


def test_one_route_by_its_name() -> None:
    with receiver() as (host, got):
        code, lines = tried(chat("a", url=f"json://{host}/a"), chat("b", url=f"json://{host}/b"), name="b")
    assert (code, len(lines)) == (0, 1)
    assert [path for path, _ in got] == ["/b"]


def test_the_command_tries_the_routes_of_the_settings(
    config_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PAGERDUTY_KEY", KEY)
    with receiver() as (host, got):
        config_file.write_text(routes_toml(host))
        assert main(["alerts", "test"]) == 0
        out, err = capsys.readouterr()
        assert main(["alerts", "test", "chat", "--name", "staging"]) == 0
    assert [line.split()[0] for line in out.splitlines()] == ["chat", "pager"]
    assert err.startswith("claude-top: sending a test message to chat, pager;")
    assert "SECRET" not in out + err
    assert "s3cretpass" not in out + err
    assert "prod (api.anthropic.com)" in str(got[0])
    assert "staging (api.anthropic.com)" in str(got[-1])


def test_the_command_fails_when_one_route_does(config_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with receiver() as (host, _):
        config_file.write_text(routes_toml(host))
        assert main(["alerts", "test"]) == 1
    out = capsys.readouterr().out
    assert "pager  pagerduty" in out
    assert "FAILED: the environment variable PAGERDUTY_KEY" in out
