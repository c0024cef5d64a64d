"""Builds a proxy from the settings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from claude_tui.model.errors import ClaudeTopError
from claude_tui.model.traffic import Call
from claude_tui.probes.credentials import Credentials
from claude_tui.probes.prices import call_cost_usd
from claude_tui.settings import Settings
from claude_tui.store import Store
from claude_tui.traffic.proxy.serving import ProxyPlan
from claude_tui.traffic.request_ids import PRESENCE
from claude_tui.traffic.sink import StoreSink

__all__ = ["StoredCalls", "plan_of"]


class StoredCalls:
    """Writes the calls of one worker to the store of the upstream, which it opens and closes.

    If the store cannot be used, this is reported, and calls pass unrecorded.
    """

    def __init__(self, settings: Settings, store_name: str, warn: Callable[[str], None]) -> None:
        def problem(text: str | None) -> None:
            if text is not None:
                warn(f"calls pass, but cannot be recorded: {text}")

        self._store: Store | None = None
        self._sink: StoreSink | None = None
        try:
            self._store = Store.open(settings.data_dir, store_name, now=datetime.now(UTC), on_problem=problem)
        except (ClaudeTopError, OSError) as error:
            problem(str(error))
        else:
            self._store.write(PRESENCE)
            self._sink = StoreSink(self._store)
            self._sink.start()

    def add(self, call: Call) -> None:
        if self._sink is not None:
            self._sink.add(call)

    def close(self) -> None:
        if self._sink is not None:
            self._sink.close()
        if self._store is not None:
            self._store.close()


def plan_of(
    settings: Settings,
    credentials: Credentials,
    *,
    drain_s: float,
    store_name: str,
    say: Callable[[str], None],
    warn: Callable[[str], None],
) -> ProxyPlan:
    """The plan of all workers; `credentials` has the upstream's address."""
    return ProxyPlan(
        upstream=credentials.base_url,
        drain_s=drain_s,
        applications=settings.applications,
        data_dir=settings.data_dir,
        secrets=credentials.secrets,
        sink=lambda: StoredCalls(settings, store_name, warn),
        cost_of=call_cost_usd,
        say=say,
        warn=warn,
    )
