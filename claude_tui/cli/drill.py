"""The command `drill`: plays a drill, or lists drills and scores."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from typing import TYPE_CHECKING

from claude_tui.cli.console import emit, say
from claude_tui.cli.failure import write_report
from claude_tui.cli.ready import check_for_screen, require_terminal, settings_of, start_log

if TYPE_CHECKING:
    from claude_tui.cli.parser import Request
    from claude_tui.drills.record import Score
    from claude_tui.settings import Settings

__all__ = ["run"]


def run(request: Request) -> int:
    """Plays a drill, or prints the list of drills or scores."""
    settings = settings_of(request)
    if request.command == "drill":
        require_terminal(os.environ)
        gc.disable()
        check_for_screen(settings)
        start_log(settings, "drill", screen=True)
        return _play(request, settings)
    from claude_tui.drills.command import drill_lines, scores_json, scores_lines

    if request.options.schema:
        from claude_tui.drills.command import scores_schema

        emit(scores_schema())
        return 0
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
    from claude_tui.model.errors import ClaudeTopError
    from claude_tui.simulator.scenario import drills
    from claude_tui.tui.run import run_drill

    options = request.options
    scenario = options.scenario
    if scenario is None:
        try:
            kept = _scores(settings)
        except ClaudeTopError as error:
            say(str(error))
            kept = ()
        scenario = choose([name for name, _ in drills()], kept, Random())

    def report(error: Exception) -> Path | None:
        return write_report(error, request.arguments)

    return run_drill(settings, scenario, options.speed or 1.0, report, emit)


def _scores(settings: Settings) -> tuple[Score, ...]:
    """The stored scores; unreadable lines are reported on stderr. Raises ClaudeTopError."""
    from claude_tui.drills.log import read, score_file
    from claude_tui.model.errors import ClaudeTopError
    from claude_tui.store.faults import describe

    file = score_file(settings.data_dir)
    try:
        scores, unread = read(file)
    except OSError as error:
        raise ClaudeTopError(f"the scores cannot be read: {describe(error)} ({file})") from error
    if unread:
        say(f"{file}: lines that are not scores: {unread}")
    return scores
