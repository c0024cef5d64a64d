"""The command without a name: the dashboard, of the real API or of a demo."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from typing import TYPE_CHECKING

from claude_tui.cli.failure import write_report
from claude_tui.cli.ready import check_alerts, check_for_screen, require_terminal, settings_of, start_log

if TYPE_CHECKING:
    from claude_tui.cli.parser import Request

__all__ = ["run"]


def run(request: Request) -> int:
    settings = settings_of(request)
    require_terminal(os.environ)
    # Nearly all the time before the first frame is imports, which leave no garbage: collection would take a
    # tenth of it. The App enables collection again after its first frame.
    gc.disable()
    check_for_screen(settings)
    from claude_tui.tui.run import run_dashboard, run_demo

    def report(error: Exception) -> Path | None:
        return write_report(error, request.arguments)

    start_log(settings, "dashboard", screen=True)
    if request.options.demo is None:
        check_alerts(settings)
        return run_dashboard(settings, os.environ, report, read_only=request.options.read_only)
    return run_demo(settings, request.options.demo, request.options.demo_speed or 1.0, report)
