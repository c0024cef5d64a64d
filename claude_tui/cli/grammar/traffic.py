"""The grammar of `claude-top traffic`."""

from __future__ import annotations

from argparse import ArgumentTypeError
from datetime import timedelta
from typing import Any

from claude_tui.cli.grammar.flags import add_flags
from claude_tui.model.format import parse_span

__all__ = ["add_traffic"]

_EPILOG = """\
Reads what `claude-top proxy` or an agent has recorded in the data directory, even while they run.
Figures that no source reports are n/a; ≥ marks a cost that includes calls of unknown price.

examples:
  claude-top traffic                       the last hour, by application
  claude-top traffic --since 5m --by outcome
  claude-top traffic --since 1d --json | jq .all.usd_per_1000

exit codes:
  0 done   3 nothing is recorded, or invalid usage or settings
"""


def add_traffic(commands: Any) -> None:
    """The command's part of the grammar."""
    parser = commands.add_parser(
        "traffic",
        help="print what your own calls did: pace, failures, latency, tokens, cost",
        description="Your own traffic, as a proxy or an OTLP receiver recorded it: counts, never content.",
        epilog=_EPILOG,
    )
    parser.add_argument(
        "--since",
        type=_span,
        default=timedelta(hours=1),
        metavar="SPAN",
        help="the span until now, such as 5m or 7d (default: 1h)",
    )
    parser.add_argument(
        "--by", choices=("app", "model", "outcome"), default="app", help="a row for each (default: app)"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object (claude-top/traffic@1)")
    form.add_argument("--schema", action="store_true", help="print the JSON Schema of that object")
    add_flags(parser, "traffic")


def _span(text: str) -> timedelta:
    found = parse_span(text)
    if found is None or found < timedelta(minutes=1):
        raise ArgumentTypeError(f"got {text!r}, expected a span from 1m to 365d, such as 5m or 7d")
    return found
