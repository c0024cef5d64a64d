"""`claude-top doctor`: what it finds and advises, and that it neither shows a secret nor changes a thing."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from claude_tui.alerting.routes import Route, RouteKind
from claude_tui.cli import main
from claude_tui.doctor import Area, Condition, Finding, Terminal, exit_code
from claude_tui.doctor.configuration import ScreenProblem, examine_key, examine_settings
from claude_tui.doctor.history import examine_history
from claude_tui.doctor.network import of_addresses, of_each_address, of_models, of_names, of_page
from claude_tui.doctor.receivers import address_of, examine_receivers
from claude_tui.doctor.terminal import examine_terminal
from claude_tui.doctor.text import COLUMNS, as_text
from claude_tui.doctor.traffic import examine_traffic
from claude_tui.engine.lease import Lease
from claude_tui.model.observation import Outcome
from claude_tui.model.watching import Process
from claude_tui.probes.credentials import Credentials
from claude_tui.probes.proxies import Proxies
from claude_tui.probes.report import Report
from claude_tui.settings import Settings
from claude_tui.store import Store
from tests import builders
from tests.programs import needs_program
from tests.store_values import seen

pytestmark = pytest.mark.usefixtures("own_home")

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
EVE = Process("eve", "ops-box", 4242, NOON)
GOOD, NOTE, WARNING, BAD = Condition.GOOD, Condition.NOTE, Condition.WARNING, Condition.BAD
SCREEN = Terminal(True, "utf-8", 120, 40)
KEY = "sk-ant-api03-" + "a1B2" * 6


def by_name(findings: Sequence[Finding]) -> dict[str, Finding]:
    return {finding.name: finding for finding in findings}


async def gathered(found: AsyncIterator[Finding]) -> dict[str, Finding]:
    return by_name([finding async for finding in found])


# -- the exit code ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("conditions", "code"),
    [
        ([], 0),
        ([GOOD, NOTE], 0),
        ([GOOD, Condition.UNKNOWN], 3),
        ([WARNING, Condition.UNKNOWN], 1),
        ([WARNING, BAD, GOOD], 2),
    ],
)
def test_the_worst_counts(conditions: list[Condition], code: int) -> None:
    assert exit_code(Finding(Area.KEY, "x", condition, "") for condition in conditions) == code


# -- the terminal -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terminal", "environ", "tmux", "name", "condition", "to_do"),
    [
        (SCREEN, {"TERM": "xterm-256color"}, None, "colours", GOOD, "COLORTERM"),
        (SCREEN, {"TERM": "xterm", "COLORTERM": "truecolor"}, None, "colours", GOOD, ""),
        (SCREEN, {"TERM": "linux"}, None, "colours", WARNING, "xterm-256color"),
        (SCREEN, {"TERM": "linux"}, None, "copying", WARNING, "SSH"),
        (SCREEN, {"TERM": "xterm", "NO_COLOR": "1"}, None, "colours", NOTE, ""),
        (replace(SCREEN, columns=50), {"TERM": "xterm"}, None, "size", WARNING, "60x20"),
        (replace(SCREEN, columns=80, rows=24), {"TERM": "xterm"}, None, "size", GOOD, "120x40"),
        (replace(SCREEN, encoding="ANSI_X3.4-1968"), {"TERM": "xterm"}, None, "characters", WARNING, "UTF-8"),
        (SCREEN, {"TERM": "dumb"}, None, "terminal", BAD, "export TERM"),
        (SCREEN, {}, None, "terminal", BAD, "export TERM"),
        (replace(SCREEN, is_terminal=False), {"TERM": "xterm"}, None, "terminal", NOTE, "where you run"),
        (SCREEN, {"TERM": "screen", "TMUX": "x"}, "on", "copying", GOOD, ""),
        (SCREEN, {"TERM": "screen", "TMUX": "x"}, "external", "copying", WARNING, "set-clipboard on"),
        (SCREEN, {"TERM": "screen", "TMUX": "x"}, None, "copying", NOTE, "set-clipboard on"),
        (SCREEN, {"TERM": "xterm", "TERM_PROGRAM": "Apple_Terminal"}, None, "copying", WARNING, "iTerm2"),
    ],
)
def test_the_terminal(
    terminal: Terminal,
    environ: dict[str, str],
    tmux: str | None,
    name: str,
    condition: Condition,
    to_do: str,
) -> None:
    found = by_name([*examine_terminal(terminal, environ, lambda _: tmux)])[name]
    assert found.condition is condition
    assert to_do in found.to_do
    assert bool(to_do) == bool(found.to_do)


def test_tmux_that_passes_everything_on_copies_whatever_its_clipboard_is() -> None:
    options = {"set-clipboard": "external", "allow-passthrough": "1"}
    found = by_name([*examine_terminal(SCREEN, {"TERM": "screen", "TMUX": "x"}, options.get)])["copying"]
    assert found.condition is GOOD


@needs_program("tmux", verifies="how tmux tells its options")
def test_a_real_tmux_is_asked(tmp_path: Path) -> None:
    tmux = ["tmux", "-S", str(tmp_path / "socket"), "-f", "/dev/null"]
    asks = "from claude_tui.doctor.terminal import tmux_option as t; print(t('set-clipboard'), t('nonsense'))"
    answer = tmp_path / "said"
    command = (
        f'{sys.executable} -c "{asks}" > {answer}.part; mv {answer}.part {answer}; tmux wait-for -S told'
    )
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    try:
        for arguments in (
            ["new-session", "-d", "-x", "80", "-y", "24", "cat"],
            ["set", "-s", "set-clipboard", "on"],
            ["set", "-g", "remain-on-exit", "on"],
            ["respawn-pane", "-k", command],
            ["wait-for", "told"],
        ):
            subprocess.run([*tmux, *arguments], check=True, timeout=60, env=environ, stdin=subprocess.DEVNULL)
        assert answer.read_text().split() == ["on", "None"]
    finally:
        subprocess.run([*tmux, "kill-server"], check=False, capture_output=True)


# -- settings and key ---------------------------------------------------------------------------


def test_a_settings_file_with_receivers_that_others_can_read_is_a_warning(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.touch()
    settings = Settings(file=file, alerts={"routes": {}})
    for mode, condition in ((0o644, WARNING), (0o600, GOOD)):
        file.chmod(mode)
        assert by_name([*examine_settings(settings, [])])["file"].condition is condition


def test_a_theme_in_use_that_is_broken_is_bad_and_another_a_warning() -> None:
    problems = [ScreenProblem("a.toml: no name", stops=False), ScreenProblem("b.toml: no name", stops=True)]
    found = by_name([*examine_settings(Settings(), problems)])
    assert (found["themes"].condition, found["keys and theme"].condition) == (WARNING, BAD)
    found = by_name([*examine_settings(Settings(), problems[:1])])
    assert found["keys and theme"].condition is GOOD


@pytest.mark.parametrize(
    ("environ", "condition"),
    [
        ({}, WARNING),
        ({"ANTHROPIC_API_KEY": KEY}, GOOD),
        ({"ANTHROPIC_API_KEY": f"{KEY}\n"}, BAD),
        ({"ANTHROPIC_API_KEY": "sk-proj-" + "x" * 20}, BAD),
        ({"ANTHROPIC_API_KEY": f'"{KEY}"'}, WARNING),
    ],
)
def test_the_key_is_judged_by_its_shape_and_never_shown(
    environ: dict[str, str], condition: Condition
) -> None:
    found = by_name([*examine_key(Credentials.from_environ(environ))])["key"]
    assert found.condition is condition
    assert KEY[13:] not in repr(found)


# -- the network --------------------------------------------------------------------------------


def test_an_api_that_answers_is_well_with_a_key_or_without() -> None:
    for key, words in ((True, "lists its models"), (False, "without a key")):
        (found, *_) = of_models(builders.models(0), key=key)
        assert found.condition is GOOD
        assert words in found.text


@pytest.mark.parametrize(
    ("seen", "to_do"),
    [
        (replace(builders.models(0, Outcome.NETWORK), error_type="dns"), "resolv.conf"),
        (replace(builders.models(0, Outcome.NETWORK), error_type="diverted"), "/etc/hosts"),
        (replace(builders.models(0, Outcome.NETWORK), error_type="tls_untrusted"), "SSL_CERT_FILE"),
        (replace(builders.models(0, Outcome.NETWORK), error_type="connect_timeout"), "HTTPS_PROXY"),
        (builders.models(0, Outcome.KEY_REJECTED), "key_rejected"),
        (builders.models(0, Outcome.SERVER_ERROR), "claude-top check"),
    ],
)
def test_what_fails_on_the_way_says_what_to_do(seen: builders.Observation, to_do: str) -> None:
    (found, *_) = of_models(seen, key=True)
    assert found.condition is BAD
    assert to_do in found.to_do


@pytest.mark.parametrize(
    ("skew_s", "condition", "words"),
    [(1.0, GOOD, "agrees"), (90.0, WARNING, "1m 30s behind"), (-7200.0, BAD, "2h 00m ahead of")],
)
def test_the_clock_is_compared_with_the_servers(skew_s: float, condition: Condition, words: str) -> None:
    found = by_name([*of_models(replace(builders.models(0), skew_s=skew_s), key=True)])["clock"]
    assert found.condition is condition
    assert words in found.text


@pytest.mark.parametrize(
    ("url", "found", "condition", "words"),
    [
        ("https://api.anthropic.com", ["160.79.104.10", "2607:6bc0::10"], GOOD, "2 addresses, IPv4 and IPv6"),
        ("https://api.anthropic.com", ["0.0.0.0", "::"], BAD, "leads to 0.0.0.0"),
        ("https://api.anthropic.com", ["127.0.0.1"], BAD, "leads to 127.0.0.1"),
        ("https://gateway.example", ["127.0.0.1"], GOOD, "leads to 127.0.0.1"),
        ("https://gateway.example", ["0.0.0.0"], BAD, "leads to 0.0.0.0"),
        ("http://localhost:4000", ["127.0.0.1", "::1"], GOOD, "2 addresses"),
    ],
)
def test_a_name_that_is_blocked_is_bad(url: str, found: list[str], condition: Condition, words: str) -> None:
    """Blockers and hosts files send it to this machine, which was reported as found."""
    finding = of_names(url, found)
    assert finding.condition is condition
    assert words in finding.text
    assert ("/etc/hosts" in finding.to_do) is (condition is BAD)


def test_a_certificate_that_expires_soon_is_a_warning() -> None:
    for days, condition in ((60, GOOD), (5, WARNING)):
        seen = builders.models(0)
        seen = replace(seen, tls_expires_at=seen.at + timedelta(days=days))
        assert by_name([*of_models(seen, key=True)])["TLS"].condition is condition


def test_a_status_page_that_cannot_be_read_is_a_warning() -> None:
    (read,) = of_page(Report(builders.page(0), builders.status(0)))
    (unread,) = of_page(Report(builders.page(0), builders.unread(0)))
    assert (read.condition, unread.condition) == (GOOD, WARNING)


# -- the history --------------------------------------------------------------------------------


def store_at(directory: Path) -> Path:
    store = Store.open(directory, "x.db", now=NOON)
    store.write(seen(0))
    assert store.flush(60)
    store.close(60)
    return directory / "x.db"


def contents(directory: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in directory.rglob("*")}


def test_a_history_that_is_whole_is_well_and_left_as_it_was(tmp_path: Path) -> None:
    path = store_at(tmp_path)
    before = contents(tmp_path)
    found = by_name([*examine_history(path, EVE)])
    assert {finding.condition for finding in found.values()} == {GOOD, NOTE}
    assert "whole" in found["integrity"].text
    assert found["collector"].condition is NOTE
    assert contents(tmp_path) == before


def test_who_collects_is_named(tmp_path: Path) -> None:
    path = store_at(tmp_path)
    lease = Lease(Path(f"{path}.lease"), EVE)
    assert lease.take(NOON)
    found = by_name([*examine_history(path, replace(EVE, user="bob"))])
    lease.release()
    assert found["collector"].condition is GOOD
    assert "eve@ops-box" in found["collector"].text


def test_no_history_is_no_trouble_and_none_is_made(tmp_path: Path) -> None:
    found = by_name([*examine_history(tmp_path / "deep" / "er" / "x.db", EVE)])
    assert found["history"].text == "none yet for this target"
    assert {finding.condition for finding in found.values()} == {GOOD, NOTE}
    assert [*tmp_path.iterdir()] == []


def test_damage_is_bad(tmp_path: Path) -> None:
    path = store_at(tmp_path)
    raw = bytearray(path.read_bytes())
    raw[4096:] = b"\xff" * (len(raw) - 4096)
    path.write_bytes(raw)
    found = [*examine_history(path, EVE)]
    assert any(finding.condition is BAD and "damaged" in finding.text for finding in found)


def test_a_file_that_is_no_database_is_bad(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    path.write_bytes(b"nothing like a database" * 400)
    assert by_name([*examine_history(path, EVE)])["history"].condition is BAD
    path.unlink()
    path.mkdir()
    assert by_name([*examine_history(path, EVE)])["history"].text.endswith("is not a file")


def test_the_history_of_a_later_version_is_to_be_left_alone(tmp_path: Path) -> None:
    path = store_at(tmp_path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    found = by_name([*examine_history(path, EVE)])["schema"]
    assert found.condition is BAD
    assert "update claude-top" in found.to_do


def test_a_database_of_another_program_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE t (a)")
    assert "another program" in by_name([*examine_history(path, EVE)])["schema"].text


def test_histories_that_were_set_aside_are_named(tmp_path: Path) -> None:
    path = store_at(tmp_path)
    (tmp_path / "x.db.damaged-20261120T120000Z").touch()
    (tmp_path / "x.db.damaged-20261120T120000Z-wal").touch()
    assert by_name([*examine_history(path, EVE)])["damaged"].text.startswith("1 damaged set aside")


def test_a_file_where_the_directory_belongs_is_bad(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    found = by_name([*examine_history(tmp_path / "data" / "x.db", EVE)])
    assert found["directory"].condition is BAD


# -- receivers and ports ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("jsons://hook.example.com/token", "https://hook.example.com"),
        ("json://user:pass@10.0.0.1:8080/x", "http://10.0.0.1:8080"),
        ("slack://T/B/C", "https://hooks.slack.com"),
        ("mailtos://user:pass@example.com", None),
        ("json://[broken", None),
    ],
)
def test_the_host_of_a_receiver(url: str, address: str | None) -> None:
    assert address_of(Route("x", RouteKind.APPRISE, url)) == address


def test_pagerduty_has_a_host_of_its_own() -> None:
    assert address_of(Route("x", RouteKind.PAGERDUTY, key="k")) == "https://events.pagerduty.com"


async def test_a_receiver_is_reached_without_being_sent_anything() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(30)
        port = server.getsockname()[1]
        settings = Settings(
            alerts={
                "routes": {
                    "up": {"kind": "apprise", "url": f"json://127.0.0.1:{port}/secret-token"},
                    "unset": {"kind": "pagerduty", "routing_key_env": "NOWHERE_SET"},
                }
            }
        )
        found = await gathered(examine_receivers(settings, {}, Proxies(proxies=dict), offline=False))
        connection, _ = server.accept()
        with connection:
            assert connection.recv(100) == b""
    assert found["up"].condition is GOOD
    assert "secret-token" not in found["up"].text
    assert found["unset"].condition is BAD
    again = await gathered(examine_receivers(settings, {}, Proxies(proxies=dict), offline=False))
    assert again["up"].condition is BAD
    assert "refused" in again["up"].text
    quiet = await gathered(examine_receivers(settings, {}, Proxies(proxies=dict), offline=True))
    assert quiet["up"].condition is NOTE


async def test_a_port_of_otlp_is_free_taken_or_served() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(30)
        port = server.getsockname()[1]
        settings = Settings(traffic_otlp=f"127.0.0.1:{port}")
        nowhere = ("127.0.0.1", 1)
        taken = await gathered(examine_traffic(settings, collects=False, proxy=nowhere))
        served = await gathered(examine_traffic(settings, collects=True, proxy=nowhere))
    free = await gathered(examine_traffic(settings, collects=False, proxy=nowhere))
    silent = await gathered(examine_traffic(settings, collects=True, proxy=nowhere))
    conditions = [state["OTLP"].condition for state in (taken, served, free, silent)]
    assert conditions == [WARNING, GOOD, NOTE, WARNING]
    assert free["proxy"].text == "none at 127.0.0.1:1"


# -- the command --------------------------------------------------------------------------------


def test_the_text_fits_80_columns_and_ascii() -> None:
    long = Finding(Area.NETWORK, "a-rather-long-name-of-a-route", BAD, "word " * 40, "do " * 60)
    text = as_text([long, Finding(Area.ALERTS, "x", GOOD, "well")], ascii_only=True)
    assert max(map(len, text.splitlines())) <= COLUMNS
    assert text.isascii()
    assert text.endswith("1 to fix")
    assert as_text([Finding(Area.ALERTS, "x", GOOD, "well")]).endswith("All is well.")


def test_it_works_with_nothing_and_makes_nothing(own_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["doctor", "--offline", "--json"])
    printed = json.loads(capsys.readouterr().out)
    assert printed["exit_code"] == code == 1
    assert {finding["area"] for finding in printed["findings"]} == {area.name.lower() for area in Area}
    assert [*own_home.iterdir()] == []


def test_the_schema_holds_for_what_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    Draft202012Validator.check_schema(schema)
    main(["doctor", "--offline", "--json"])
    Draft202012Validator(schema).validate(json.loads(capsys.readouterr().out))
    item = schema["properties"]["findings"]["items"]["properties"]
    assert set(item["condition"]["enum"]) == {condition.word for condition in Condition}
    assert set(item["area"]["enum"]) == {area.name.lower() for area in Area}


def test_wrong_settings_are_named_and_the_rest_is_examined_all_the_same(
    config_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config_file.write_text('retention_days = "long"\nnonsense = 1\n')
    assert main(["doctor", "--offline"]) == 2
    out = " ".join(capsys.readouterr().out.split())
    assert "retention_days" in out
    assert "nonsense" in out
    assert "History" in out


def test_no_secret_is_shown(
    config_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    token, password = "tok3n" * 6, "pa55w0rd" * 3
    config_file.write_text(
        f'[alerts.routes.a]\nkind = "apprise"\nurl = "json://eve:{password}@127.0.0.1:1/{token}"\n'
    )
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("CLAUDE_TOP_STATUS_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTPS_PROXY", f"http://eve:{password}@127.0.0.1:1")
    for form in ([], ["--json"]):
        assert main(["doctor", "--timeout", "5", *form]) == 2
        out, err = capsys.readouterr()
        assert not any(secret in out + err for secret in (KEY, token, password))
        assert "127.0.0.1:1" in out


@pytest.mark.parametrize("arguments", [["--schema", "--offline"], ["--json", "--schema"], ["--timeout", "x"]])
def test_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", *arguments]) == 3
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("faults", "expected"),
    [
        (
            {"IPv6": "no answer in 3 s", "IPv4": ""},
            "api.example over IPv6: no answer in 3 s; over IPv4 it connects",
        ),
        (
            {"IPv6": "", "IPv4": "connection refused"},
            "api.example over IPv4: connection refused; over IPv6 it",
        ),
        ({"IPv6": None, "IPv4": ""}, None),
        ({"IPv6": None, "IPv4": "connection refused"}, None),
        ({"IPv6": "connection refused", "IPv4": "connection refused"}, None),
        ({"IPv4": ""}, None),
    ],
)
def test_a_kind_of_addresses_that_does_not_work(faults: dict[str, str | None], expected: str | None) -> None:
    found = of_addresses("api.example", faults)
    assert (found is None) is (expected is None)
    if found is not None and expected is not None:
        assert found.text.startswith(expected)
        assert found.condition is WARNING


@pytest.mark.parametrize(
    ("faults", "expected"),
    [
        (
            {"203.0.113.1": "no answer in 3 s", "203.0.113.2": ""},
            "1 of 2 addresses of api.example cannot be connected: 203.0.113.1 (no answer in 3 s)",
        ),
        (
            {"203.0.113.1": "refused", "203.0.113.2": "", "203.0.113.3": "refused", "2001:db8::1": ""},
            "2 of 4 addresses of api.example cannot be connected: 203.0.113.1 (refused), 203.0.113.3",
        ),
        ({"203.0.113.1": "refused", "203.0.113.2": "refused", "2001:db8::1": ""}, None),
        ({"203.0.113.1": None, "203.0.113.2": ""}, None),
        ({"203.0.113.1": "refused"}, None),
    ],
)
def test_a_dead_address_beside_a_living_one(faults: dict[str, str | None], expected: str | None) -> None:
    found = of_each_address("api.example", faults)
    assert (found is None) is (expected is None)
    if found is not None and expected is not None:
        assert found.text.startswith(expected)
    assert found is None or found.condition is WARNING
