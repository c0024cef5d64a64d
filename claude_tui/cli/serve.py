"""The command `serve`: builds its options from the command line and the settings."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from claude_tui.cli.console import say
from claude_tui.cli.grammar.flags import flag_of
from claude_tui.cli.ready import check_alerts, check_for_screen, settings_of, start_log
from claude_tui.cli.usage import UsageError
from claude_tui.model.extras import install_command

if TYPE_CHECKING:
    from claude_tui.cli.parser import Request

__all__ = ["dashboard_command", "run"]


def run(request: Request) -> int:
    settings = settings_of(request)
    # Problems that would stop every session are reported once, here.
    check_for_screen(settings)
    check_alerts(settings)
    start_log(settings, "serve", screen=False)
    if find_spec("textual_serve") is None:
        raise UsageError(f"`serve` needs the extra of that name: {install_command('serve')}")
    from claude_tui.serve import command
    from claude_tui.serve.access import Access, read_token
    from claude_tui.serve.session import Program
    from claude_tui.serve.site import Plan
    from claude_tui.traffic.proxy.address import ListenAddress

    given = request.options
    options = command.ServeOptions(
        listen=ListenAddress.of(given.listen),
        hosts=tuple(given.hosts),
        token_file=Path(given.token_file).expanduser() if given.token_file else None,
        most_sessions=given.sessions,
        allow_actions=given.allow_actions,
    )
    token = read_token(os.environ, options.token_file)
    command.require_token(options, token)
    plan = Plan(
        Program.of(dashboard_command(request), os.environ, read_only=not options.allow_actions),
        Access.of(token, options.listen.host, options.hosts),
        options.most_sessions,
        say,
    )
    return command.run(plan, options, lambda text: print(text, flush=True))  # noqa: T201


def dashboard_command(request: Request) -> list[str]:
    """The command line of each browser's dashboard. Like any, it is public, so it has no secrets."""
    config = ("--config", request.config) if request.config is not None else ()
    flags = (part for key, value in request.flags.items() for part in (flag_of(key), value))
    read_only = () if request.options.allow_actions else ("--read-only",)
    return [sys.executable, "-P", "-m", "claude_tui", *config, *flags, *read_only]
