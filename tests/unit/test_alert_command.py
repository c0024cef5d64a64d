"""`claude-top alerts test` and `alerts list`."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from claude_tui.alerting.advance import acknowledged, advanced
from claude_tui.alerting.command import list_lines, metric_lines, try_routes
from claude_tui.alerting.delivery.tries import Patience
from claude_tui.alerting.ledger import Ledger, encode
from claude_tui.alerting.reading import AlertsConfigError
from claude_tui.alerting.routes import AlertSettings, Route, RouteKind
from tests.alerts import MATCH, OUTAGE, chat, desk, rule, scene, verdict_rules
from tests.builders import NOON, after
from tests.wire_server import closed_port

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

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


def tried(*routes: Route, name: str | None = None) -> tuple[int, list[str]]:
    lines: list[str] = []
    code = try_routes(
        AlertSettings(routes=routes),
        name,
        target="prod",
        now=lambda: NOON,
        emit=lines.append,
        patience=Patience(attempts=1),
    )
    return code, lines


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


def test_what_fails_is_told_without_secrets() -> None:
    with receiver(400) as (host, _):
        dead = Route("dead", RouteKind.PAGERDUTY, f"http://127.0.0.1:{closed_port()}/x", KEY)
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


def test_a_route_without_its_secret_fails_with_the_reason() -> None:
    code, lines = tried(chat("a", problem="the environment variable A_B is not set"))
    assert code == 1
    assert lines[0].endswith("FAILED: the environment variable A_B is not set")


def test_a_route_that_is_not_declared() -> None:
    with pytest.raises(
        AlertsConfigError, match=r'got "slak" \(did you mean "slack"\?\), expected one of slack'
    ):
        tried(chat("slack"), name="slak")
    with pytest.raises(AlertsConfigError, match="no routes are declared"):
        tried()


def test_a_list_of_what_fires_and_of_all_there_is() -> None:
    rules = [*verdict_rules(), rule("mine", own_topic="mine")]
    ledger = advanced(Ledger(), scene(NOON, OUTAGE, {"mine": MATCH}), desk(rules))
    ledger = acknowledged(ledger, None, by="ana", reason="", at=NOON)
    routes = AlertSettings(routes=(chat("slack", url="slack://SECRETtoken", address="slack://…"),))
    lines = list(list_lines(rules, routes, encode(ledger), at=after(65)))
    assert lines[0] == "alerts (as of 1m 05s ago)"
    assert "  P1 provider: It is provider_outage · 1m 05s · acknowledged by ana" in lines
    assert "  firing    verdict-p1 cause=provider_outage P1 · 1m 05s" in lines
    assert any(line.startswith("  mine") and "test.mine == 1" in line for line in lines)
    assert any(line.split() == ["slack", "apprise", "slack://…"] for line in lines)
    assert "SECRET" not in "".join(lines)


def test_a_list_without_state_or_routes() -> None:
    lines = list(list_lines([], AlertSettings(), None, at=NOON))
    assert lines[:2] == ["alerts", "  none"]
    assert "to the screen only" in lines[-1]


def test_a_list_of_a_damaged_state() -> None:
    lines = list(list_lines([], AlertSettings(), b"\x00\x1b[31m", at=NOON))
    assert lines[0].startswith("alerts: what was saved cannot be read")
    assert lines[0].isprintable()


def test_every_metric_is_listed() -> None:
    lines = list(metric_lines())
    assert any(line.startswith("headroom.left ") and "[bucket]" in line for line in lines)
    assert any(line.startswith("messages.total_p99 ") and "(over a window)" in line for line in lines)
