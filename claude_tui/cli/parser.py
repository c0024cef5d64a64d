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
from claude_tui.cli.drill_grammar import add_drill, drill_action
from claude_tui.cli.postmortem_grammar import add_postmortem
from claude_tui.cli.proxy_grammar import add_proxy
from claude_tui.cli.traffic_grammar import add_traffic
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
  claude-top agent                         keep the record and page, without a screen
  claude-top check --json                  probe once, for scripts and pagers
  claude-top proxy                         measure the calls of applications, not their content
  claude-top drill                         an incident to practise on, and a score at the end
  claude-top simulate overload             replay a past overload of the API, for other tools
  claude-top runbook --cause rate_limited  what to do about it, step by step
  claude-top alerts test                   a test message to every route
  claude-top incidents show INC-7          an incident: what happened, and what it cost
  claude-top postmortem show               what the record says already, and what is to do
  claude-top replay outage.jsonl.gz        play what another machine recorded
  claude-top report --since 90d r.html     uptime, latency and incidents, as a page that prints
  claude-top traffic --since 1h --by model what your own calls did, failed and cost
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
_CHECK_EPILOG = """\
stdout is for data, stderr for messages.

exit codes:
  0 healthy   1 warning (P3, P4)   2 critical (P1, P2)   3 unknown or invalid usage
"""
_SIMULATE_EPILOG = """\
Prints the base URL and the status URL to point other programs at, and runs until ctrl+c.
SCENARIO is a name from --list or the path of your own scenario file (TOML).

example, in two terminals:
  claude-top simulate overload --port 8080
  ANTHROPIC_BASE_URL=http://127.0.0.1:8080 ANTHROPIC_API_KEY=any \\
  CLAUDE_TOP_STATUS_URL=http://127.0.0.1:8080 claude-top
"""

_ALERTS_EPILOG = """\
Your own rules go in the file that the setting `alert_rules` names, routes in the table [alerts] of
the settings file; `claude-top config init` writes an example.

examples:
  claude-top alerts test                   a test message to every route
  claude-top alerts test oncall            a test message to one route
  claude-top alerts list                   the firing alerts, all rules and all routes
  claude-top alerts list --metrics         the metrics that rules can use
"""
_ALERTS_TEST_EPILOG = """\
A test message says that nothing is wrong. At PagerDuty it opens an incident and resolves it at
once.

exit codes:
  0 all arrived   1 one or more did not   3 invalid usage or settings
"""
_AGENT_EPILOG = """\
Of all claude-top processes on one data directory, one collects: it probes and pages. The others
watch, and take over within seconds when it ends. An agent on the machine where people log in makes
every dashboard there a viewer. `claude-top manual teams` has a systemd unit to copy.

SIGTERM and SIGINT end it in order, with exit code 0.
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
of the playbooks. The commands are filled in for the endpoint and the model in use. Needs no key and
no network. Your own files in the directory `runbook` beside the settings file add to it.

examples:
  claude-top runbook | less
  claude-top runbook --cause provider_overloaded
  claude-top runbook --cause key_compromise
"""
_INCIDENTS_EPILOG = """\
Without an action: the list. ID is a label such as INC-7, its number, or the beginning of the
32 digits that `show` prints. Incidents are declared on the dashboard (key i).

examples:
  claude-top incidents                     all of them, the newest first
  claude-top incidents show 7              figures and timeline
  claude-top incidents export 7 -o inc-7.json
  claude-top incidents import inc-7.json   on another machine; a second time adds nothing
"""
_MANUAL_EPILOG = """\
Without TOPIC: the list of pages. On a terminal a page is shown in $PAGER (default: less -R); in a
pipe it is Markdown.

examples:
  claude-top manual                        the pages, a line each
  claude-top manual errors                 what each error means and what to do
  claude-top manual settings | grep interval
"""

_RECORD_EPILOG = """\
FILE is compressed with gzip; a name that ends in .zst asks for zstd (with the package zstandard),
one in .jsonl for neither. Secrets are taken out. A TIME is a span before now (2h, 30d) or a time as
the key `g` takes it (14:03, 2026-11-08 14:00, in UTC unless it says otherwise).

examples:
  claude-top record export --since 2h outage.jsonl.gz
  claude-top record export --since 2026-11-08T14:00 --until 2026-11-08T16:00 outage.jsonl.gz
  claude-top record export --incident INC-3 inc-3.jsonl.gz
"""
_REPLAY_EPILOG = """\
Plays in the whole dashboard, with no key, no network and no probe: space pauses, [ ] { } , . and g
move in time. Nothing can be changed.

examples:
  claude-top replay outage.jsonl.gz --speed 10
  claude-top replay INC-3
"""

_TARGET = ("base_url", "model", "status_urls")
_AGENT = ("name", *_TARGET, "data_dir")
_ALL = tuple(declared.key for declared in DECLARED if declared.about.flag)
_NOT_IN_DRILL = ("name", "base_url", "status_urls")
# A flag that a command does not use is refused, not ignored.
_FLAGS_OF: dict[str, tuple[str, ...]] = {
    "dashboard": ("config", *_ALL),
    "check": ("config", *_TARGET),
    "agent": ("config", *_AGENT),
    "proxy": ("config", "data_dir"),
    "simulate": (),
    "uptime": ("config", "name", "base_url", "data_dir"),
    "report": ("config", "name", "base_url", "data_dir"),
    "traffic": ("config", "name", "base_url", "data_dir"),
    "runbook": ("config", *_TARGET),
    "manual": (),
    "drill": ("config", *(each for each in _ALL if each not in _NOT_IN_DRILL)),
    "drill list": ("config", "data_dir"),
    "drill scores": ("config", "data_dir"),
    "alerts test": ("config", "name", "base_url"),
    "alerts list": ("config", "base_url", "data_dir"),
    "incidents": ("config", "base_url", "data_dir"),
    "incidents list": ("config", "base_url", "data_dir"),
    "incidents show": ("config", "base_url", "data_dir"),
    "incidents export": ("config", "base_url", "data_dir"),
    "incidents import": ("config", "base_url", "data_dir"),
    **dict.fromkeys(
        ("postmortem", *(f"postmortem {action}" for action in ("list", "show", "new", "edit", "export"))),
        ("config", "base_url", "data_dir"),
    ),
    "postmortem lint": (),
    "record export": ("config", "name", "base_url", "data_dir"),
    "replay": ("config", "name", "base_url", "data_dir", "theme"),
    "config path": ("config",),
    "config show": ("config", *_ALL),
    "config init": ("config",),
}
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
        options = _parser().parse_args(arguments)
    except SystemExit:
        return None
    command = " ".join([options.command or "dashboard", *filter(None, [_action(options)])])
    given = {
        key: getattr(options, f"set_{key}") for key in ("config", *_ALL) if hasattr(options, f"set_{key}")
    }
    _refuse_unused(command, options, given)
    return Request(command, given.pop("config", None), given, options, tuple(arguments))


def _action(options: Namespace) -> str | None:
    """The action of a command, such as `test` of `alerts test`."""
    return drill_action(options) if options.command == "drill" else getattr(options, "action", None)


def _refuse_unused(command: str, options: Namespace, given: Mapping[str, str]) -> None:
    unused = [key for key in given if key not in _FLAGS_OF[command]]
    if unused:
        raise UsageError(f"{_flag(unused[0])} does not apply to `{command}`: leave it out")
    if command != "dashboard" and (options.demo or options.demo_speed is not None):
        flag = "--demo" if options.demo else "--speed"
        raise UsageError(f"{flag} belongs to the dashboard: leave out `{command}` or {flag}")
    if options.demo_speed is not None and options.demo is None:
        raise UsageError("--speed is for the demo: add --demo")
    if options.read_only and (command != "dashboard" or options.demo is not None):
        instead = "--demo" if options.demo is not None else f"`{command}`"
        raise UsageError(f"--read-only means nothing to {instead}: leave it out")
    if options.demo is not None:
        for key in _NOT_IN_DEMO:
            if key in given:
                raise UsageError(f"--demo sets its own: leave out {_flag(key)}")


def _flag(key: str) -> str:
    return next((each.about.flag for each in DECLARED if each.key == key and each.about.flag), CONFIG_FLAG)


def _parser() -> ArgumentParser:
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
        "--speed", dest="demo_speed", type=_speed, metavar="N", help="play the demo N times faster"
    )
    parser.add_argument(
        "--read-only",
        action="store_true",
        help="watch only: never probe, page or change what others see",
    )
    _add_flags(parser, "dashboard")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    _add_check(commands)
    _add_agent(commands)
    _add_runbook(commands)
    _add_manual(commands)
    _add_alerts(commands)
    add_drill(commands, _add_flags, _speed)
    _add_incidents(commands)
    add_postmortem(commands, _add_flags)
    _add_uptime(commands)
    _add_report(commands)
    add_proxy(commands, _add_flags, _whole, _drain)
    add_traffic(commands, _add_flags)
    _add_simulate(commands)
    _add_record(commands)
    _add_replay(commands)
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
        help="message probes, one after the other (default: 3, or up to 6 if only some of them fail)",
    )
    parser.add_argument("--timeout", type=_seconds, metavar="S", help="seconds to wait for each answer")
    _add_flags(parser, "check")


def _add_agent(commands: Any) -> None:
    parser = commands.add_parser(
        "agent",
        help="probe, record and page without a screen",
        description="The dashboard without a screen: the same probes, record and alerts.",
        epilog=_AGENT_EPILOG,
    )
    parser.add_argument("--log-file", metavar="FILE", help="where its messages go (default: stderr)")
    _add_flags(parser, "agent")


def _add_runbook(commands: Any) -> None:
    parser = commands.add_parser(
        "runbook",
        help="print the decision tree, or what to do about one cause",
        description="Print the runbook as text, for use without the dashboard.",
        epilog=_RUNBOOK_EPILOG,
    )
    parts = parser.add_mutually_exclusive_group()
    parts.add_argument(
        "--cause", metavar="CAUSE", help="print what to do about this cause, or the playbook of this name"
    )
    parts.add_argument(
        "--facts", action="store_true", help="list the facts that your own branches and steps can use"
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
        help="test the alert routes, or list the firing alerts",
        description="Who is notified, and about what.",
        epilog=_ALERTS_EPILOG,
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True, title="actions")
    test = actions.add_parser(
        "test",
        help="send a test message to every route, or to one",
        description="Send a test message to every route, or to one, and report which arrived.",
        epilog=_ALERTS_TEST_EPILOG,
    )
    test.add_argument("route", nargs="?", metavar="ROUTE", help="its name in the settings (default: all)")
    _add_flags(test, "alerts test")
    listing = actions.add_parser(
        "list",
        help="print the firing alerts, all rules and all routes; secrets are masked",
        description="Print the alerts that were firing when the dashboard last saved them, and all rules "
        "and routes.",
    )
    listing.add_argument("--metrics", action="store_true", help="list the metrics that rules can use instead")
    _add_flags(listing, "alerts list")


def _add_incidents(commands: Any) -> None:
    parser = commands.add_parser(
        "incidents",
        help="list, show, export or import incidents",
        description="The incidents that were declared on this target.",
        epilog=_INCIDENTS_EPILOG,
    )
    parser.add_argument("--schema", action="store_true", help="print the JSON Schema of an exported incident")
    _add_flags(parser, "incidents")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="actions")
    for action, words in (
        ("list", "print a line for each, the newest first"),
        ("show", "print figures and timeline of one"),
        ("export", "write one as Markdown or JSON"),
        ("import", "add an exported one to this history"),
    ):
        added = actions.add_parser(action, help=words, description=f"{words[0].upper()}{words[1:]}.")
        if action in ("show", "export"):
            added.add_argument("incident", metavar="ID", help="a label, a number, or the beginning of an id")
        if action == "export":
            added.add_argument("--output", "-o", metavar="FILE", help="where to (default: standard output)")
            added.add_argument(
                "--format", choices=("md", "json"), help="default: by the name of FILE, else md"
            )
            added.add_argument("--replace", action="store_true", help="write over a file that is there")
        if action == "import":
            added.add_argument("file", metavar="FILE", help="an incident exported as JSON")
        _add_flags(added, f"incidents {action}")


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
        "--port", type=_whole(0, 65535), default=0, metavar="N", help="default: any free port"
    )
    parser.add_argument("--speed", type=_speed, default=1.0, metavar="N", help="play it N times faster")
    parser.add_argument("--list", action="store_true", help="list the scenarios and exit")


def _add_record(commands: Any) -> None:
    parser = commands.add_parser(
        "record",
        help="write a part of the record to a file",
        description="The record as a file that another machine can replay.",
        epilog=_RECORD_EPILOG,
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True, title="actions")
    export = actions.add_parser(
        "export",
        help="write what was recorded in a span of time, or of an incident",
        description="Write what was recorded in a span of time, or of an incident.",
        epilog=_RECORD_EPILOG,
    )
    span = export.add_mutually_exclusive_group(required=True)
    span.add_argument("--since", metavar="TIME", help="the first instant to replay")
    span.add_argument("--incident", metavar="INCIDENT", help="an incident: INC-3, or its id")
    export.add_argument("--until", metavar="TIME", help="the last instant (default: now)")
    export.add_argument("--force", action="store_true", help="replace FILE if it is there already")
    export.add_argument("file", metavar="FILE", help="the file to write")
    _add_flags(export, "record export")


def _add_replay(commands: Any) -> None:
    parser = commands.add_parser(
        "replay",
        help="play a recording, or an incident, in the dashboard",
        description="Play a recording, or an incident of the record, in the dashboard.",
        epilog=_REPLAY_EPILOG,
    )
    parser.add_argument("recording", metavar="FILE|INCIDENT", help="a file, or an incident: INC-3, or its id")
    parser.add_argument("--speed", type=_speed, default=1.0, metavar="N", help="play it N times faster")
    _add_flags(parser, "replay")


def _add_config(commands: Any) -> None:
    parser = commands.add_parser(
        "config", help="show where the settings are and what they are, or create a settings file"
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


def _drain(text: str) -> float:
    return _number(text, 0, 3600)


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
