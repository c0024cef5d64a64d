"""`claude-top alerts test` and `alerts list`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from claude_tui.alerting.command import list_lines, metric_lines
from claude_tui.alerting.ledger import Ledger, encode
from claude_tui.alerting.routes import AlertSettings
from claude_tui.alerting.rules import AlertsConfigError
from claude_tui.alerting.step import acknowledged, advanced
from claude_tui.cli import main
from claude_tui.engine import store_name
from claude_tui.engine.paging import StoreBackend
from claude_tui.probes.credentials import Credentials
from claude_tui.store import Store
from tests.alerts import MATCH, OUTAGE, chat, desk, routes_toml, rule, scene, tried, verdict_rules
from tests.builders import NOON, after


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
    assert lines[0].startswith("alerts: unknown, as no dashboard has saved any")
    assert "to the screen only" in lines[-1]


def test_a_list_of_a_damaged_state() -> None:
    lines = list(list_lines([], AlertSettings(), b"\x00\x1b[31m", at=NOON))
    assert lines[0].startswith("alerts: the saved state cannot be read")
    assert lines[0].isprintable()


def test_every_metric_is_listed() -> None:
    lines = list(metric_lines())
    assert any(line.startswith("headroom.left ") and "[bucket]" in line for line in lines)
    assert any(line.startswith("messages.total_p99 ") and "(over a window)" in line for line in lines)


# -- the program -------------------------------------------------------------------------


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
def test_what_stops_the_command_is_shown_with_code_3(
    config_file: Path, capsys: pytest.CaptureFixture[str], text: str, arguments: list[str], words: str
) -> None:
    config_file.write_text(text)
    assert main(["alerts", *arguments]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err


def test_config_show_checks_the_alerts_and_shows_no_secret(
    config_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config_file.write_text(routes_toml("am.test"))
    assert main(["config", "show"]) == 0
    out = capsys.readouterr().out
    assert "[alerts.routes.pager]\n" in out
    assert 'routing_key_env = "PAGERDUTY_KEY"' in out
    assert "# to json://am.test/…" in out
    assert "SECRET" not in out
    config_file.write_text("[alerts.routes.a]\nkind = 'slack'\n")
    assert main(["config", "show"]) == 3
    assert 'alerts.routes.a.kind: got "slack", expected one of apprise' in capsys.readouterr().err


def test_a_list_makes_no_store(config_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["alerts", "list"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("alerts: unknown")
    assert "\n  verdict-p1 " in out
    assert [path for path in tmp_path.iterdir() if path.name != "config"] == []


def test_a_list_shows_what_the_dashboard_left(
    config_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
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
    assert capsys.readouterr().out.startswith("alerts: unknown"), "another target has alerts of its own"


def test_the_metrics_are_named_whatever_the_settings_say(
    config_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config_file.write_text("x = [")
    assert main(["alerts", "list", "--metrics"]) == 0
    assert "headroom.left" in capsys.readouterr().out
