"""The command line: what it understands, what it refuses and how, and that it never shows a traceback."""

from __future__ import annotations

import os
import pty
import re
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from claude_tui import __version__
from claude_tui.cli import main
from claude_tui.cli.failure import explain, write_report
from claude_tui.cli.parser import parse
from claude_tui.cli.usage import UsageError
from claude_tui.model.errors import ConfigError, Problem
from claude_tui.settings import DECLARED

PROGRAM = [sys.executable, "-m", "claude_tui"]
KEY = "sk-ant-api03-" + "a1B2" * 6
DIES_IN_S = 20.0


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the person who runs the tests counts, and nothing is written at home."""
    for name in [name for name in os.environ if name.startswith(("CLAUDE_TOP_", "ANTHROPIC_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "100")


def run(*arguments: str, environ: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *arguments],
        env=os.environ | (environ or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=DIES_IN_S,
    )


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
        ["check"],
        ["runbook"],
        ["manual"],
        ["alerts"],
        ["alerts", "test"],
        ["alerts", "list"],
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


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("", "dashboard"),
        ("--demo", "dashboard"),
        ("check --json", "check"),
        ("simulate outage", "simulate"),
        ("config path", "config path"),
        ("runbook --cause outage", "runbook"),
        ("manual errors", "manual"),
        ("alerts test oncall", "alerts test"),
        ("alerts list --metrics", "alerts list"),
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
            request = parse([declared.about.flag, "value"])
            assert request is not None
            assert request.flags == {declared.key: "value"}


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
    assert all(each.startswith("claude-top: ") for each in err.splitlines())


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


@pytest.mark.parametrize("demo", [[], ["--demo"]])
def test_without_a_terminal_the_dashboard_points_to_check(demo: list[str]) -> None:
    result = run(*demo)
    assert result.returncode == 3
    assert result.stdout == ""
    assert "claude-top check" in result.stderr
    assert len(result.stderr.splitlines()) == 1


@contextmanager
def terminal() -> Iterator[tuple[int, int]]:
    """Both ends of a pseudo terminal: the program's, and the one that a person would look at."""
    outer, inner = pty.openpty()
    try:
        yield inner, outer
    finally:
        os.close(inner)
        os.close(outer)


@pytest.mark.parametrize(
    ("environ", "arguments", "named"),
    [
        ({"TERM": "dumb"}, [], "TERM is dumb"),
        ({"CLAUDE_TOP_KEYS": "zoooom=z"}, [], "environment CLAUDE_TOP_KEYS: keys.zoooom"),
        (
            {"CLAUDE_TOP_ALERT_RULES": "/none.toml"},
            [],
            "environment CLAUDE_TOP_ALERT_RULES: /none.toml: cannot",
        ),
        (
            {"CLAUDE_TOP_ALERTS": "{remindr='1h'}"},
            [],
            "environment CLAUDE_TOP_ALERTS: alerts.remindr: got an",
        ),
        ({"CLAUDE_TOP_THEME": "drak"}, ["--demo"], "environment CLAUDE_TOP_THEME: "),
        ({}, ["--demo", "no-such-scenario"], "no-such-scenario"),
    ],
)
def test_on_a_terminal_what_stops_the_dashboard_is_said_plainly(
    environ: dict[str, str], arguments: list[str], named: str
) -> None:
    with terminal() as (inner, outer):
        result = subprocess.run(
            [*PROGRAM, *arguments],
            env=os.environ | {"TERM": "xterm-256color"} | environ,
            stdin=inner,
            stdout=inner,
            stderr=inner,
            timeout=DIES_IN_S,
        )
        said = os.read(outer, 65536).decode()
    assert result.returncode == 3
    assert said.startswith("claude-top: "), "no screen was opened"
    assert named in said


# -- config -----------------------------------------------------------------------------


def test_config_init_path_show(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "config" / "claude-top" / "config.toml"
    assert main(["config", "path"]) == 0
    out, err = capsys.readouterr()
    assert out == f"{path}\n"
    assert "config init" in err

    assert main(["config", "init"]) == 0
    assert capsys.readouterr().out == f"{path}\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert main(["config", "init"]) == 3
    assert "is there already" in capsys.readouterr().err

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
    assert main(["runbook", "--facts"]) == 0, "needed to mend the file"
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


def test_faults_of_one_second_have_a_report_each(tmp_path: Path) -> None:
    places = [write_report(failure(str(number)), ["--data-dir", str(tmp_path)]) for number in range(3)]
    assert sorted(tmp_path.glob("crash-*.txt")) == sorted(place for place in places if place)
    assert len(set(places)) == 3


def test_a_broken_installation_brings_no_traceback(tmp_path: Path) -> None:
    """What is needed to find the place of the report may be what is broken."""
    (tmp_path / "platformdirs.py").write_text("raise ImportError('half installed')\n")
    result = run("config", "show", environ={"PYTHONPATH": str(tmp_path), "TMPDIR": str(tmp_path)})
    (report,) = tmp_path.glob("crash-*.txt")
    assert result.returncode == 3
    assert result.stdout == ""
    assert result.stderr == f"claude-top: unexpected ImportError: half installed (details in {report})\n"


@pytest.mark.parametrize("error", [UsageError("do this"), ConfigError([Problem("", "", "do this")])])
def test_the_expected_needs_no_report(
    error: Exception, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explain(error, []) == 3
    assert capsys.readouterr().err == "claude-top: do this\n"
    assert not list(tmp_path.rglob("crash-*"))


@pytest.mark.parametrize("command", ["config show", "runbook", "alerts list"])
def test_a_broken_pipe_is_silent(command: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        process = subprocess.run(
            [*PROGRAM, *command.split()], stdout=writer, stderr=subprocess.PIPE, timeout=DIES_IN_S
        )
    finally:
        os.close(writer)
    assert (process.returncode, process.stderr) == (141, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_named() -> None:
    with Path("/dev/full").open("w") as full:
        process = subprocess.run(
            [*PROGRAM, "--version"], stdout=full, stderr=subprocess.PIPE, text=True, timeout=DIES_IN_S
        )
    assert process.returncode == 3
    assert process.stderr == "claude-top: the output could not be written: no space left\n"


@pytest.mark.parametrize("closed", ["0<&-", "1>&-", "2>&-"])
def test_closed_streams_bring_no_traceback(closed: str) -> None:
    command = " ".join([*PROGRAM, "config", "path", closed])
    process = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=DIES_IN_S)
    assert process.returncode == 0
    assert "Traceback" not in process.stderr


def test_an_ascii_terminal_gets_an_answer() -> None:
    path = Path(os.environ["XDG_CONFIG_HOME"]) / "claude-top" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text('name = "prød"\n', "utf-8")
    result = run("config", "show", environ={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert result.returncode == 0
    assert 'name = "pr\\xf8d"' in result.stdout


def test_ctrl_c_ends_check_without_a_traceback() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        process = subprocess.Popen(
            [*PROGRAM, "check", "--base-url", url, "--status-url", url],
            env=os.environ | {"NO_PROXY": "*"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # In a job in the background SIGINT is ignored, and that is inherited.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        with process:
            silent.settimeout(DIES_IN_S)
            connection, _ = silent.accept()
            with connection:
                process.send_signal(signal.SIGINT)
                out, err = process.communicate(timeout=DIES_IN_S)
    assert process.returncode == 130
    assert out == ""
    assert "Traceback" not in err
