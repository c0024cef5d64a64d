"""The command `simulate`: a server that plays a scenario, with simulated calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from claude_tui.cli.console import say
from claude_tui.cli.ready import settings_of
from claude_tui.cli.usage import UsageError

if TYPE_CHECKING:
    from claude_tui.cli.parser import Request

__all__ = ["run"]


def run(request: Request) -> int:
    from claude_tui.simulator.command import run

    options = request.options
    if options.load is None:
        if request.flags or request.config:
            raise UsageError("`simulate` records nothing without --load: leave out the settings")
        return run(options.scenario, options.port, options.speed, list_only=options.list)
    if options.list:
        raise UsageError("`simulate --list` plays nothing: leave out --load")
    settings = settings_of(request)
    from claude_tui.engine.simulated_traffic import recorded_traffic

    companion = recorded_traffic(settings, options.load, say)
    return run(options.scenario, options.port, options.speed, companion=companion)
