"""The grammar of `claude-top drill`."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from claude_tui.cli.grammar.flags import add_flags
from claude_tui.cli.grammar.values import speed
from claude_tui.cli.usage import UsageError

__all__ = ["add_drill", "drill_action"]

_ACTIONS = ("list", "scores")
_EPILOG = """\
Plays a drill, by default one of the least played at random, with its cause hidden: it needs no key
and no network, and nobody is paged. The header says DRILL. It ends when you resolve the incident,
end the drill or quit, and shows a score. The record of each is kept under `drills` in the data
directory.

  SCENARIO   a name from `drill list`, or the path of your own scenario file with a
             table [truth]
  list       name the drills, with the best score of each
  scores     print all scores, oldest first; --json for programs

examples:
  claude-top drill
  claude-top drill drill-03 --speed 2
  claude-top drill scores --json
"""


def add_drill(commands: Any) -> None:
    """The command's part of the grammar."""
    parser = commands.add_parser(
        "drill",
        help="practise on a simulated incident whose cause is hidden, with a score",
        description="Practise on an incident: the real screens, a simulated API, a hidden cause.",
        epilog=_EPILOG,
    )
    parser.add_argument("scenario", nargs="?", metavar="SCENARIO|list|scores", help="default: one at random")
    parser.add_argument("--speed", type=speed, metavar="N", help="play it N times faster")
    parser.add_argument("--json", action="store_true", help="`scores` as one JSON array")
    parser.add_argument("--schema", action="store_true", help="print the JSON Schema of that array")
    add_flags(parser, "drill")


def drill_action(options: Namespace) -> str | None:
    """`list` or `scores`; None for a drill to play. Raises UsageError for options that do not apply."""
    action = options.scenario if options.scenario in _ACTIONS else None
    if options.json and action != "scores":
        raise UsageError("--json is for `drill scores`")
    if options.schema and (action != "scores" or options.json):
        raise UsageError("--schema is for `drill scores`, without --json")
    if options.speed is not None and action is not None:
        raise UsageError(f"--speed does not apply to `drill {action}`: leave it out")
    return action
