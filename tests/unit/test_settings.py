"""Settings: which layer wins, what each value knows of its origin, and what is refused how."""

from __future__ import annotations

import os
import re
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.alerting.config import alerting_of
from claude_tui.alerting.routes import AlertSettings, RouteKind
from claude_tui.analysis.options import Options, Thresholds
from claude_tui.engine import Pace, options_from
from claude_tui.model.text import Redactor, inert
from claude_tui.settings import DECLARED, Places, Settings, SettingsError, create_file, load, update_file
from claude_tui.settings.describe import shown, starter_text
from claude_tui.settings.file import toml_value

# A value other than the default for each setting: as TOML, as text, and as the program holds it.
OTHER: Mapping[str, tuple[str, str, object]] = {
    "name": ('"prod"', "prod", "prod"),
    "responder": ('"eve"', "eve", "eve"),
    "base_url": ('"http://127.0.0.1:8080/v"', "http://127.0.0.1:8080/v", "http://127.0.0.1:8080/v"),
    "model": ('"claude-haiku-5-5"', "claude-haiku-5-5", "claude-haiku-5-5"),
    "status_urls": (
        '["http://a", "http://b/x.json"]',
        "http://a, http://b/x.json",
        ("http://a", "http://b/x.json"),
    ),
    "status_components": (
        '["Claude API", "claude.ai"]',
        "Claude API, claude.ai",
        ("Claude API", "claude.ai"),
    ),
    "also_models": ('["opus", "my/model"]', "opus, my/model", ("opus", "my/model")),
    "also_models_interval_s": ("90", "90", 90.0),
    "status_interval_s": ("90", "90", 90.0),
    "models_interval_s": ("2.5", "2.5", 2.5),
    "messages_interval_s": ("5", "5", 5.0),
    "timeout_s": ("12", "12", 12.0),
    "max_tokens": ("16", "16", 16),
    "daily_ceiling_usd": ("0", "0", 0.0),
    "headroom_low": ("0.5", "0.5", 0.5),
    "headroom_critical": ("0.1", "0.1", 0.1),
    "ttft_slow_s": ("1.5", "1.5", 1.5),
    "message_slow_s": ("6", "6", 6.0),
    "warn_ratio": ("1.5", "1.5", 1.5),
    "bad_ratio": ("4", "4", 4.0),
    "confirm_messages": ("0", "0", 0),
    "confirm_gap_s": ("5", "5", 5.0),
    "open_interval_s": ("20", "20", 20.0),
    "most_fail": ("0.95", "0.95", 0.95),
    "most_fail_ends": ("0.5", "0.5", 0.5),
    "severity_span_s": ("600", "600", 600.0),
    "errors": ("0.1", "0.1", 0.1),
    "ratio_failures": ("5", "5", 5),
    "tail_s": ("20", "20", 20.0),
    "rare_failures": ("3", "3", 3),
    "rare_span_s": ("1800", "1800", 1800.0),
    "truncated_bad": ("0", "0", 0.0),
    "respond_p2_s": ("600", "600", 600.0),
    "respond_p3_s": ("7200", "7200", 7200.0),
    "business_hour": ("7", "7", 7),
    "time_zone": ('"Europe/Berlin"', "Europe/Berlin", "Europe/Berlin"),
    "working_days": ('["Sunday", "mon"]', "Sunday,mon", ("sun", "mon")),
    "data_dir": ('"/var/tmp/x"', "/var/tmp/x", Path("/var/tmp/x")),
    "retention_days": ("7", "7", 7),
    "theme": ('"light"', "light", "light"),
    "layout": ('"Traffic"', "traffic", "traffic"),
    "hidden_panels": ('["status", "events"]', "status,events", ("status", "events")),
    "mouse": ("false", "no", False),
    "symbols": ('"block"', "block", "block"),
    "log_level": ('"debug"', "debug", "debug"),
    "log_file": ('"/var/tmp/top.log"', "/var/tmp/top.log", Path("/var/tmp/top.log")),
    "log_size_kb": ("64", "64", 64),
    "incident_after_s": ("30", "30", 30.0),
    "auto_declare": ("true", "yes", True),
    "draft_model": ('"claude-opus-5-5"', "claude-opus-5-5", "claude-opus-5-5"),
    "draft_ceiling_usd": ("0.05", "0.05", 0.05),
    "rely_on_traffic": ("true", "true", True),
    "traffic_overloaded": ("0.03", "0.03", 0.03),
    "traffic_refused": ("0.1", "0.1", 0.1),
    "traffic_attempts_per_call": ("2", "2", 2.0),
    "traffic_cost_ratio": ("2", "2", 2.0),
    "traffic_truncated": ("0.2", "0.2", 0.2),
    "traffic_cache_ratio": ("0.3", "0.3", 0.3),
    "traffic_budget_warn": ("0.5", "0.5", 0.5),
    "traffic_daily_budget_usd": ("25", "25", 25.0),
    "alert_rules": ('"/var/tmp/rules.toml"', "/var/tmp/rules.toml", Path("/var/tmp/rules.toml")),
    "alerts": (
        '{ reminder = "2h", routes = { am = { kind = "alertmanager" } } }',
        '{"reminder": "2h", "routes": {"am": {"kind": "alertmanager"}}}',
        {"reminder": "2h", "routes": {"am": {"kind": "alertmanager"}}},
    ),
    "applications": (
        '{ checkout = "agent:checkout/*", batch = ["key:3fa9c1d2e0"] }',
        "checkout=agent:checkout/*,batch=key:3fa9c1d2e0",
        {"checkout": ("agent:checkout/*",), "batch": ("key:3fa9c1d2e0",)},
    ),
    "traffic_otlp": ('"[::1]:4318"', "[::1]:4318", "[::1]:4318"),
    "traffic_otlp_grpc": ('"[::1]:4317"', "[::1]:4317", "[::1]:4317"),
    "keys": (
        '{ pause = "space", help = ["?", "f1"] }',
        "pause=space,help=? f1",
        {"pause": ("space",), "help": ("?", "f1")},
    ),
}
BY_KEY = {declared.key: declared for declared in DECLARED}


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path / "config" / "config.toml", tmp_path / "data")


def written(places: Places, text: str | bytes) -> Path:
    places.config_file.parent.mkdir(exist_ok=True)
    places.config_file.write_bytes(text.encode() if isinstance(text, str) else text)
    return places.config_file


def refusal(
    places: Places, flags: Mapping[str, str] | None = None, environ: Mapping[str, str] | None = None
) -> str:
    with pytest.raises(SettingsError) as caught:
        load(flags or {}, environ or {}, places=places)
    return str(caught.value)


# -- layers and origins ------------------------------------------------------------


def test_without_any_layer_the_defaults_hold(places: Places) -> None:
    settings = load({}, {}, places=places)
    assert settings == replace(Settings(data_dir=places.data_dir), file=places.config_file)
    assert {str(settings.origin(declared.key)) for declared in DECLARED} == {"default"}
    assert settings.warnings == ()


def test_every_setting_is_tried_here() -> None:
    assert OTHER.keys() == BY_KEY.keys()


@pytest.mark.parametrize("key", OTHER)
def test_file_then_environment_then_flag(places: Places, key: str) -> None:
    toml, text, value = OTHER[key]
    variable = BY_KEY[key].variables[0]
    path = written(places, f"{BY_KEY[key].path} = {toml}\n")

    from_file = load({}, {}, places=places)
    assert getattr(from_file, key) == value
    assert str(from_file.origin(key)) == f"file {path}:{BY_KEY[key].path}"

    from_environment = load({}, {variable: text}, places=places)
    assert getattr(from_environment, key) == value
    assert str(from_environment.origin(key)) == f"environment {variable}"

    if (flag := BY_KEY[key].about.flag) is not None:
        from_flag = load({key: text}, {variable: text}, places=places)
        assert getattr(from_flag, key) == value
        assert str(from_flag.origin(key)) == f"flag {flag}"


def test_the_stronger_layer_wins(places: Places) -> None:
    written(places, 'model = "from-file"\ntheme = "light"\n')
    settings = load({"model": "from-flag"}, {"CLAUDE_TOP_MODEL": "from-env"}, places=places)
    assert (settings.model, settings.theme) == ("from-flag", "light")


def test_base_url_is_the_sdks_variable_unless_ours_is_set(places: Places) -> None:
    environ = {"ANTHROPIC_BASE_URL": "http://gateway:4000"}
    settings = load({}, environ, places=places)
    assert settings.base_url == "http://gateway:4000"
    assert str(settings.origin("base_url")) == "environment ANTHROPIC_BASE_URL"
    ours = load({}, environ | {"CLAUDE_TOP_BASE_URL": "http://other"}, places=places)
    assert ours.base_url == "http://other"


def test_variables_are_named_as_documented() -> None:
    named = {declared.key: declared.variables[0] for declared in DECLARED}
    assert named["status_urls"] == "CLAUDE_TOP_STATUS_URL"
    assert named["data_dir"] == "CLAUDE_TOP_DATA_DIR"
    assert all(variable.startswith("CLAUDE_TOP_") for variable in named.values())


def test_an_empty_variable_counts_as_not_set(places: Places) -> None:
    settings = load(
        {}, {"CLAUDE_TOP_MODEL": "", "ANTHROPIC_BASE_URL": "", "CLAUDE_TOP_CONFIG": ""}, places=places
    )
    assert settings == load({}, {}, places=places)


def test_each_threshold_has_the_default_of_the_analysis_and_reaches_it(places: Places) -> None:
    pace = Pace.of(Settings())
    # Without the setting, the zone is that of the machine.
    assert options_from(Settings(time_zone="UTC"), pace) == Options()
    carried = {field.name for field in (*fields(Options), *fields(Thresholds))} & BY_KEY.keys()
    for key in carried - {"messages_interval_s", "models_interval_s", "status_interval_s"}:
        written(places, f"{key} = {OTHER[key][0]}\n")
        options = options_from(load({}, {}, places=places), pace)
        found = getattr(options if hasattr(options, key) else options.thresholds, key)
        assert found == OTHER[key][2], key


def test_what_no_setting_changes_is_a_constant_of_the_statistics() -> None:
    assert {field.name for field in fields(Thresholds)} - BY_KEY.keys() == {
        "lost_share",
    }


def test_own_files_lie_beside_the_settings(places: Places) -> None:
    settings = load({}, {}, places=places)
    assert settings.runbook_dir == places.config_file.parent / "runbook"
    assert settings.themes_dir == places.config_file.parent / "themes"
    assert Settings().runbook_dir is None


def test_rules_are_relative_to_the_file_that_names_them(places: Places) -> None:
    path = written(places, 'alert_rules = "mine.toml"\n')
    assert load({}, {}, places=places).alert_rules == path.parent / "mine.toml"
    written(places, 'alert_rules = ""\n')
    assert load({}, {}, places=places).alert_rules is None


@pytest.mark.parametrize("text", ['{reminder="2h"}', '{"reminder": "2h"}', ' { reminder = "2h" } '])
def test_alerts_in_a_variable_are_inline_toml_or_json(places: Places, text: str) -> None:
    written(places, "[alerts]\nbell = false\n")
    settings = load({}, {"CLAUDE_TOP_ALERTS": text}, places=places)
    assert settings.alerts == {"reminder": "2h"}, "the whole table, not a part of it"
    assert str(settings.origin("alerts")) == "environment CLAUDE_TOP_ALERTS"


def test_relative_data_dir_is_relative_to_who_says_so(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = written(places, 'data_dir = "here"\n')
    assert load({}, {}, places=places).data_dir == path.parent / "here"
    assert load({"data_dir": "here"}, {}, places=places).data_dir == tmp_path / "here"
    monkeypatch.setenv("HOME", str(tmp_path))
    assert load({"data_dir": "~/d"}, {}, places=places).data_dir == tmp_path / "d"


def test_places_follow_xdg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "c"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "d"))
    found = Places.of_user()
    assert found.config_file.name == "config.toml"
    if os.uname().sysname == "Linux":
        assert found == Places(tmp_path / "c/claude-top/config.toml", tmp_path / "d/claude-top")


def test_without_a_home_the_data_dir_must_be_named(places: Places) -> None:
    homeless = replace(places, data_dir=Path("~/.local/share/claude-top"))
    assert "CLAUDE_TOP_DATA_DIR" in refusal(homeless)
    assert load({"data_dir": "/tmp/x"}, {}, places=homeless).data_dir == Path("/tmp/x")


def test_the_file_can_be_chosen(places: Places, tmp_path: Path) -> None:
    mine, other = tmp_path / "mine.toml", tmp_path / "other.toml"
    mine.write_text('name = "mine"\n')
    other.write_text('name = "other"\n')
    environ = {"CLAUDE_TOP_CONFIG": str(other)}
    assert load({}, environ, places=places).name == "other"
    assert load({}, environ, config=str(mine), places=places).name == "mine"
    with pytest.raises(SettingsError, match=r"flag --config.*no such file.*config init"):
        load({}, {}, config=str(tmp_path / "typo.toml"), places=places)
    unmade = load({}, {"CLAUDE_TOP_CONFIG": str(tmp_path / "unmade.toml")}, places=places)
    assert unmade.name == ""
    assert "no such file" in unmade.warnings[0]


# -- what is refused, and how --------------------------------------------------------


def test_an_unknown_key_names_the_nearest(places: Places) -> None:
    path = written(places, 'thme = "dark"\nmessages-interval-s = 30\nzzz = 1\n')
    lines = refusal(places).splitlines()
    assert lines[0] == f'file {path}: thme: unknown key (did you mean "theme"?)'
    assert lines[1].endswith('(did you mean "messages_interval_s"?)')
    known = sorted({declared.about.table or declared.key for declared in DECLARED})
    assert lines[2].endswith(f"zzz: got an unknown key, expected one of {', '.join(known)}")


def test_a_key_of_a_table_is_known_there_and_nowhere_else(places: Places) -> None:
    path = written(places, 'traffic_otlp = "127.0.0.1:1"\n[traffic]\nottlp = "127.0.0.1:1"\n')
    text = refusal(places)
    assert f"file {path}: traffic_otlp: unknown key" in text
    assert f'file {path}: traffic.ottlp: got an unknown key (did you mean "otlp"?)' in text
    written(places, "traffic = 1\n")
    assert "traffic: got 1" in refusal(places)


@pytest.mark.parametrize(
    "wrong", ["4318", "example.com:4318", "::1:4318", "[127.0.0.1]:1", "127.0.0.1:70000"]
)
def test_where_otlp_is_taken_is_an_address_and_a_port(places: Places, wrong: str) -> None:
    assert "expected an IP address and a port" in refusal(places, environ={"CLAUDE_TOP_TRAFFIC_OTLP": wrong})


@pytest.mark.parametrize(
    ("key", "toml"),
    [
        ("max_tokens", "true"),
        ("max_tokens", "8.0"),
        ("max_tokens", '"8"'),
        ("max_tokens", "0"),
        ("max_tokens", "1" + "0" * 40),
        ("timeout_s", "nan"),
        ("timeout_s", "inf"),
        ("timeout_s", "-1"),
        ("timeout_s", "1979-05-27"),
        ("messages_interval_s", "4.99"),
        ("models_interval_s", "1"),
        ("status_interval_s", "14"),
        ("daily_ceiling_usd", "-0.01"),
        ("headroom_low", "20"),
        ("bad_ratio", "1"),
        ("most_fail", "90"),
        ("errors", "0"),
        ("ratio_failures", "1"),
        ("rare_failures", "1"),
        ("rare_failures", "2.5"),
        ("severity_span_s", "3600"),
        ("tail_s", "-inf"),
        ("respond_p2_s", "0"),
        ("business_hour", "24"),
        ("business_hour", '"09:00"'),
        ("time_zone", '"Mars/Olympus"'),
        ("time_zone", '"/etc/passwd"'),
        ("time_zone", "2"),
        ("working_days", "[]"),
        ("working_days", '["mo"]'),
        ("working_days", '["mondayish"]'),
        ("alert_rules", "7"),
        ("alert_rules", '"nul\\u0000"'),
        ("alerts", "7"),
        ("alerts", '"slack://T/B/c"'),
        ("alerts", "[]"),
        ("retention_days", "0"),
        ("status_urls", "[]"),
        ("status_urls", '"https://status.claude.com"'),
        ("status_urls", '["status.claude.com"]'),
        ("status_components", '[""]'),
        ("base_url", '""'),
        ("base_url", '"api.anthropic.com"'),
        ("base_url", '"ftp://api.anthropic.com"'),
        ("base_url", '"https://"'),
        ("base_url", '"https://host:99999"'),
        ("base_url", '"https://[::1"'),
        ("base_url", '"https://host/?key=1"'),
        ("base_url", '"https://ho st"'),
        ("model", '""'),
        ("model", '"two words"'),
        ("model", '"esc\\u001b[31m"'),
        ("name", '"bell\\u0007"'),
        ("name", '"right\\u202eleft"'),
        ("name", '"' + "n" * 41 + '"'),
        ("theme", '"../../etc/passwd"'),
        ("theme", "1"),
        ("layout", '"wide"'),
        ("layout", "[]"),
        ("hidden_panels", '["verdict"]'),
        ("hidden_panels", '"status"'),
        ("symbols", '"unicode"'),
        ("data_dir", '""'),
        ("data_dir", '"nul\\u0000"'),
        ("applications", '"checkout"'),
        ("applications", '{ "Check out" = "key:3fa9c1d2e0" }'),
        ("applications", '{ checkout = "sk-ant-api03-a-whole-key" }'),
        ("keys", '"space"'),
        ("keys", "{ pause = 1 }"),
        ("keys", "{ pause = [] }"),
        ("keys", '{ pause = "" }'),
        ("keys", '{ "Bad Name" = "p" }'),
    ],
)
def test_a_wrong_value_is_named(places: Places, key: str, toml: str) -> None:
    path = written(places, f"{key} = {toml}\n")
    message = refusal(places)
    assert message.startswith(f"file {path}:{key}")
    assert f"expected {BY_KEY[key].about.kind.expected}" in message
    assert "got " in message
    assert inert(message) == message, "one line without escapes"
    assert len(message) < 500


def test_the_culprit_inside_a_list_is_pointed_at(places: Places) -> None:
    path = written(places, 'status_urls = ["https://a", "b"]\nkeys = { pause = ["p", 7] }\n')
    first, second = refusal(places).splitlines()
    assert first.startswith(f'file {path}:status_urls[1]: got "b", expected')
    assert second.startswith(f"file {path}:keys.pause: got 7, expected")


def test_all_problems_are_reported_together_with_their_origins(places: Places) -> None:
    written(places, "max_tokens = 0\n")
    lines = refusal(places, {"theme": ""}, {"CLAUDE_TOP_TIMEOUT_S": "soon"}).splitlines()
    assert [line.partition(":")[0].split("/")[0].strip() for line in lines] == [
        "environment CLAUDE_TOP_TIMEOUT_S",
        "file",
        "flag --theme",
    ]
    assert 'got "soon"' in lines[0]


def test_a_mistake_in_the_file_stays_one_under_a_flag(places: Places) -> None:
    written(places, "model = 5\n")
    assert ":model: got 5" in refusal(places, {"model": "fine"})


def test_levels_of_headroom_must_fit_together(places: Places) -> None:
    path = written(places, "headroom_low = 0.1\nheadroom_critical = 0.2\n")
    where = f"file {path}:headroom_critical"
    assert (
        refusal(places) == f"{where}: headroom_critical is 0.2, expected at most headroom_low, which is 0.1"
    )
    written(places, "headroom_low = 0.01\n")
    assert ":headroom_low: headroom_critical is 0.05" in refusal(places)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("warn_ratio = 4", ":warn_ratio: warn_ratio is 4, expected at most bad_ratio, which is 3"),
        ("bad_ratio = 1.5", ":bad_ratio: warn_ratio is 2, expected at most bad_ratio"),
        ("message_slow_s = 12", ":message_slow_s: message_slow_s is 12, expected at most tail_s"),
        ("tail_s = 4", ":tail_s: message_slow_s is 5, expected at most tail_s, which is 4"),
        ("most_fail_ends = 0.95", ":most_fail_ends: most_fail_ends is 0.95, expected at most most_fail"),
        ("errors = 0.95", ":errors: errors is 0.95, expected at most most_fail, which is 0.9"),
        ("respond_p3_s = 60", ":respond_p3_s: respond_p2_s is 900, expected at most respond_p3_s"),
    ],
)
def test_thresholds_must_fit_together(places: Places, text: str, problem: str) -> None:
    written(places, f"{text}\n")
    assert problem in refusal(places)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'name = "a"\nname = "b"\n', "is not valid TOML: .*line 2"),
        (b"name = \n", "is not valid TOML: .*line 1"),
        (b'name = "a"\n\xff\xfe = 1\n', "line 2: is not UTF-8"),
        (b"max_tokens = " + b"9" * 5000, "is not valid TOML"),
        (b"name = " + b"[" * 100_000, "nested too deeply|not valid TOML"),
        (b"#" * 1_000_001, "larger than 1,000,000 bytes"),
    ],
)
def test_a_file_that_is_not_toml(places: Places, content: bytes, expected: str) -> None:
    path = written(places, content)
    with pytest.raises(SettingsError, match=expected) as caught:
        load({}, {}, places=places)
    assert str(caught.value).startswith(f"{path}: ")


def test_a_directory_in_place_of_the_file(places: Places) -> None:
    places.config_file.mkdir(parents=True)
    assert refusal(places) == f"{places.config_file}: cannot be read: Is a directory"


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file(places: Places) -> None:
    written(places, "").chmod(0)
    assert refusal(places) == f"{places.config_file}: cannot be read: Permission denied"


def test_a_byte_order_mark_is_harmless(places: Places) -> None:
    written(places, b'\xef\xbb\xbfname = "prod"\r\n')
    assert load({}, {}, places=places).name == "prod"


def test_an_unknown_variable_is_a_warning(places: Places) -> None:
    settings = load({}, {"CLAUDE_TOP_MODLE": "x", "CLAUDE_TOPPING": "cheese"}, places=places)
    assert settings.warnings == (
        'environment CLAUDE_TOP_MODLE: unknown variable, ignored (did you mean "CLAUDE_TOP_MODEL"?)',
    )
    assert (
        load({}, {"CLAUDE_TOP_STATUS_URLS": "x"}, places=places)
        .warnings[0]
        .endswith('(did you mean "CLAUDE_TOP_STATUS_URL"?)')
    )


def test_a_variable_that_a_route_names_is_no_unknown_one(places: Places) -> None:
    written(places, '[alerts.routes.chat]\nkind = "apprise"\nurl_env = "CLAUDE_TOP_CHAT_URL"\n')
    environ = {"CLAUDE_TOP_CHAT_URL": "json://a", "CLAUDE_TOP_CHAT": "x"}
    (warning,) = load({}, environ, places=places).warnings
    assert warning.startswith("environment CLAUDE_TOP_CHAT: unknown variable")


@given(st.text(), st.sampled_from(sorted(BY_KEY)))
def test_any_text_is_a_value_or_a_clear_refusal(text: str, key: str) -> None:
    places = Places(Path("/nonexistent/config.toml"), Path("/nonexistent/data"))
    message = ""
    settings = None
    try:
        settings = load({key: text}, {}, places=places)
    except SettingsError as error:
        message = str(error)
    if settings is None:
        assert "got " in message or "expected at most" in message
        assert inert(message) == message
    else:
        assert str(settings.origin(key)).startswith("flag ")


# -- secrets ----------------------------------------------------------------------------

KEY = "sk-ant-api03-" + "a1B2" * 6


@pytest.mark.parametrize("key", ["model", "name", "theme"])
def test_a_key_in_the_wrong_place_is_refused_without_being_shown(places: Places, key: str) -> None:
    message = refusal(places, {key: KEY})
    assert "[redacted]" in message
    assert "a1B2" not in message


def test_an_own_key_of_unknown_shape_is_not_shown_either(places: Places) -> None:
    message = refusal(places, {"max_tokens": "hunter2-gateway"}, {"ANTHROPIC_API_KEY": "hunter2-gateway"})
    assert "hunter2" not in message


def test_a_password_in_the_base_url_is_refused_without_being_shown(places: Places) -> None:
    message = refusal(places, {"base_url": "https://ann:p/ss@host"})
    assert "without password" in message
    assert "p/ss" not in message


@pytest.mark.parametrize("given", ['"slack://SECRETtoken/b/c"', '["slack://SECRETtoken"]', "{url='SECRET'"])
def test_alerts_that_are_no_table_are_not_shown(places: Places, given: str) -> None:
    assert "SECRET" not in refusal(places, environ={"CLAUDE_TOP_ALERTS": given})
    written(places, f"alerts = {given}\n")
    assert "SECRET" not in refusal(places)


def test_alerts_are_no_part_of_what_is_shown_unasked(places: Places) -> None:
    written(places, '[alerts.routes.chat]\nkind = "apprise"\nurl = "slack://SECRETtoken/b/c"\n')
    settings = load({}, {}, places=places)
    assert "SECRET" not in repr(settings) + shown(settings, Redactor())


def test_shown_masks_what_is_secret(places: Places) -> None:
    flags = {"status_urls": "https://ann:secret1@a/x.json,https://tok2en@b,https://c/x.json?key=secret3"}
    settings = load(flags, {}, places=places)
    text = shown(settings, Redactor())
    assert not any(secret in text for secret in ("secret1", "tok2en", "secret3", "ann"))
    assert "@a/x.json" in text


# -- in words ----------------------------------------------------------------------------


def test_shown_is_toml_with_every_value_and_origin(places: Places) -> None:
    written(places, 'theme = "light"\nalert_rules = "r"\n[keys]\npause = ["p", "space"]\n')
    settings = load({"model": "m"}, {"CLAUDE_TOP_TIMEOUT_S": "9"}, places=places)
    text = shown(settings, Redactor(), ["bell = true"])
    values = tomllib.loads(text)
    named = {declared.about.table for declared in DECLARED}
    tables = {table: values.pop(table, {}) for table in named}
    in_tables = {f"{table}_{name}" for table, inner in tables.items() for name in inner}
    assert values.keys() | in_tables == BY_KEY.keys()
    assert (values["model"], values["timeout_s"], values["theme"]) == ("m", 9, "light")
    assert values["keys"] == {"pause": ["p", "space"]}
    assert values["alerts"] == {"bell": True}
    assert values["alert_rules"] == str(places.config_file.parent / "r")
    origins = {line.split(" ")[0]: line.partition(" # ")[2] for line in text.splitlines()}
    assert origins["model"] == "flag --model"
    assert origins["timeout_s"] == "environment CLAUDE_TOP_TIMEOUT_S"
    assert origins["theme"] == f"file {places.config_file}:theme"
    assert origins["name"] == "default"
    assert origins["[keys]"] == f"file {places.config_file}:keys"


def test_the_starter_changes_nothing_and_is_right_when_uncommented(places: Places) -> None:
    text = starter_text()
    written(places, text)
    assert load({}, {}, places=places) == replace(
        load({}, {}, places=replace(places, config_file=Path("/none"))), file=places.config_file
    )
    uncommented = re.sub(r"(?m)^# (?=\w+ = |\[)", "", text)
    written(places, uncommented)
    settings = load({}, {}, places=places)
    assert settings.keys == {"pause": ("space",)}
    assert settings.status_urls == Settings().status_urls
    assert {settings.origin(declared.key).kind for declared in DECLARED} == {"file"}
    rules, alerts = alerting_of(settings, {})
    assert len(rules) == len(alerting_of(Settings(), {})[0])
    assert replace(alerts, routes=()) == AlertSettings(), "it names the defaults"
    assert {route.kind for route in alerts.routes} == set(RouteKind)


def test_the_starter_has_a_heading_for_each_section() -> None:
    found = re.findall(r"(?m)^# -- (.+?) -+$", starter_text())
    assert found == [setting.about.section.lower() for setting in DECLARED if setting.about.section]
    assert max(map(len, starter_text().splitlines())) <= 120


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, '""'),
        ({}, "{}"),
        ({"a": [1.0, "b"], "c d": {"e": True}}, '{ a = [1, "b"], "c d" = { e = true } }'),
    ],
)
def test_a_value_stands_on_one_line(value: object, text: str) -> None:
    assert toml_value(value) == text


# -- writing -----------------------------------------------------------------------------


def test_create_file_is_private_and_never_overwrites(tmp_path: Path) -> None:
    path = tmp_path / "new" / "config.toml"
    create_file(path, "name = 'é'\n")
    assert path.read_text("utf-8") == "name = 'é'\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    with pytest.raises(SettingsError, match="already exists"):
        create_file(path, "")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", 'theme = "light"\n'),
        ('theme = "dark"\n', 'theme = "light"\n'),
        ("theme = 'dark'   # mine\nname = 'x'", "theme = \"light\"   # mine\nname = 'x'"),
        ('# theme = "dark"\nname = "x"\n', '# theme = "dark"\ntheme = "light"\nname = "x"\n'),
        ('name = "x"', 'name = "x"\ntheme = "light"\n'),
        ('[keys]\ntheme = "T"\n', 'theme = "light"\n\n[keys]\ntheme = "T"\n'),
        ('name = "x"\r\ntheme="dark"\r\n', 'name = "x"\r\ntheme="light"\r\n'),
        ('\ufefftheme = "dark"\n', '\ufefftheme = "light"\n'),
        ('"theme" = "a # b" # c\n', '"theme" = "light" # c\n'),
        ('x = """\ntheme = "no"\n"""\n', 'x = """\ntheme = "no"\n"""\ntheme = "light"\n'),
        (
            'x = """\n# theme = "no"\n[y]\n"""\n[keys]\n',
            'x = """\n# theme = "no"\n[y]\n"""\ntheme = "light"\n\n[keys]\n',
        ),
    ],
)
def test_update_changes_one_line(tmp_path: Path, before: str, after: str) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(before.encode())
    assert update_file(path, "theme", "light") is None
    assert path.read_bytes().decode() == after


@given(
    st.dictionaries(
        st.sampled_from(["theme", "name", "a", "b.c"]), st.text() | st.lists(st.text()) | st.integers()
    ),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
    st.text(alphabet=st.characters(exclude_categories=["Cs"])),
)
def test_update_keeps_every_other_value(
    tmp_path_factory: pytest.TempPathFactory, table: dict[str, object], newline: str, keys: bool, value: str
) -> None:
    lines = [f'"{key}" = {toml_value(given)}' for key, given in table.items()] + ["# a remark"]
    text = newline.join([*lines, "[keys]" if keys else "", 'pause = "p"', ""])
    path = tmp_path_factory.mktemp("update") / "config.toml"
    path.write_bytes(text.encode())
    before = tomllib.loads(text)
    assert update_file(path, "theme", value) is None
    changed = path.read_bytes().decode()
    assert tomllib.loads(changed) == before | {"theme": value}
    assert "# a remark" in changed


def test_update_begins_a_private_file(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "config.toml"
    assert update_file(path, "theme", "light") is None
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_update_keeps_mode_and_link(tmp_path: Path) -> None:
    real, link = tmp_path / "dotfiles.toml", tmp_path / "config.toml"
    real.write_text('theme = "dark"\n')
    real.chmod(0o644)
    link.symlink_to(real)
    assert update_file(link, "theme", "light") is None
    assert link.is_symlink()
    assert real.read_text() == 'theme = "light"\n'
    assert stat.S_IMODE(real.stat().st_mode) == 0o644
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.toml", "dotfiles.toml"]


@pytest.mark.parametrize("content", ["theme = \n", 'theme = """\ndark"""\n'])
def test_update_leaves_alone_what_it_cannot_change(tmp_path: Path, content: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(content)
    problem = update_file(path, "theme", "light")
    assert problem is not None
    assert str(path) in problem
    assert path.read_text() == content


def test_update_says_when_there_is_no_way_to_write(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    problem = update_file(tmp_path / "file" / "config.toml", "theme", "light")
    assert problem is not None
    assert "config.toml" in problem
    assert update_file(tmp_path, "theme", "light") == f"{tmp_path}: cannot be read: Is a directory"
