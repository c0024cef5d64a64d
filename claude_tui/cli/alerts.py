"""The command `alerts`: what would page, and whether pages arrive."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from claude_tui.cli.console import emit, say
from claude_tui.cli.history import open_history
from claude_tui.cli.ready import settings_of

if TYPE_CHECKING:
    from claude_tui.cli.parser import Request
    from claude_tui.settings import Settings

__all__ = ["run"]

EXIT_OK = 0


def _alerts_test(request: Request) -> int:
    settings = settings_of(request)
    from claude_tui.alerting.attach import attach_words
    from claude_tui.alerting.command import try_routes
    from claude_tui.alerting.config import alerting_of
    from claude_tui.alerting.manager import target_text
    from claude_tui.engine import host_name, target_of
    from claude_tui.probes.credentials import Credentials

    _, alerts = alerting_of(settings, os.environ)
    credentials = Credentials.from_environ(os.environ, base_url=settings.base_url)
    target = target_of(settings, credentials)
    return try_routes(
        alerts,
        request.options.route,
        target=target_text(target),
        now=lambda: datetime.now(UTC),
        emit=emit,
        secrets=credentials.secrets,
        narrate=say,
        dashboard=attach_words(host_name(), settings.data_dir, target.base_url, target.host),
    )


def _alerts_list(request: Request) -> int:
    from claude_tui.alerting.command import list_lines, metric_lines

    if request.options.metrics:
        emit("\n".join(metric_lines()))
        return EXIT_OK
    settings = settings_of(request)
    from claude_tui.alerting.config import alerting_of

    rules, alerts = alerting_of(settings, os.environ)
    emit("\n".join(list_lines(rules, alerts, _kept_alerts(settings), at=datetime.now(UTC))))
    return EXIT_OK


def _kept_alerts(settings: Settings) -> bytes | None:
    """The alert state saved by the collector of this target. Reading it writes nothing."""
    from claude_tui.engine.paging import StoreBackend
    from claude_tui.probes.credentials import Credentials

    credentials = Credentials.from_environ(os.environ, base_url=settings.base_url)
    with open_history(settings, read_only=True) as store:
        return (
            StoreBackend(store, credentials.base_url, lambda: datetime.now(UTC)).load()
            if store is not None
            else None
        )


_ACTIONS: dict[str, Callable[[Request], int]] = {
    "alerts test": _alerts_test,
    "alerts list": _alerts_list,
}


def run(request: Request) -> int:
    return _ACTIONS[request.command](request)
