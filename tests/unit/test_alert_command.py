"""`claude-top alerts test` and `alerts list`."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from claude_tui.alerting.command import list_lines, metric_lines, try_routes
from claude_tui.alerting.ledger import Ledger, encode
from claude_tui.alerting.routes import AlertSettings, Route, RouteKind
from claude_tui.alerting.rules import AlertsConfigError
from claude_tui.alerting.step import acknowledged, advanced
from claude_tui.cli import main
from claude_tui.engine import store_name
from claude_tui.engine.paging import StoreBackend
from claude_tui.model.retry import RetryPolicy
from claude_tui.probes.credentials import Credentials
from claude_tui.store import Store
from tests.alerts import MATCH, OUTAGE, chat, desk, rule, scene, verdict_rules
from tests.builders import NOON, after
from tests.wire_server import closed_port

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
        policy=RetryPolicy(),
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
    assert lines[0].startswith("alerts: not known, as no dashboard has left any")
    assert "to the screen only" in lines[-1]


def test_a_list_of_a_damaged_state() -> None:
    lines = list(list_lines([], AlertSettings(), b"\x00\x1b[31m", at=NOON))
    assert lines[0].startswith("alerts: what was saved cannot be read")
    assert lines[0].isprintable()


def test_every_metric_is_listed() -> None:
    lines = list(metric_lines())
    assert any(line.startswith("headroom.left ") and "[bucket]" in line for line in lines)
    assert any(line.startswith("messages.total_p99 ") and "(over a window)" in line for line in lines)


# -- the program -------------------------------------------------------------------------


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the settings file of a person without any other settings belongs."""
    for name in [name for name in os.environ if name.startswith(("CLAUDE_TOP_", "ANTHROPIC_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    path = tmp_path / "config" / "claude-top" / "config.toml"
    path.parent.mkdir(parents=True)
    return path


def routes(host: str) -> str:
    return f"""
        name = "prod"
        [alerts.routes.chat]
        kind = "apprise"
        url = "json://user:s3cretpass@{host}/hookSECRET"
        [alerts.routes.pager]
        kind = "pagerduty"
        url = "http://{host}/v2/enqueue"
        routing_key_env = "PAGERDUTY_KEY"
        """


def test_the_command_tries_the_routes_of_the_settings(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PAGERDUTY_KEY", KEY)
    with receiver() as (host, got):
        config.write_text(routes(host))
        assert main(["alerts", "test"]) == 0
        out, err = capsys.readouterr()
        assert main(["alerts", "test", "chat", "--name", "staging"]) == 0
    assert [line.split()[0] for line in out.splitlines()] == ["chat", "pager"]
    assert err.startswith("claude-top: sending a test message to chat, pager;")
    assert "SECRET" not in out + err
    assert "s3cretpass" not in out + err
    assert "prod (api.anthropic.com)" in str(got[0])
    assert "staging (api.anthropic.com)" in str(got[-1])


def test_the_command_fails_when_one_route_does(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with receiver() as (host, _):
        config.write_text(routes(host))
        assert main(["alerts", "test"]) == 1
    out = capsys.readouterr().out
    assert "pager  pagerduty" in out
    assert "FAILED: the environment variable PAGERDUTY_KEY" in out


@pytest.mark.parametrize(
    ("text", "arguments", "words"),
    [
        ("", ["test"], "no routes are declared"),
        ("[alerts.routes.chat]\nkind = 'apprise'\nurl = 'a://b'", ["test", "chta"], 'did you mean "chat"?'),
        ("[alerts.routes.chat]\nkind = 'apprise'", ["test"], "alerts.routes.chat.url: got nothing"),
        ("[alerts]\nremind = '1h'", ["list"], 'alerts.remind: got an unknown key (did you mean "reminder"?)'),
        ("alert_rules = 'none.toml'", ["list"], "none.toml: cannot be read"),
    ],
)
def test_what_stops_the_command_is_said_with_code_3(
    config: Path, capsys: pytest.CaptureFixture[str], text: str, arguments: list[str], words: str
) -> None:
    config.write_text(text)
    assert main(["alerts", *arguments]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err


def test_config_show_checks_the_alerts_and_shows_no_secret(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text(routes("am.test"))
    assert main(["config", "show"]) == 0
    out = capsys.readouterr().out
    assert "[alerts.routes.pager]\n" in out
    assert 'routing_key_env = "PAGERDUTY_KEY"' in out
    assert "# to json://am.test/…" in out
    assert "SECRET" not in out
    config.write_text("[alerts.routes.a]\nkind = 'slack'\n")
    assert main(["config", "show"]) == 3
    assert 'alerts.routes.a.kind: got "slack", expected one of apprise' in capsys.readouterr().err


def test_a_list_makes_no_store(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["alerts", "list"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("alerts: not known")
    assert "\n  verdict-p1 " in out
    assert [path for path in tmp_path.iterdir() if path.name != "config"] == []


def test_a_list_shows_what_the_dashboard_left(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    credentials = Credentials.from_environ({}, base_url="https://gateway.test")
    now = datetime.now(UTC)
    store = Store.open(tmp_path / "mine", store_name(credentials), now=now)
    ledger = advanced(Ledger(), scene(now, OUTAGE), desk(verdict_rules()))
    StoreBackend(store, credentials.base_url, lambda: NOON).save(encode(ledger), (), essential=True)
    store.close()

    where = ["--data-dir", str(tmp_path / "mine")]
    assert main(["alerts", "list", "--base-url", "https://gateway.test", *where]) == 0
    assert "\n  P1 provider: It is provider_outage" in capsys.readouterr().out
    assert main(["alerts", "list", "--base-url", "https://other.test", *where]) == 0
    assert capsys.readouterr().out.startswith("alerts: not known"), "another target has alerts of its own"


def test_the_metrics_are_named_whatever_the_settings_say(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text("x = [")
    assert main(["alerts", "list", "--metrics"]) == 0
    assert "headroom.left" in capsys.readouterr().out
