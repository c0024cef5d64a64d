"""Routes in the settings: their mistakes are named, their secrets never."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.alerting.addresses import masked, secrets_of
from claude_tui.alerting.config import alerting_of, shown_lines
from claude_tui.alerting.routes import AlertSettings, Policy, Route, RouteKind, read_settings
from claude_tui.alerting.rules import AlertsConfigError
from claude_tui.model.text import Redactor
from claude_tui.model.verdict import Severity
from claude_tui.settings import Places, Settings, load

KEY = "R0123456789abcdefSECRET987654321"
SLACK = "slack://T1JJ3T3L2SECRET/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#oncall"


def read(text: str, **environ: str) -> AlertSettings:
    return read_settings(tomllib.loads(text), file="config.toml", environ=environ)


def problems(text: str, **environ: str) -> list[str]:
    with pytest.raises(AlertsConfigError) as caught:
        read(text, **environ)
    return [str(problem).removeprefix("config.toml: alerts.") for problem in caught.value.problems]


def test_nothing_is_a_setting_too() -> None:
    assert read("") == AlertSettings()


def test_all_kinds() -> None:
    settings = read(
        f"""
        reminder = "30m"
        bell = false
        [routes.chat]
        kind = "apprise"
        url_env = "CHAT_URL"
        match = {{ severity = ["P1", "P2"], cause = "provider", metric = ["headroom.left"] }}
        [routes.pager]
        kind = "pagerduty"
        routing_key = "{KEY}"
        [routes.am]
        kind = "alertmanager"
        url = "http://user:passw0rd@alertmanager.test:9093/prefix"
        """,
        CHAT_URL=SLACK,
    )
    chat, pager, am = settings.routes
    assert (chat.kind, chat.url, chat.address) == (RouteKind.APPRISE, SLACK, "slack://…")
    assert chat.match.severities == {Severity.P1, Severity.P2}
    assert (pager.key, pager.address) == (KEY, "https://events.pagerduty.com/…")
    assert am.address == "http://alertmanager.test:9093/…"
    assert settings.policy.reminder == timedelta(minutes=30)
    assert settings.bell is False


def test_nothing_secret_is_in_a_repr() -> None:
    settings = read(
        f"[routes.a]\nkind = 'pagerduty'\nrouting_key = '{KEY}'\n"
        f"[routes.b]\nkind = 'apprise'\nurl = '{SLACK}'"
    )
    assert KEY not in repr(settings)
    assert "SECRET" not in repr(settings)


def test_a_variable_that_is_not_set_makes_the_route_useless_and_says_why() -> None:
    (route,) = read("[routes.a]\nkind = 'apprise'\nurl_env = 'CHAT_URL'").routes
    assert route.problem == "the environment variable CHAT_URL that url_env names is not set"


def test_a_key_in_place_of_a_name_is_not_shown() -> None:
    (route,) = read(f"[routes.a]\nkind = 'pagerduty'\nrouting_key_env = '{KEY}'").routes
    assert route.problem is not None
    assert KEY not in route.problem


A = "[routes.a]\nkind = 'apprise'\nurl = 'a://b'\n"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[routes.a]\nurl = 'json://x/y'", "routes.a.kind: got nothing, expected one of apprise, "),
        (
            "[routes.a]\nkind = 'pagerdty'\nurl = 'http://x'",
            'routes.a.kind: got "pagerdty" (did you mean "pagerduty"?)',
        ),
        ("[routes.a]\nkind = 'apprise'", "routes.a.url: got nothing, expected url, or url_env"),
        ("[routes.a]\nkind = 'apprise'\nurl = 'hello'", "routes.a.url: got something else (…), expected"),
        (
            "[routes.a]\nkind = 'alertmanager'\nurl = 'slack://x'",
            "routes.a.url: got something else (slack://…)",
        ),
        (
            "[routes.a]\nkind = 'alertmanager'\nurl = 'http://x:99999'",
            "routes.a.url: got something else",
        ),
        ("[routes.a]\nkind = 'pagerduty'", "routes.a.routing_key: got nothing"),
        ("[routes.a]\nkind = 'apprise'\nurl = 7", "routes.a.url: got something else (not shown"),
        (f"{A}url_env = 'X'", "routes.a.url_env: got both, expected either"),
        (
            "[routes.a]\nkind = 'apprise'\nurl_env = 'a b'",
            "routes.a.url_env: got something else (not shown)",
        ),
        (f"{A}colour = 1", "routes.a.colour: got an unknown key"),
        (
            f"{A}match = {{ cause = 'provider_overlo' }}",
            'routes.a.match.cause: got "provider_overlo" (did you mean "provider_overloaded"?)',
        ),
        (f"{A}match = {{ severity = 'high' }}", 'routes.a.match.severity: got "high"'),
        ("[routes.screen]\nkind = 'apprise'\nurl = 'a://b'", "routes.screen: got a route with this name"),
        ("[routes]\na = 7", "routes.a: got 7, expected a table"),
        ("routes = 7", "routes: got 7, expected a table"),
        ("reminder = '1s'", 'reminder: got "1s", expected a duration such as "90s", "5m" or "1h30m" of at'),
        ("remindr = '1h'", 'remindr: got an unknown key (did you mean "reminder"?)'),
        ("bell = 1", "bell: got 1, expected true or false"),
    ],
)
def test_a_mistake_is_named(text: str, problem: str) -> None:
    found = problems(text)[0]
    assert found.startswith(problem)


@pytest.mark.parametrize("value", [f'"{SLACK} "', f'["{SLACK}"]', f'{{ x = "{SLACK}" }}'])
def test_no_mistake_shows_a_secret(value: str) -> None:
    text = f"[routes.a]\nkind = 'alertmanager'\nurl = {value}\nrouting_key = {value}"
    assert "SECRET" not in "".join(problems(text))


@pytest.mark.parametrize(
    "text",
    [
        f"routes = '{SLACK}'",
        f"routes.a = '{SLACK}'",
        f"reminder = '{SLACK}'",
        f"[routes.a]\nkind = '{SLACK}'",
        f"[routes.a]\nkind = '{KEY}'",
        f"[routes.a]\nkind = 'apprise'\nurl = 'a://b'\nmatch = {{ cause = '{KEY}' }}",
        f"[routes.a]\nkind = 'apprise'\nurl = 'a://b'\nmatch = '{KEY}'",
        f"[routes.a]\nkind = 'apprise'\n'{SLACK}' = 1",
        f"[routes.'{SLACK}']\nkind = 'apprise'",
    ],
)
def test_a_secret_in_the_wrong_place_is_not_shown(text: str) -> None:
    assert "SECRET" not in "".join(problems(text))


def test_how_often_to_remind() -> None:
    policy = Policy()
    assert policy.reminder_of(Severity.P1, acknowledged=False) == timedelta(hours=1)
    assert policy.reminder_of(Severity.P1, acknowledged=True) == timedelta(hours=4)
    assert policy.reminder_of(Severity.P4, acknowledged=True) == timedelta(hours=24)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (SLACK, "slack://…"),
        ("https://hooks.example.test/services/T000/B000", "https://hooks.example.test/…"),
        ("jsons://user:pass@host.test:8443/token", "jsons://host.test:8443/…"),
        ("mailto://me:secret@example.test", "mailto://example.test/…"),
        ("tgram://123456789:abcdefg_hijklmnop/12315544/", "tgram://…"),
        ("http://[::1/x", "http://…"),
        ("no url", "…"),
    ],
)
def test_masks(url: str, shown: str) -> None:
    assert masked(url) == shown


@pytest.mark.parametrize(
    ("url", "secrets"),
    [
        (SLACK, ["T1JJ3T3L2SECRET", "A1BRTD4JD", "TIiajkdnlazkcOXrIdevi7FQ"]),
        (
            "json://user:s3cretpass@host.test/tok%2Fen123?key=abcdef123",
            ["s3cretpass", "abcdef123", "tok/en123"],
        ),
        ("tgram://123456789:abcdefg_hijklmnop/12315544/", ["123456789", "abcdefg_hijklmnop"]),
    ],
)
def test_the_parts_of_a_url_are_known_to_the_redactor(url: str, secrets: list[str]) -> None:
    redactor = Redactor(Route("a", RouteKind.APPRISE, url).secrets)
    for secret in secrets:
        assert secret not in redactor.without_secrets(f"cannot reach {secret} there")
    assert redactor.without_secrets("host.test refused") == "host.test refused"


def test_the_public_address_of_pagerduty_is_no_secret() -> None:
    (route,) = read(f"[routes.a]\nkind = 'pagerduty'\nrouting_key = '{KEY}'").routes
    assert route.secrets == (KEY,)


@given(st.text(max_size=60))
def test_any_text_can_be_masked(url: str) -> None:
    assert masked(url).endswith("…")
    assert list(secrets_of(url))


# -- of the settings ---------------------------------------------------------------------


def settings_of(tmp_path: Path, text: str, rules: str | None = None, **environ: str) -> Settings:
    """The settings of a file with this text, with a person's own rules beside it."""
    (tmp_path / "config.toml").write_text(text)
    if rules is not None:
        (tmp_path / "rules.toml").write_text(rules)
    return load({}, environ, places=Places(tmp_path / "config.toml", tmp_path / "data"))


def refusal(settings: Settings, environ: Mapping[str, str] | None = None) -> list[str]:
    with pytest.raises(AlertsConfigError) as caught:
        alerting_of(settings, environ or {})
    return str(caught.value).splitlines()


OWN_RULE = """
[rules.mine]
metric = "headroom.left"
comparison = "<"
threshold = "headroom_low"
severity = "P3"
topic = "my_topic"
routes = ["chat", "screen"]
[rules.certificate]
enabled = false
"""


def test_rules_routes_and_thresholds_come_together(tmp_path: Path) -> None:
    text = """
        alert_rules = "rules.toml"
        headroom_low = 0.4
        tail_s = 25
        [alerts.routes.chat]
        kind = "apprise"
        url_env = "CHAT_URL"
        match = { cause = "my_topic" }
        """
    rules, alerts = alerting_of(settings_of(tmp_path, text, OWN_RULE), {"CHAT_URL": SLACK})
    found = {rule.name: rule for rule in rules}
    assert found["mine"].threshold == found["headroom-low"].threshold == 0.4
    assert found["message-p99"].threshold == 25
    assert "certificate" not in found
    assert [(route.name, route.url) for route in alerts.routes] == [("chat", SLACK)]


def test_without_a_word_the_shipped_rules_hold_and_nobody_is_paged() -> None:
    rules, alerts = alerting_of(Settings(), {})
    assert {"verdict-p1", "overloaded", "certificate"} <= {rule.name for rule in rules}
    assert alerts == AlertSettings()


def test_every_mistake_in_both_files_is_named_at_once(tmp_path: Path) -> None:
    text = "alert_rules = 'rules.toml'\n[alerts]\nremindr = '1h'\n"
    first, second = refusal(settings_of(tmp_path, text, "[rules.certificate]\nfor = 'soon'\n"))
    assert first.startswith(f"file {tmp_path / 'config.toml'}: alerts.remindr: got an unknown key")
    assert second.startswith(f'{tmp_path / "rules.toml"}: rules.certificate.for: got "soon", expected')


def test_a_rule_sends_only_where_there_is_a_route(tmp_path: Path) -> None:
    text = "alert_rules = 'rules.toml'\n[alerts.routes.chatt]\nkind = 'apprise'\nurl = 'a://b'\n"
    (problem,) = refusal(settings_of(tmp_path, text, OWN_RULE))
    assert 'rules.mine.routes: got "chat" (did you mean "chatt"?), expected some of screen, chatt' in problem


@pytest.mark.parametrize(
    ("rules", "reason"),
    [(None, "cannot be read: No such file"), ("x = [", "is not valid TOML")],
)
def test_rules_that_cannot_be_read_name_who_asked_for_them(
    tmp_path: Path, rules: str | None, reason: str
) -> None:
    (problem,) = refusal(settings_of(tmp_path, "alert_rules = 'rules.toml'\n", rules))
    where = f"file {tmp_path / 'config.toml'}:alert_rules: {tmp_path / 'rules.toml'}: {reason}"
    assert problem.startswith(where)


def test_rules_in_a_pipe_are_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "rules.toml")
    (problem,) = refusal(settings_of(tmp_path, "alert_rules = 'rules.toml'\n"))
    assert problem.endswith("cannot be read: not a regular file")


def test_a_mistake_in_the_variable_names_it(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, "", CLAUDE_TOP_ALERTS='{routes={a={kind="apprise", url="slack"}}}')
    (problem,) = refusal(settings)
    assert problem.startswith("environment CLAUDE_TOP_ALERTS: alerts.routes.a.url: got something else")


def test_what_is_shown_is_toml_without_secrets(tmp_path: Path) -> None:
    text = f"""
        [alerts]
        reminder = 5400
        [alerts.routes.chat]
        kind = "apprise"
        url = "{SLACK}"
        match = {{ severity = ["P1"], cause = "provider" }}
        [alerts.routes.pager]
        kind = "pagerduty"
        routing_key_env = "PAGERDUTY_KEY"
        [alerts.routes.pasted]
        kind = "pagerduty"
        routing_key_env = "{KEY}"
        [alerts.routes.own]
        kind = "alertmanager"
        url_env = "am"
        """
    environ = {"am": "http://ann:p4ss@am.test:9093"}
    settings = settings_of(tmp_path, text)
    shown = "\n".join(shown_lines(settings, alerting_of(settings, environ)[1], environ))
    found = tomllib.loads(f"[alerts]\n{shown}")["alerts"]
    assert found["reminder"] == "1h30m"
    assert (found["bell"], found["easing"]) == (True, "15m")
    assert found["routes"] == {
        "chat": {"kind": "apprise", "match": {"severity": ["P1"], "cause": "provider"}},
        "pager": {"kind": "pagerduty", "routing_key_env": "PAGERDUTY_KEY"},
        "pasted": {"kind": "pagerduty", "routing_key_env": "…"},
        "own": {"kind": "alertmanager", "url_env": "am"},
    }
    for part in ("# to slack://…", "# to http://am.test:9093/…", "# url: set, not shown", "# problem: the"):
        assert part in shown
    for secret in ("SECRET", "TIiajkdn", "p4ss", "ann"):
        assert secret not in shown
