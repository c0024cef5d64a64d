"""The command `replay`: the dashboard of a recording."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from claude_tui.cli.console import show_progress
from claude_tui.cli.failure import write_report
from claude_tui.cli.history import say_problem
from claude_tui.cli.ready import check_for_screen, require_terminal, settings_of, start_log

if TYPE_CHECKING:
    from claude_tui.cli.parser import Request

__all__ = ["run"]


def run(request: Request) -> int:
    settings = settings_of(request)
    require_terminal(os.environ)
    check_for_screen(settings)
    start_log(settings, "replay", screen=True)
    from claude_tui.tui.run import run_replay

    def report(error: Exception) -> Path | None:
        return write_report(error, request.arguments)

    options = request.options
    return run_replay(
        settings,
        os.environ,
        options.recording,
        options.speed,
        report,
        now=datetime.now(UTC),
        say=say_problem,
        progress=show_progress("reading"),
    )
