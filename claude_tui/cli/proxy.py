"""The command `proxy`: builds its options from the command line and the settings."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

from claude_tui.cli.console import emit, say
from claude_tui.cli.ready import settings_of, start_log
from claude_tui.cli.usage import UsageError

if TYPE_CHECKING:
    from claude_tui.cli.parser import Request

__all__ = ["run"]

_logger = logging.getLogger("claude_tui.proxy")


def run(request: Request) -> int:
    settings = settings_of(request)
    if not request.options.fingerprint:
        start_log(settings, "proxy", screen=False)
    from claude_tui.engine import store_name
    from claude_tui.probes.credentials import Credentials
    from claude_tui.traffic.proxy import command
    from claude_tui.traffic.proxy.composing import plan_of

    options = request.options
    credentials = Credentials.from_environ(os.environ, base_url=options.upstream or settings.base_url)
    if credentials.base_url_problem is not None:
        raise UsageError(f"{credentials.base_url_problem}; name the API with --upstream")
    plan = plan_of(
        settings, credentials, drain_s=options.drain, store_name=store_name(credentials), say=_say, warn=_warn
    )
    if options.fingerprint:
        return command.print_fingerprint(os.environ, plan, emit)
    listening = command.ProxyOptions(options.listen, options.workers, options.allow_remote)
    return command.run(plan, listening, lambda text: print(text, flush=True))  # noqa: T201


def _say(text: str) -> None:
    _logger.info("%s", text)
    say(text)


def _warn(text: str) -> None:
    _logger.warning("%s", text)
    say(text)
