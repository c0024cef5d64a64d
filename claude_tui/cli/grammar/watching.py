"""The grammar of the commands that watch, judge and explain."""

from __future__ import annotations

from typing import Any

from claude_tui.cli.grammar.flags import add_flags
from claude_tui.cli.grammar.values import DEFAULT_SCENARIO, load, seconds, speed, whole

__all__ = ["add_agent", "add_alerts", "add_check", "add_config", "add_manual", "add_runbook", "add_simulate"]

_CHECK_EPILOG = """\
stdout is for data, stderr for messages.

exit codes:
  0 healthy   1 warning (P3, P4)   2 critical (P1, P2)   3 unknown or invalid usage
"""
_SIMULATE_EPILOG = """\
Prints the base URL and the status URL to point other programs at, and runs until ctrl+c.
SCENARIO is a name from --list or the path of your own scenario file (TOML).

With --load, fictitious applications call it through a proxy, whose URL is printed as well. What the
proxy measures is recorded in the data directory, where a dashboard with the same base URL finds it.

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

SIGTERM and SIGINT end it cleanly, with exit code 0.
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
_MANUAL_EPILOG = """\
Without TOPIC: the list of pages. On a terminal a page is shown in $PAGER (default: less -R); in a
pipe it is Markdown.

examples:
  claude-top manual                        the pages, a line each
  claude-top manual errors                 what each error means and what to do
  claude-top manual settings | grep interval
  claude-top manual --man > claude-top.1   the man page; man -l claude-top.1 shows it
"""


def add_check(commands: Any) -> None:
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
        type=whole(1, 100),
        metavar="N",
        help="message probes, one after the other (default: 3, or up to 6 if only some of them fail)",
    )
    parser.add_argument("--timeout", type=seconds, metavar="S", help="seconds to wait for each answer")
    add_flags(parser, "check")


def add_agent(commands: Any) -> None:
    parser = commands.add_parser(
        "agent",
        help="probe, record and page without a screen",
        description="The dashboard without a screen: the same probes, record and alerts.",
        epilog=_AGENT_EPILOG,
    )
    parser.add_argument("--log-file", metavar="FILE", help="where its messages go (default: stderr)")
    add_flags(parser, "agent")


def add_runbook(commands: Any) -> None:
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
    add_flags(parser, "runbook")


def add_manual(commands: Any) -> None:
    parser = commands.add_parser(
        "manual",
        help="show a page of the reference: errors, settings, keys and more",
        description="The reference, for hosts without a browser. Needs no key and no network.",
        epilog=_MANUAL_EPILOG,
    )
    parser.add_argument("topic", nargs="?", metavar="TOPIC", help="the page to show (default: list them)")
    parser.add_argument(
        "--man", action="store_true", help="print it as a man page; without TOPIC claude-top(1)"
    )


def add_alerts(commands: Any) -> None:
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
    add_flags(test, "alerts test")
    listing = actions.add_parser(
        "list",
        help="print the firing alerts, all rules and all routes; secrets are masked",
        description="Print the alerts that were firing when the dashboard last saved them, and all rules "
        "and routes.",
    )
    listing.add_argument("--metrics", action="store_true", help="list the metrics that rules can use instead")
    add_flags(listing, "alerts list")


def add_simulate(commands: Any) -> None:
    parser = commands.add_parser(
        "simulate",
        help="run the simulator alone: an API and a status page that fail on cue",
        description="A real HTTP server on loopback that plays an incident.",
        epilog=_SIMULATE_EPILOG,
    )
    parser.add_argument(
        "scenario", nargs="?", default=DEFAULT_SCENARIO, metavar="SCENARIO", help="default: tour"
    )
    parser.add_argument("--port", type=whole(0, 65535), default=0, metavar="N", help="default: any free port")
    parser.add_argument("--speed", type=speed, default=1.0, metavar="N", help="play it N times faster")
    parser.add_argument(
        "--load", type=load, metavar="N", help="N calls a second of fictitious applications, through a proxy"
    )
    parser.add_argument("--list", action="store_true", help="list the scenarios and exit")
    add_flags(parser, "simulate")


def add_config(commands: Any) -> None:
    parser = commands.add_parser(
        "config", help="show where the settings are and what they are, or create a settings file"
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True, title="actions")
    for action, words in (
        ("path", "print the path of the settings file"),
        ("show", "print every setting with its origin; secrets are masked"),
        ("init", "write a commented settings file that changes nothing yet"),
    ):
        add_flags(
            actions.add_parser(action, help=words, description=f"{words[0].upper()}{words[1:]}."),
            f"config {action}",
        )
