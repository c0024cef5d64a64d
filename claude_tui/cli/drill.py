"""`claude-top drill`: its grammar, and what it does."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from claude_tui.cli.console import emit, say
from claude_tui.cli.failure import write_report
from claude_tui.cli.usage import UsageError

if TYPE_CHECKING:
    from claude_tui.cli.parser import Request
    from claude_tui.drills.record import Score
    from claude_tui.settings import Settings

__all__ = ["add_drill", "drill_action", "run"]

_ACTIONS = ("list", "scores")
_EPILOG = """\
Plays one of the drills, by default one at random among those played least, with its cause hidden:
no key, no network, nobody is paged. The header says DRILL. It ends when you resolve the incident,
end the drill or quit, and shows a score. The record of each is kept under `drills` in the data
directory.

  SCENARIO   a name from `drill list`, or the path of a scenario file of your own with a
             table [truth]
  list       name the drills, with the best score of each
  scores     print all scores, oldest first; --json for programs

examples:
  claude-top drill
  claude-top drill drill-03 --speed 2
  claude-top drill scores --json
"""


def add_drill(commands: Any, add_flags: Callable[[Any, str], None], speed: Callable[[str], float]) -> None:
    """The command's part of the grammar."""
    parser = commands.add_parser(
        "drill",
        help="practise on a simulated incident whose cause is hidden, and be scored",
        description="An incident to practise on: the real screens, a simulated API, a hidden cause.",
        epilog=_EPILOG,
    )
    parser.add_argument("scenario", nargs="?", metavar="SCENARIO|list|scores", help="default: one at random")
    parser.add_argument("--speed", type=speed, metavar="N", help="play it N times faster")
    parser.add_argument("--json", action="store_true", help="`scores` as one JSON array")
    add_flags(parser, "drill")


def drill_action(options: Namespace) -> str | None:
    """`list` or `scores`; None for a drill to play. Raises UsageError for options that do not go with it."""
    action = options.scenario if options.scenario in _ACTIONS else None
    if options.json and action != "scores":
        raise UsageError("--json is for `drill scores`")
    if options.speed is not None and action is not None:
        raise UsageError(f"--speed means nothing to `drill {action}`: leave it out")
    return action


def run(request: Request, settings: Settings, ready: Callable[[Settings], None]) -> int:
    """Plays a drill, once `ready` has found that it can be shown, or prints what there is."""
    if request.command == "drill":
        ready(settings)
        return _play(request, settings)
    from claude_tui.drills.command import drill_lines, scores_json, scores_lines

    scores = _scores(settings)
    if request.command == "drill list":
        emit("\n".join(drill_lines(scores)))
    elif request.options.json:
        emit(scores_json(scores))
    else:
        emit("\n".join(scores_lines(scores)))
    return 0


def _play(request: Request, settings: Settings) -> int:
    from random import Random

    from claude_tui.drills.log import choose
    from claude_tui.simulator.scenario import drills
    from claude_tui.tui.run import run_drill

    options = request.options
    scenario = options.scenario or choose([name for name, _ in drills()], _scores(settings), Random())

    def report(error: Exception) -> Path | None:
        return write_report(error, request.arguments)

    return run_drill(settings, scenario, options.speed or 1.0, report, emit)


def _scores(settings: Settings) -> tuple[Score, ...]:
    """Those that are kept; what cannot be read is said."""
    from claude_tui.drills.log import read, score_file

    file = score_file(settings.data_dir)
    try:
        scores, unread = read(file)
    except OSError as error:
        say(f"{file}: {error.strerror}: no score is read")
        return ()
    if unread:
        say(f"{file}: lines that are no scores: {unread}")
    return scores
