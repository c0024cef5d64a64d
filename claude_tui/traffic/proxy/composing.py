"""Puts a proxy together from the settings."""

from __future__ import annotations

from collections.abc import Callable

from claude_tui.model.observation import Usage
from claude_tui.model.traffic import Tokens
from claude_tui.probes.credentials import Credentials
from claude_tui.probes.prices import cost_usd
from claude_tui.settings import Settings
from claude_tui.traffic.proxy.serving import ProxyPlan
from claude_tui.traffic.sink import Sink, Unrecorded

__all__ = ["plan_of"]


def plan_of(
    settings: Settings,
    credentials: Credentials,
    *,
    drain_s: float,
    say: Callable[[str], None],
    sink: Callable[[], Sink] = Unrecorded,
) -> ProxyPlan:
    """What every worker needs; `credentials` has the upstream's address."""
    return ProxyPlan(
        upstream=credentials.base_url,
        drain_s=drain_s,
        applications=settings.applications,
        data_dir=settings.data_dir,
        secrets=credentials.secrets,
        sink=sink,
        cost_of=_cost_of,
        say=say,
    )


def _cost_of(model: str, tokens: Tokens, _tier: str | None) -> float | None:
    writes = tokens.cache_write_5m + tokens.cache_write_1h
    return cost_usd(model, Usage(tokens.input, tokens.output, writes, tokens.cache_read))
