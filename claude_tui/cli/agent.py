"""The command `agent`: collects without a screen."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from claude_tui.cli.ready import check_alerts, settings_of, start_log
from claude_tui.cli.usage import UsageError

if TYPE_CHECKING:
    from claude_tui.cli.parser import Request

__all__ = ["run"]


def run(request: Request) -> int:
    settings = settings_of(request)
    check_alerts(settings)
    from claude_tui.engine import agent, compose
    from claude_tui.engine.agent_log import log_to
    from claude_tui.engine.malloc_arena import use_one_arena

    # Before its threads start.
    use_one_arena()
    path = Path(request.options.log_file) if request.options.log_file else None
    try:
        log = log_to(path)
    except OSError as error:
        raise UsageError(f"--log-file {path}: {error.strerror or error}; name a file to write") from error
    start_log(settings, "agent", screen=False)
    return agent.run(compose.live(settings, os.environ, screen=False), log)
