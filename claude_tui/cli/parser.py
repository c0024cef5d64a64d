"""The grammar of the command line, and its help."""

from __future__ import annotations

from argparse import (
    SUPPRESS,
    ArgumentParser,
    ArgumentTypeError,
    Namespace,
    RawDescriptionHelpFormatter,
)
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NoReturn

from claude_tui import __version__
from claude_tui.cli.usage import UsageError
from claude_tui.model.format import parse_span
from claude_tui.settings import CONFIG_FLAG, DECLARED

__all__ = ["Request", "parse"]

DEFAULT_SCENARIO = "tour"

_DESCRIPTION = "The incident cockpit for the Claude API, in the terminal: is it them or us?"
_EPILOG = """\
Without a command: the dashboard.

examples:
  claude-top --demo                        watch a simulated incident: no key, no network
  claude-top                               watch the API with the key in ANTHROPIC_API_KEY
  claude-top --base-url https://gateway.example.com --name prod
  claude-top check --json                  probe once, for scripts and pagers
  claude-top simulate overload             a server that fails as the API did, for drills
  claude-top runbook --cause rate_limited  what to do about it, step by step
  claude-top alerts test                   a test message to everybody who is paged
  claude-top report --since 90d r.html     uptime, latency and incidents, as a page that prints
  claude-top config show                   every setting, and where its value comes from
  claude-top manual                        the reference, page by page

environment:
  ANTHROPIC_API_KEY, ANTHROPIC_AUTH_TOKEN, ANTHROPIC_BASE_URL
                    mean what they mean to the SDK
  CLAUDE_TOP_*      one for each setting, such as CLAUDE_TOP_MODEL; CLAUDE_TOP_CONFIG
                    names the settings file
  NO_COLOR and the usual proxy and CA variables are honoured

A flag wins over the environment, the environment over the settings file.

exit codes:
  0 done   3 wrong use or settings
  check: 0 healthy   1 warning (P3, P4)   2 critical (P1, P2)   3 unknown, wrong use included
"""
_CHECK_EPILOG = """\
stdout is for data, stderr for messages.

exit codes:
  0 healthy   1 warning (P3, P4)   2 critical (P1, P2)   3 unknown, wrong use included
"""
_SIMULATE_EPILOG = """\
Prints the base URL and the status URL to point other programs at, and runs until ctrl+c.
SCENARIO is a name from --list or the path of a scenario file of your own (TOML).

example, in two terminals:
  claude-top simulate overload --port 8080
  ANTHROPIC_BASE_URL=http://127.0.0.1:8080 ANTHROPIC_API_KEY=any \\
  CLAUDE_TOP_STATUS_URL=http://127.0.0.1:8080 claude-top
"""

_ALERTS_EPILOG = """\
Rules of your own are in the file that the setting `alert_rules` names, routes in the table [alerts]
of the settings file; `claude-top config init` writes an example of it.

examples:
  claude-top alerts test                   a test message to every route
  claude-top alerts test oncall            to one of them
  claude-top alerts list                   what fires, and all rules and routes
  claude-top alerts list --metrics         what a rule can measure
"""
_ALERTS_TEST_EPILOG = """\
A test message says that nothing is wrong. At PagerDuty it opens an incident and resolves it at
once.

exit codes:
  0 all arrived   1 one or more did not   3 wrong use or settings
"""
_UPTIME_EPILOG = """\
Works on what a dashboard has recorded in the data directory, also while it runs. A span is so many
full hours and the one that has begun. Our own failures (key, limit, request, network) count for
neither side; below 50% coverage there is no percentage.

exit codes:
  0 done   3 nothing is recorded, wrong use or settings
"""
_REPORT_EPILOG = """\
Without FILE it is printed. The HTML page needs no other file, and prints well.

examples:
  claude-top report | less
  claude-top report --since 90d uptime.html
  claude-top report --format json
"""
_RUNBOOK_EPILOG = """\
Without options: the first five minutes, the decision tree, what each error means, and the names
of the playbooks. Commands to copy are made for the endpoint and the model in use. It needs no key
and no network. Files of your own in the directory `runbook` beside the settings file add to it.

examples:
  claude-top runbook | less
  claude-top runbook --cause provider_overloaded
  claude-top runbook --cause key_compromise
"""
_MANUAL_EPILOG = """\
Without TOPIC: the list of pages. On a terminal a page is shown in $PAGER (default: less -R); in a
pipe it is Markdown.

examples:
  claude-top manual                        the pages, a line each
  claude-top manual errors                 what each error means and what to do
  claude-top manual settings | grep interval
"""

_TARGET = ("base_url", "model", "status_urls")
_ALL = tuple(declared.key for declared in DECLARED if declared.about.flag)
# A flag that a command does not use is refused, not ignored.
_FLAGS_OF: dict[str, tuple[str, ...]] = {
    "dashboard": ("config", *_ALL),
    "check": ("config", *_TARGET),
    "simulate": (),
    "uptime": ("config", "name", "base_url", "data_dir"),
    "report": ("config", "name", "base_url", "data_dir"),
    "runbook": ("config", *_TARGET),
    "manual": (),
    "alerts test": ("config", "name", "base_url"),
    "alerts list": ("config", "base_url", "data_dir"),
    "config path": ("config",),
    "config show": ("config", *_ALL),
    "config init": ("config",),
}
# A demo brings its own name, endpoint, status page and data directory.
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
        self.add_argument("-h", "--help", action="help", help="show this help and end")

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}\nfor help: {self.prog} --help")


def parse(arguments: Sequence[str]) -> Request | None:
    """The request; None after --help or --version. Raises UsageError."""
    try:
        options = _parser().parse_args(arguments)
    except SystemExit:
        return None
    command = " ".join([options.command or "dashboard", *([options.action] if "action" in options else [])])
    given = {
        key: getattr(options, f"set_{key}") for key in ("config", *_ALL) if hasattr(options, f"set_{key}")
    }
    _refuse_unused(command, options, given)
    return Request(command, given.pop("config", None), given, options, tuple(arguments))


def _refuse_unused(command: str, options: Namespace, given: Mapping[str, str]) -> None:
    unused = [key for key in given if key not in _FLAGS_OF[command]]
    if unused:
        raise UsageError(f"{_flag(unused[0])} means nothing to `{command}`: leave it out")
    if command != "dashboard" and (options.demo or options.demo_speed is not None):
        flag = "--demo" if options.demo else "--speed"
        raise UsageError(f"{flag} belongs to the dashboard: leave out `{command}` or {flag}")
    if options.demo_speed is not None and options.demo is None:
        raise UsageError("--speed is for the demo: add --demo")
    if options.demo is not None:
        for key in _NOT_IN_DEMO:
            if key in given:
                raise UsageError(f"--demo brings its own: leave out {_flag(key)}")


def _flag(key: str) -> str:
    return next((each.about.flag for each in DECLARED if each.key == key and each.about.flag), CONFIG_FLAG)


def _parser() -> ArgumentParser:
    parser = _Parser(prog="claude-top", description=_DESCRIPTION, epilog=_EPILOG)
    parser.add_argument(
        "--version", action="version", version=f"claude-top {__version__}", help="print the version and end"
    )
    parser.add_argument(
        "--demo",
        nargs="?",
        const=DEFAULT_SCENARIO,
        metavar="SCENARIO",
        help=f"play a simulated incident (default: {DEFAULT_SCENARIO}); `simulate --list` names them",
    )
    parser.add_argument(
        "--speed", dest="demo_speed", type=_speed, metavar="N", help="play the demo N times faster"
    )
    _add_flags(parser, "dashboard")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    _add_check(commands)
    _add_runbook(commands)
    _add_manual(commands)
    _add_alerts(commands)
    _add_uptime(commands)
    _add_report(commands)
    _add_simulate(commands)
    _add_config(commands)
    return parser


def _add_flags(parser: ArgumentParser, command: str) -> None:
    """The settings that `command` takes. SUPPRESS: a flag before the command counts as one after it."""
    allowed = _FLAGS_OF[command]
    group = parser.add_argument_group("settings")
    if "config" in allowed:
        group.add_argument(
            CONFIG_FLAG,
            dest="set_config",
            default=SUPPRESS,
            metavar="FILE",
            help="the settings file to read",
        )
    for declared in DECLARED:
        if declared.key in allowed and declared.about.flag:
            group.add_argument(
                declared.about.flag,
                dest=f"set_{declared.key}",
                default=SUPPRESS,
                metavar=declared.about.metavar,
                help=_phrase(declared.about.doc),
            )


def _phrase(sentence: str) -> str:
    """A sentence in the style of argparse: no capital, no full stop, `%` doubled."""
    return f"{sentence[0].lower()}{sentence[1:]}".rstrip(".").replace("%", "%%")


def _add_check(commands: Any) -> None:
    parser = commands.add_parser(
        "check",
        help="probe once and print the verdict",
        description="Probe once and print the verdict: for scripts, pagers and dumb terminals.",
        epilog=_CHECK_EPILOG,
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object (claude-top/check@1)")
    form.add_argument(
        "--schema", action="store_true", help="print the JSON Schema of that object, probe nothing"
    )
    parser.add_argument(
        "--samples",
        type=_whole(1, 100),
        metavar="N",
        help="message probes, one after the other (default: 3, and up to 6 where only some of them fail)",
    )
    parser.add_argument("--timeout", type=_seconds, metavar="S", help="seconds to wait for each answer")
    _add_flags(parser, "check")


def _add_runbook(commands: Any) -> None:
    parser = commands.add_parser(
        "runbook",
        help="print the decision tree, or what to do about a cause",
        description="The runbook as text, for people without the dashboard.",
        epilog=_RUNBOOK_EPILOG,
    )
    parts = parser.add_mutually_exclusive_group()
    parts.add_argument(
        "--cause", metavar="CAUSE", help="the answers and the playbook of a verdict's cause, or a playbook"
    )
    parts.add_argument(
        "--facts", action="store_true", help="what the branches and steps of your own files can ask for"
    )
    _add_flags(parser, "runbook")


def _add_manual(commands: Any) -> None:
    parser = commands.add_parser(
        "manual",
        help="show a page of the reference: errors, settings, keys and more",
        description="The reference, for hosts without a browser. Needs no key and no network.",
        epilog=_MANUAL_EPILOG,
    )
    parser.add_argument("topic", nargs="?", metavar="TOPIC", help="the page to show (default: list them)")


def _add_alerts(commands: Any) -> None:
    parser = commands.add_parser(
        "alerts",
        help="try the routes of alerts, or list what fires",
        description="Who is paged, and about what.",
        epilog=_ALERTS_EPILOG,
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True, title="actions")
    test = actions.add_parser(
        "test",
        help="send a test message to every route, or to one",
        description="Send a test message to every route, or to one, and tell which arrived.",
        epilog=_ALERTS_TEST_EPILOG,
    )
    test.add_argument("route", nargs="?", metavar="ROUTE", help="its name in the settings (default: all)")
    _add_flags(test, "alerts test")
    listing = actions.add_parser(
        "list",
        help="print what fires, and all rules and routes; secrets are masked",
        description="Print what fires, as the dashboard last knew it, and all rules and routes.",
    )
    listing.add_argument("--metrics", action="store_true", help="name what a rule can measure instead")
    _add_flags(listing, "alerts list")


def _add_uptime(commands: Any) -> None:
    parser = commands.add_parser(
        "uptime",
        help="print how long the API was up, down or unknown",
        description="Uptime by your own probes, over 24 hours and 7, 30, 60 and 90 days.",
        epilog=_UPTIME_EPILOG,
    )
    parser.add_argument("--since", type=_span, metavar="SPAN", help="one span only, such as 12h or 30d")
    parser.add_argument("--json", action="store_true", help="one JSON object (claude-top/uptime@1)")
    _add_flags(parser, "uptime")


def _add_report(commands: Any) -> None:
    parser = commands.add_parser(
        "report",
        help="print or write a report: uptime, latency, failures, incidents",
        description="A report on the last days: uptime, latency, failures, incidents.",
        epilog=_REPORT_EPILOG,
    )
    parser.add_argument("file", nargs="?", metavar="FILE", help="where to write it (default: print it)")
    parser.add_argument(
        "--since", type=_span, default=timedelta(days=30), metavar="SPAN", help="default: 30d"
    )
    parser.add_argument(
        "--format",
        dest="form",
        choices=("md", "html", "json"),
        help="default: what the name of FILE ends with, else md",
    )
    parser.add_argument("--force", action="store_true", help="replace FILE if it is there")
    _add_flags(parser, "report")


def _add_simulate(commands: Any) -> None:
    parser = commands.add_parser(
        "simulate",
        help="run the simulator alone: an API and a status page that fail on cue",
        description="A real HTTP server on loopback that plays an incident.",
        epilog=_SIMULATE_EPILOG,
    )
    parser.add_argument(
        "scenario", nargs="?", default=DEFAULT_SCENARIO, metavar="SCENARIO", help="default: tour"
    )
    parser.add_argument(
        "--port", type=_whole(0, 65535), default=0, metavar="N", help="default: any that is free"
    )
    parser.add_argument("--speed", type=_speed, default=1.0, metavar="N", help="play it N times faster")
    parser.add_argument("--list", action="store_true", help="name the scenarios and end")


def _add_config(commands: Any) -> None:
    parser = commands.add_parser(
        "config", help="where settings live, what they are, and a file to begin with"
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True, title="actions")
    for action, words in (
        ("path", "print the path of the settings file"),
        ("show", "print every setting with its origin; secrets are masked"),
        ("init", "write a commented settings file that changes nothing yet"),
    ):
        _add_flags(
            actions.add_parser(action, help=words, description=f"{words[0].upper()}{words[1:]}."),
            f"config {action}",
        )


def _span(text: str) -> timedelta:
    found = parse_span(text)
    if found is None or found < timedelta(hours=1):
        raise ArgumentTypeError(f"got {text!r}, expected a span from 1h to 365d, such as 12h or 30d")
    return found


def _speed(text: str) -> float:
    return _number(text, 0.01, 1000)


def _seconds(text: str) -> float:
    return _number(text, 0.1, 600)


def _number(text: str, low: float, high: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise ArgumentTypeError(f"got {text!r}, expected a number from {low:g} to {high:g}")
    return value


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and low <= int(text[:9]) <= high):
            raise ArgumentTypeError(f"got {text!r}, expected a whole number from {low} to {high}")
        return int(text)

    return read
