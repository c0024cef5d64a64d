"""The grammar of the command line, and its help."""

from __future__ import annotations

import re
from argparse import (
    ArgumentParser,
    Namespace,
    RawDescriptionHelpFormatter,
)
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from claude_tui import __version__
from claude_tui.cli.grammar.drill import add_drill, drill_action
from claude_tui.cli.grammar.flags import ALL_SETTINGS, FLAGS_OF, add_flags, flag_of
from claude_tui.cli.grammar.looking_back import add_incidents, add_record, add_replay, add_report, add_uptime
from claude_tui.cli.grammar.postmortem import add_postmortem
from claude_tui.cli.grammar.proxy import add_proxy
from claude_tui.cli.grammar.serving import add_serve
from claude_tui.cli.grammar.terminal import add_completion, add_doctor, add_statusline
from claude_tui.cli.grammar.traffic import add_traffic
from claude_tui.cli.grammar.values import DEFAULT_SCENARIO, speed
from claude_tui.cli.grammar.watching import (
    add_agent,
    add_alerts,
    add_check,
    add_config,
    add_manual,
    add_runbook,
    add_simulate,
)
from claude_tui.cli.usage import UsageError

__all__ = ["Request", "grammar", "parse"]
_DESCRIPTION = "The incident cockpit for the Claude API, in the terminal: is it them or us?"
_EPILOG = """\
Without a command: the dashboard.

examples:
  claude-top --demo                        watch a simulated incident: no key, no network
  claude-top                               watch the API with the key in ANTHROPIC_API_KEY
  claude-top --base-url https://gateway.example.com --name prod
  claude-top agent                         keep the record and page, without a screen
  claude-top check --json                  probe once, for scripts and pagers
  claude-top doctor                        what is wrong here, and what to do
  claude-top statusline                    one line for tmux, prompts and Claude Code
  claude-top proxy                         measure your applications' calls, not their content
  claude-top drill                         practise on an incident, and get a score
  claude-top simulate overload             replay a past overload of the API, for other tools
  claude-top runbook --cause rate_limited  what to do about it, step by step
  claude-top alerts test                   a test message to every route
  claude-top incidents show INC-7          an incident: figures and timeline
  claude-top postmortem show               what the record already says, and what is left to do
  claude-top replay outage.jsonl.gz        play what another machine recorded
  claude-top report --since 90d r.html     uptime, latency and incidents, as a printable page
  claude-top traffic --since 1h --by model what your own calls did, failed and cost
  claude-top serve                         the dashboard in a browser
  claude-top config show                   every setting, and where its value comes from
  claude-top manual                        the reference, page by page

environment:
  ANTHROPIC_API_KEY, ANTHROPIC_AUTH_TOKEN, ANTHROPIC_BASE_URL
                    as the SDK reads them
  CLAUDE_TOP_*      one for each setting, such as CLAUDE_TOP_MODEL; CLAUDE_TOP_CONFIG
                    names the settings file
  NO_COLOR and the usual proxy and CA variables are honoured

Flags override the environment, which overrides the settings file.

exit codes:
  0 success   3 invalid usage or settings
  check: 0 healthy   1 warning (P3, P4)   2 critical (P1, P2)   3 unknown or invalid usage
"""
_TAKE_TIMES = frozenset({"--started", "--ended", "--since", "--until"})
_BEFORE_NOW = re.compile(r"-\d+(\.\d+)?[a-z]+(\d.*)?")
_COMMANDS: Mapping[str, Callable[[Any], None]] = {
    "check": add_check,
    "doctor": add_doctor,
    "statusline": add_statusline,
    "agent": add_agent,
    "runbook": add_runbook,
    "manual": add_manual,
    "alerts": add_alerts,
    "drill": add_drill,
    "incidents": add_incidents,
    "postmortem": add_postmortem,
    "uptime": add_uptime,
    "report": add_report,
    "proxy": add_proxy,
    "traffic": add_traffic,
    "serve": add_serve,
    "simulate": add_simulate,
    "record": add_record,
    "replay": add_replay,
    "config": add_config,
    "completion": add_completion,
}
_HELP = frozenset({"-h", "--help"})
# A demo has its own name, endpoint, status page and data directory.
_NOT_IN_DEMO = ("name", "base_url", "status_urls", "data_dir")


@dataclass(frozen=True, slots=True)
class Request:
    """A parsed command line."""

    command: str
    """The command and its action, such as `alerts test`."""
    config: str | None
    """The settings file, None for the default."""
    flags: Mapping[str, str]
    """The settings given as flags, as text."""
    options: Namespace
    """The command's own options."""
    arguments: tuple[str, ...]
    """The whole command line as given."""


class _Parser(ArgumentParser):
    def __init__(self, **options: Any) -> None:
        super().__init__(
            formatter_class=RawDescriptionHelpFormatter, allow_abbrev=False, add_help=False, **options
        )
        self.add_argument("-h", "--help", action="help", help="show this help and exit")

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}\nfor help: {self.prog} --help")


def parse(arguments: Sequence[str]) -> Request | None:
    """The request; None after --help or --version. Raises UsageError."""
    try:
        options = _parsed(_joined(arguments))
    except SystemExit:
        return None
    command = " ".join([options.command or "dashboard", *filter(None, [_action(options)])])
    settings = ("config", *ALL_SETTINGS)
    given = {key: getattr(options, f"set_{key}") for key in settings if hasattr(options, f"set_{key}")}
    _refuse_unused(command, options, given)
    return Request(command, given.pop("config", None), given, options, tuple(arguments))


def _parsed(arguments: Sequence[str]) -> Namespace:
    """Parsed with the grammar of the commands that occur in `arguments`: the whole one takes 10 ms."""
    if not _HELP.intersection(arguments):
        try:
            return grammar(only=arguments).parse_args(arguments)
        except UsageError:
            # Reported below, where the message can name every command.
            pass
    return grammar().parse_args(arguments)


def _joined(arguments: Sequence[str]) -> list[str]:
    """The arguments with `--since -2h` as one: argparse mistakes a value that begins with - for a flag."""
    joined: list[str] = []
    for argument in arguments:
        if joined and joined[-1] in _TAKE_TIMES and _BEFORE_NOW.fullmatch(argument):
            joined[-1] += f"={argument}"
        else:
            joined.append(argument)
    return joined


def _action(options: Namespace) -> str | None:
    """The action of a command, such as `test` of `alerts test`."""
    return drill_action(options) if options.command == "drill" else getattr(options, "action", None)


def _refuse_unused(command: str, options: Namespace, given: Mapping[str, str]) -> None:
    unused = [key for key in given if key not in FLAGS_OF[command]]
    if unused:
        raise UsageError(f"{flag_of(unused[0])} does not apply to `{command}`: leave it out")
    if command != "dashboard" and (options.demo or options.demo_speed is not None):
        flag = "--demo" if options.demo else "--speed"
        raise UsageError(f"{flag} belongs to the dashboard: leave out `{command}` or {flag}")
    if options.demo_speed is not None and options.demo is None:
        raise UsageError("--speed is for the demo: add --demo")
    if options.read_only and (command != "dashboard" or options.demo is not None):
        instead = "--demo" if options.demo is not None else f"`{command}`"
        raise UsageError(f"--read-only does not apply to {instead}: leave it out")
    if options.demo is not None:
        for key in _NOT_IN_DEMO:
            if key in given:
                raise UsageError(f"--demo sets its own: leave out {flag_of(key)}")


def grammar(only: Container[str] | None = None) -> ArgumentParser:
    """A new parser for the whole command line; if `only` is given, of all commands for those in it."""
    parser = _Parser(prog="claude-top", description=_DESCRIPTION, epilog=_EPILOG)
    parser.add_argument(
        "--version", action="version", version=f"claude-top {__version__}", help="print the version and exit"
    )
    parser.add_argument(
        "--demo",
        nargs="?",
        const=DEFAULT_SCENARIO,
        metavar="SCENARIO",
        help=f"play a simulated incident (default: {DEFAULT_SCENARIO}); `simulate --list` lists them",
    )
    parser.add_argument(
        "--speed", dest="demo_speed", type=speed, metavar="N", help="play the demo N times faster"
    )
    parser.add_argument(
        "--read-only",
        action="store_true",
        help="watch only: never probe, page or change what others see",
    )
    add_flags(parser, "dashboard")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for name, add in _COMMANDS.items():
        if only is None or name in only:
            add(commands)
    return parser
