"""The command `check`: one round of probes and the verdict."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from claude_tui.cli.console import emit
from claude_tui.cli.ready import settings_of
from claude_tui.cli.usage import UsageError

if TYPE_CHECKING:
    from claude_tui.cli.parser import Request

__all__ = ["run"]

EXIT_OK = 0


def run(request: Request) -> int:
    options = request.options
    if options.schema:
        return _print_schema(request)
    settings = settings_of(request)
    from claude_tui.check import run as triage

    return triage(settings, os.environ, json=options.json, samples=options.samples, timeout_s=options.timeout)


def _print_schema(request: Request) -> int:
    options = request.options
    if options.samples is not None or options.timeout is not None or request.flags or request.config:
        raise UsageError("`check --schema` probes nothing and reads no settings: leave out the other options")
    from claude_tui.check import schema_text

    emit(schema_text())
    return EXIT_OK
