"""The commands `uptime`, `report` and `traffic`: reports on a span of the history."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from claude_tui.cli.console import emit
from claude_tui.cli.history import say_problem
from claude_tui.cli.ready import print_only, settings_of

if TYPE_CHECKING:
    from claude_tui.cli.parser import Request

__all__ = ["run"]

EXIT_OK = 0


def _uptime(request: Request) -> int:
    if request.options.schema:
        from claude_tui.report import uptime_schema

        return print_only(request, uptime_schema())
    settings = settings_of(request)
    from claude_tui.report import uptime

    options = request.options
    return uptime(settings, os.environ, since=options.since, json=options.json, now=datetime.now(UTC))


def _report(request: Request) -> int:
    if request.options.schema:
        from claude_tui.report import report_schema

        return print_only(request, report_schema())
    settings = settings_of(request)
    from claude_tui.report import report

    options = request.options
    return report(
        settings,
        os.environ,
        since=options.since,
        form=options.form,
        file=Path(options.file) if options.file is not None else None,
        force=options.force,
        now=datetime.now(UTC),
    )


def _traffic(request: Request) -> int:
    options = request.options
    if options.schema:
        from claude_tui.report.traffic import schema_text

        emit(schema_text())
        return EXIT_OK
    settings = settings_of(request)
    from claude_tui.analysis.traffic.figures import By
    from claude_tui.report.traffic import traffic

    return traffic(
        settings,
        os.environ,
        since=options.since,
        by=By(options.by),
        as_json=options.json,
        now=datetime.now(UTC),
        say=say_problem,
    )


_ACTIONS: dict[str, Callable[[Request], int]] = {
    "uptime": _uptime,
    "report": _report,
    "traffic": _traffic,
}


def run(request: Request) -> int:
    return _ACTIONS[request.command](request)
