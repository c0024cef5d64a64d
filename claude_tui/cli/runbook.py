"""The command `runbook`: the playbook for a cause."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from claude_tui.cli.ready import settings_of

if TYPE_CHECKING:
    from claude_tui.cli.parser import Request

__all__ = ["run"]


def run(request: Request) -> int:
    settings = settings_of(request)
    from claude_tui.engine import Pace, options_from
    from claude_tui.probes.credentials import Credentials
    from claude_tui.runbook import Placeholders, user_files
    from claude_tui.runbook.command import run as show

    placeholders = Placeholders(
        base_url=settings.base_url,
        model=None if settings.model == "auto" else settings.model,
        status_urls=settings.status_urls,
        by_token=Credentials.from_environ(os.environ).auth_token is not None,
    )
    options = request.options
    return show(
        options.cause,
        files=user_files(settings.runbook_dir),
        placeholders=placeholders,
        options=options_from(settings, Pace.of(settings)),
        facts=options.facts,
    )
