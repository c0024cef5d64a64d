"""The command line: what it understands, what it refuses and how, and that it never shows a traceback."""

from __future__ import annotations

import json
import re
import sqlite3
import stat
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from claude_tui import __version__
from claude_tui.cli import main
from claude_tui.cli.commands import COMMANDS
from claude_tui.cli.failure import explain, write_report
from claude_tui.cli.parser import parse
from claude_tui.cli.usage import UsageError
from claude_tui.model.errors import ConfigError, Problem
from claude_tui.settings import DECLARED
from claude_tui.store import Store

pytestmark = pytest.mark.usefixtures("own_home")

KEY = "sk-ant-api03-" + "a1B2" * 6


# -- what it understands ---------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments", [["--version"], ["check", "--version"][:1] * 0 + ["--version", "--demo"]]
)
def test_version(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 0
    assert capsys.readouterr().out == f"claude-top {__version__}\n"


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["agent"],
        ["check"],
        ["runbook"],
        ["manual"],
        ["alerts"],
        ["alerts", "test"],
        ["alerts", "list"],
        ["incidents"],
        ["incidents", "list"],
        ["incidents", "show"],
        ["incidents", "export"],
        ["incidents", "import"],
        ["drill"],
        ["simulate"],
        ["config"],
        ["config", "show"],
    ],
)
def test_help_fits_a_terminal_and_exits_0(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command, "--help"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"usage: {' '.join(['claude-top', *command])}")
    assert err == ""
    assert max(map(len, out.splitlines())) <= 100


def test_help_names_examples_environment_and_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--help"])
    out = capsys.readouterr().out
    for part in ("examples:", "environment:", "exit codes:", "ANTHROPIC_API_KEY", "claude-top --demo"):
        assert part in out


def test_an_unknown_command_is_answered_with_all_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["chekc", "check"]) == 3
    err = capsys.readouterr().err
    assert "'chekc'" in err
    for command in COMMANDS:
        assert command == "dashboard" or f"'{command.split()[0]}'" in err


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("", "dashboard"),
        ("--demo", "dashboard"),
        ("check --json", "check"),
        ("agent --log-file x --data-dir y", "agent"),
        ("--read-only --data-dir y", "dashboard"),
        ("simulate outage", "simulate"),
        ("config path", "config path"),
        ("runbook --cause outage", "runbook"),
        ("manual errors", "manual"),
        ("alerts test oncall", "alerts test"),
        ("alerts list --metrics", "alerts list"),
        ("drill", "drill"),
        ("drill drill-03 --speed 2", "drill"),
        ("drill list", "drill list"),
        ("drill scores --json", "drill scores"),
        ("incidents", "incidents"),
        ("incidents --schema", "incidents"),
        ("incidents show 7", "incidents show"),
        ("incidents export INC-7 --format json -o inc-7.json", "incidents export"),
        ("incidents import inc-7.json", "incidents import"),
    ],
)
def test_commands(line: str, command: str) -> None:
    request = parse(line.split())
    assert request is not None
    assert request.command == command


def test_options_have_the_documented_defaults() -> None:
    check, simulate, demo = parse(["check"]), parse(["simulate"]), parse(["--demo"])
    assert check is not None
    assert (check.options.json, check.options.samples, check.options.timeout) == (False, None, None)
    assert simulate is not None
    assert (simulate.options.scenario, simulate.options.port, simulate.options.speed) == ("tour", 0, 1.0)
    assert demo is not None
    assert demo.options.demo == "tour"


def test_drills_are_listed_and_without_any_there_are_no_scores(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--data-dir", str(tmp_path)]
    assert main(["drill", "list", *data]) == 0
    assert capsys.readouterr().out.count("drill-") >= 10
    assert main(["drill", "scores", *data]) == 0
    assert "no drill yet" in capsys.readouterr().out
    assert main(["drill", "scores", "--json", *data]) == 0
    assert json.loads(capsys.readouterr().out) == []
    assert list(tmp_path.iterdir()) == []


def test_demo_takes_a_scenario_and_a_speed() -> None:
    request = parse(["--demo", "outage", "--speed", "4", "--theme", "light"])
    assert request is not None
    assert (request.options.demo, request.options.demo_speed, request.flags) == (
        "outage",
        4.0,
        {"theme": "light"},
    )


@pytest.mark.parametrize("line", ["--model m --config c check", "check --model m --config c"])
def test_settings_may_stand_before_or_after_the_command(line: str) -> None:
    request = parse(line.split())
    assert request is not None
    assert (request.flags, request.config) == ({"model": "m"}, "c")


def test_every_declared_flag_reaches_its_setting() -> None:
    for declared in DECLARED:
        if declared.about.flag is not None:
            # One that turns something off takes no value.
            off = declared.default is True
            request = parse([declared.about.flag] if off else [declared.about.flag, "value"])
            assert request is not None
            assert request.flags == {declared.key: "false" if off else "value"}


# -- what it refuses -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("chek", "check"),
        ("--nonsense", "--nonsense"),
        ("--speed 3", "--demo"),
        ("--demo --speed 0", "0.01"),
        ("--demo --speed nan", "0.01"),
        ("--demo --base-url http://x", "--base-url"),
        ("--demo --data-dir x", "--data-dir"),
        ("--demo tour check", "--demo"),
        ("--theme light check", "--theme"),
        ("--model x simulate", "--model"),
        ("--demo --read-only", "--read-only"),
        ("--read-only agent", "--read-only"),
        ("--theme light agent", "--theme"),
        ("agent --log-file /none/agent.log", "--log-file /none/agent.log: No such file or directory"),
        ("check --samples 0", "1 to 100"),
        ("check --samples ²", "1 to 100"),
        ("check --timeout -1", "0.1 to 600"),
        ("simulate --port 65536", "0 to 65535"),
        ("simulate --port 99999999999999999999", "0 to 65535"),
        ("config", "ACTION"),
        ("config shw", "show"),
        ("alerts", "ACTION"),
        ("alerts tst", "list"),
        ("alerts test one two", "two"),
        ("alerts list --model x", "--model"),
        ("drill --json", "drill scores"),
        ("drill list --speed 2", "--speed"),
        ("drill --base-url http://x", "--base-url"),
        ("drill scores --theme light", "--theme"),
        ("--theme light runbook", "--theme"),
        ("runbook --cause", "--cause"),
        ("runbook --cause x --facts", "--cause"),
        ("runbook --cause rate_limted", 'did you mean "rate_limited"?'),
        ("--demo tour runbook", "--demo"),
        ("manual errors keys", "keys"),
        ("--theme light manual", "--theme"),
        ("--model", "--model"),
    ],
)
def test_wrong_use_exits_3_and_names_the_way_out(
    line: str, named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(line.split()) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert named in err
    assert all(text.startswith("claude-top: ") for text in err.splitlines())


def test_a_history_of_a_later_version_ends_an_agent_with_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    now = datetime.now(UTC)
    Store.open(tmp_path, "api.anthropic.com.db", now=now).close()
    with closing(sqlite3.connect(tmp_path / "api.anthropic.com.db")) as connection:
        connection.execute("PRAGMA user_version = 99")
    assert main(["agent", "--data-dir", str(tmp_path)]) == 3
    err = capsys.readouterr().err
    assert "from a newer claude-top" in err
    assert "choose another data directory" in err


def test_a_key_on_the_command_line_is_not_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", KEY]) == 3
    assert "a1B2" not in capsys.readouterr().err


@pytest.mark.parametrize("command", ["check", "config show", ""])
def test_wrong_settings_exit_3(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "config" / "claude-top" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text("max_token = 8\n")
    assert main(command.split()) == 3
    assert capsys.readouterr().err == (
        f'claude-top: file {path}: max_token: unknown key (did you mean "max_tokens"?)\n'
    )


# -- config -----------------------------------------------------------------------------


def test_config_init_path_show(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "config" / "claude-top" / "config.toml"
    assert main(["config", "path"]) == 0
    out, err = capsys.readouterr()
    assert out == f"{path}\n"
    # A path in a pipe is data: anything beside it reads as an error.
    assert err == ""

    assert main(["config", "init"]) == 0
    assert capsys.readouterr().out == f"{path}\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert main(["config", "init"]) == 3
    assert "already exists" in capsys.readouterr().err

    assert main(["config", "path"]) == 0
    assert capsys.readouterr() == (f"{path}\n", "")


def test_config_show_names_origins_and_shows_no_secret(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", f"'{KEY}'")
    monkeypatch.setenv("CLAUDE_TOP_TYPO", KEY)
    assert main(["config", "show", "--model", "m", "--status-url", f"https://x:{KEY}@page"]) == 0
    out, err = capsys.readouterr()
    assert re.search(r'^model = "m" +# flag --model$', out, re.MULTILINE)
    assert "# ANTHROPIC_API_KEY: set\n" in out
    assert "# ANTHROPIC_AUTH_TOKEN: not set\n" in out
    assert re.search(r"^# problem: ANTHROPIC_API_KEY .*quot", out, re.MULTILINE)
    assert "a1B2" not in out + err
    assert "CLAUDE_TOP_TYPO: unknown variable" in err


# -- runbook ----------------------------------------------------------------------------


def test_the_runbook_needs_neither_settings_nor_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["runbook"]) == 0
    out, err = capsys.readouterr()
    for part in ("The first five minutes", "The decision tree", "Errors and what they mean", "Playbooks"):
        assert f"\n{part}\n====" in f"\n{out}"
    assert "https://api.anthropic.com/v1/messages" in out
    assert err == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        ("provider_overloaded", "Playbook: "),
        ("key_compromise", "Playbook: "),
        ("healthy", "Playbook: "),
    ],
)
def test_a_cause_or_a_playbook_is_printed(cause: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runbook", "--cause", cause]) == 0
    assert words in capsys.readouterr().out


def test_what_the_runbook_gives_to_copy_is_for_the_target_in_use(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "gateway-hunter2")
    url = "https://gateway.test/anthropic"
    assert main(["runbook", "--base-url", url, "--model", "m-1", "--status-url", "https://page.test"]) == 0
    out = capsys.readouterr().out
    assert f"{url}/v1/messages" in out
    assert '"m-1"' in out
    assert "https://page.test/api/v2/summary.json" in out
    assert "Bearer $ANTHROPIC_AUTH_TOKEN" in out
    assert "hunter2" not in out
    assert "x-api-key: $" not in out
    assert main(["runbook", "--model", "x';touch${IFS}y;'"]) == 0
    assert "${IFS}" not in capsys.readouterr().out, "nothing that a shell would obey"


def test_own_runbook_files_lie_beside_the_settings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "config" / "claude-top" / "runbook"
    own.mkdir(parents=True)
    (own / "ours.toml").write_text(
        '[[step]]\nplaybook = "outage"\nid = "ours"\ntitle = "Call the desk"\n'
        'why = "They do not know."\nhow = "Ring 4711."\ncheck = "They know."\n'
    )
    assert main(["runbook", "--cause", "outage"]) == 0
    assert "Call the desk" in capsys.readouterr().out
    (own / "wrong.toml").write_text('[[step]]\nplaybook = "outge"\nid = "x"\n')
    assert main(["runbook"]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"claude-top: {own / 'wrong.toml'}: step[1]")
    assert main(["runbook", "--facts"]) == 0, "needed to fix the file"
    assert "\ncause " in capsys.readouterr().out


# -- whatever happens ---------------------------------------------------------------


def failure(text: str) -> Exception:
    try:
        raise RuntimeError(text)
    except RuntimeError as error:
        return error


def test_the_unexpected_becomes_a_line_and_a_private_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "gateway-hunter2")
    error = failure(f"refused {KEY}\ngateway-hunter2\x1b[2J")
    assert explain(error, ["--data-dir", str(tmp_path / "mine"), "--model", "gateway-hunter2"]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("claude-top: unexpected RuntimeError: refused [redacted]")
    assert len(err.splitlines()) == 1
    (report,) = (tmp_path / "mine").glob("crash-*.txt")
    assert str(report) in err
    text = report.read_text()
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    assert "Traceback" in text
    assert "in failure" in text
    assert f"claude-top {__version__}" in text
    for shown in (err, text):
        assert not re.search("a1B2|hunter2|\x1b", shown)


def test_without_a_data_directory_the_report_goes_to_the_temporary_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "file").touch()
    explain(failure("no"), ["--data-dir", str(tmp_path / "file" / "below")])
    (report,) = tmp_path.glob("crash-*.txt")
    assert str(report) in capsys.readouterr().err


@pytest.mark.parametrize("flag", [["--data-dir", "{}"], ["--data-dir={}"]])
def test_the_report_goes_to_the_named_directory_even_if_the_settings_are_broken(
    flag: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "elsewhere"))
    (tmp_path / "broken.toml").write_text("[[")
    named = [part.format(tmp_path / "mine") for part in flag]
    report = write_report(failure("no"), ["--config", str(tmp_path / "broken.toml"), *named])
    assert report is not None
    assert report.parent == tmp_path / "mine"


def test_the_report_goes_to_the_directory_of_the_environment_if_the_settings_are_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAUDE_TOP_DATA_DIR", str(tmp_path / "mine"))
    monkeypatch.setenv("CLAUDE_TOP_MESSAGES_INTERVAL_S", "not a number")
    report = write_report(failure("no"), [])
    assert report is not None
    assert report.parent == tmp_path / "mine"


def test_faults_of_one_second_have_a_report_each(tmp_path: Path) -> None:
    places = [write_report(failure(str(number)), ["--data-dir", str(tmp_path)]) for number in range(3)]
    assert sorted(tmp_path.glob("crash-*.txt")) == sorted(place for place in places if place)
    assert len(set(places)) == 3


@pytest.mark.parametrize("error", [UsageError("do this"), ConfigError([Problem("", "", "do this")])])
def test_the_expected_needs_no_report(
    error: Exception, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explain(error, []) == 3
    assert capsys.readouterr().err == "claude-top: do this\n"
    assert not list(tmp_path.rglob("crash-*"))


@pytest.mark.parametrize(
    "arguments",
    [
        ["postmortem", "new", "Down", "--started", "-2h", "--ended", "-20m"],
        ["record", "export", "--since", "-1h30m", "--until", "-5m", "x.gz"],
    ],
)
def test_a_time_before_now_may_begin_with_a_minus(arguments: list[str]) -> None:
    request = parse(arguments)
    assert request is not None
    given = vars(request.options)
    assert arguments[-1] in given.values()
    assert {"-2h", "-1h30m"} & set(map(str, given.values()))


def test_a_flag_after_a_time_stays_a_flag() -> None:
    with pytest.raises(UsageError, match="--since"):
        parse(["record", "export", "--since", "--until", "-5m", "x.gz"])


def test_a_crash_report_in_a_groups_directory_is_the_groups(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o2770)
    report = write_report(ValueError("x"), ["--data-dir", str(shared)])
    assert report is not None
    assert report.parent == shared
    assert stat.S_IMODE(report.stat().st_mode) == 0o660
