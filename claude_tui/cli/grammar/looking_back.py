"""The grammar of the commands that look back: incidents, uptime, reports and recordings."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from claude_tui.cli.grammar.flags import add_flags
from claude_tui.cli.grammar.values import span, speed

__all__ = ["add_incidents", "add_record", "add_replay", "add_report", "add_uptime"]

_INCIDENTS_EPILOG = """\
Without an action: the list. ID is a label such as INC-7, its number, or the beginning of the
32 digits that `show` prints. Incidents are declared on the dashboard (key i).

examples:
  claude-top incidents                     all, newest first
  claude-top incidents show 7              figures and timeline
  claude-top incidents export 7 -o inc-7.json
  claude-top incidents import inc-7.json   on another machine; again adds nothing
"""
_UPTIME_EPILOG = """\
Reads what a dashboard has recorded in the data directory, even while it is running. A span is a number
of full hours plus the current one. Our own failures (key, limit, request, network) count neither as up
nor as down; below 50% coverage no percentage is given.

exit codes:
  0 done   3 nothing is recorded, or invalid usage or settings
"""
_REPORT_EPILOG = """\
Without FILE the report is printed. The HTML page is self-contained and prints well.

examples:
  claude-top report | less
  claude-top report --since 90d uptime.html
  claude-top report --format json
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
Plays it in the full dashboard, without a key, network or probes: space pauses, [ ] { } , . and g
move in time. Nothing can be changed.

examples:
  claude-top replay outage.jsonl.gz --speed 10
  claude-top replay INC-3
  claude-top replay ~/.local/share/claude-top/drills/20261120T130000Z-a1b2c3/drill.db
"""


_NAMES = "a label, a number, last, or the beginning of an id"


def add_incidents(commands: Any) -> None:
    parser = commands.add_parser(
        "incidents",
        help="list, show, export or import incidents",
        description="The incidents declared on this target.",
        epilog=_INCIDENTS_EPILOG,
    )
    parser.add_argument("--schema", action="store_true", help="print the JSON Schema of an exported incident")
    add_flags(parser, "incidents")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="actions")
    for action, words in (
        ("list", "print a line for each, the newest first"),
        ("show", "print figures and timeline of one"),
        ("export", "write one as Markdown or JSON"),
        ("import", "add an exported one to this history"),
    ):
        added = actions.add_parser(action, help=words, description=f"{words[0].upper()}{words[1:]}.")
        if action in ("show", "export"):
            added.add_argument("incident", metavar="ID", help=_NAMES)
        if action == "export":
            added.add_argument("--output", "-o", metavar="FILE", help="where to (default: standard output)")
            added.add_argument(
                "--format", choices=("md", "json"), help="default: by the name of FILE, else md"
            )
            added.add_argument("--force", action="store_true", help="replace FILE if it exists")
        if action == "import":
            added.add_argument("file", metavar="FILE", help="an incident exported as JSON")
        add_flags(added, f"incidents {action}")


def add_uptime(commands: Any) -> None:
    parser = commands.add_parser(
        "uptime",
        help="print how long the API was up, down or unknown",
        description="Uptime by your own probes, over 24 hours and 7, 30, 60 and 90 days.",
        epilog=_UPTIME_EPILOG,
    )
    parser.add_argument("--since", type=span, metavar="SPAN", help="one span only, such as 12h or 30d")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object (claude-top/uptime@1)")
    form.add_argument("--schema", action="store_true", help="print the JSON Schema of that object")
    add_flags(parser, "uptime")


def add_report(commands: Any) -> None:
    parser = commands.add_parser(
        "report",
        help="print or write a report: uptime, latency, failures, incidents",
        description="A report on the last days: uptime, latency, failures, incidents.",
        epilog=_REPORT_EPILOG,
    )
    parser.add_argument("file", nargs="?", metavar="FILE", help="where to write it (default: print it)")
    parser.add_argument("--since", type=span, default=timedelta(days=30), metavar="SPAN", help="default: 30d")
    form = parser.add_mutually_exclusive_group()
    form.add_argument(
        "--format",
        dest="form",
        choices=("md", "html", "json"),
        help="default: what the name of FILE ends with, else md",
    )
    form.add_argument("--schema", action="store_true", help="print the JSON Schema of the JSON form")
    parser.add_argument("--force", action="store_true", help="replace FILE if it exists")
    add_flags(parser, "report")


def add_record(commands: Any) -> None:
    parser = commands.add_parser(
        "record",
        help="write a part of the record to a file",
        description="The record as a file that another machine can replay.",
        epilog=_RECORD_EPILOG,
    )
    parser.add_argument(
        "--schema", action="store_true", help="print the JSON Schema of a line of a recording"
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="actions")
    export = actions.add_parser(
        "export",
        help="write what was recorded in a span of time, or of an incident",
        description="Write what was recorded in a span of time, or of an incident.",
        epilog=_RECORD_EPILOG,
    )
    span = export.add_mutually_exclusive_group(required=True)
    span.add_argument("--since", metavar="TIME", help="the first instant to replay")
    span.add_argument("--incident", metavar="ID", help=_NAMES)
    export.add_argument("--until", metavar="TIME", help="the last instant (default: now)")
    export.add_argument("--force", action="store_true", help="replace FILE if it exists")
    export.add_argument("file", metavar="FILE", help="the file to write")
    add_flags(export, "record export")


def add_replay(commands: Any) -> None:
    parser = commands.add_parser(
        "replay",
        help="play a recording, or an incident, in the dashboard",
        description="Play a recording, or an incident of the record, in the dashboard.",
        epilog=_REPLAY_EPILOG,
    )
    parser.add_argument(
        "recording",
        metavar="FILE|INCIDENT",
        help="a recording, a history such as a drill's drill.db, or an incident: INC-3, 3, last",
    )
    parser.add_argument("--speed", type=speed, default=1.0, metavar="N", help="play it N times faster")
    add_flags(parser, "replay")
