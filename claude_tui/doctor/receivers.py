"""The receivers of alerts: whether their hosts can be reached. Nothing is sent to them."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import AsyncIterator, Mapping
from functools import partial
from urllib.parse import urlsplit

from claude_tui.alerting.config import alerting_of
from claude_tui.alerting.routes import PAGERDUTY_URL, Route, RouteKind
from claude_tui.doctor.finding import Area, Condition, Finding
from claude_tui.model.errors import ClaudeTopError, ConfigError
from claude_tui.probes.proxies import Proxies
from claude_tui.settings import Settings

__all__ = ["address_of", "examine_receivers"]

_finding = partial(Finding, Area.ALERTS)

_WITHIN_S = 5.0
_TEST = "claude-top alerts test sends a test message"
# Schemes with the host in the URL, and whether they use TLS.
_HOSTED = {
    "http": False,
    "https": True,
    "json": False,
    "jsons": True,
    "xml": False,
    "xmls": True,
    "form": False,
    "forms": True,
}
# Services with a fixed host.
_SERVICES = {
    "slack": "hooks.slack.com",
    "discord": "discord.com",
    "tgram": "api.telegram.org",
    "opsgenie": "api.opsgenie.com",
    "pover": "api.pushover.net",
    "ntfys": "ntfy.sh",
}


def address_of(route: Route) -> str | None:
    """The https or http URL of the host that a route sends to; None if that is unknown."""
    url = PAGERDUTY_URL if route.kind is RouteKind.PAGERDUTY and not route.url else route.url
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme in _HOSTED and host:
        scheme = "https" if _HOSTED[parts.scheme] else "http"
        shown = f"[{host}]" if ":" in host else host
        return f"{scheme}://{shown}{f':{port}' if port else ''}"
    return f"https://{_SERVICES[parts.scheme]}" if parts.scheme in _SERVICES else None


async def examine_receivers(
    settings: Settings, environ: Mapping[str, str], routes: Proxies, *, offline: bool
) -> AsyncIterator[Finding]:
    """The finding on each route: whether it is usable, and whether its host accepts connections."""
    try:
        rules, alerts = alerting_of(settings, environ)
    except ClaudeTopError as error:
        for problem in error.problems if isinstance(error, ConfigError) else [error]:
            yield _finding("alerts", Condition.BAD, str(problem), "fix it; until then nothing starts")
        return
    yield _finding("rules", Condition.GOOD, f"{len(rules)} in force")
    if not alerts.routes:
        text = "no receiver: alerts are shown on screen only"
        yield _finding("receivers", Condition.NOTE, text, "claude-top manual alerts has examples")
    reached = await asyncio.gather(*(_examined(route, routes, offline=offline) for route in alerts.routes))
    for finding in reached:
        yield finding


async def _examined(route: Route, routes: Proxies, *, offline: bool) -> Finding:
    if route.problem is not None:
        return _finding(route.name, Condition.BAD, route.problem, "until then it is not notified")
    shown = route.address or route.kind.value
    address = address_of(route)
    if offline or address is None:
        why = "not tried" if offline else "its host is known only when a message is sent"
        return _finding(route.name, Condition.NOTE, f"{shown}: {why}", _TEST)
    try:
        through = await _reach(address, routes)
    except (OSError, ClaudeTopError, UnicodeError) as error:
        text = f"{shown} cannot be reached: {_reason(error)}"
        return _finding(route.name, Condition.BAD, text, f"see the network, then: {_TEST}")
    return _finding(route.name, Condition.GOOD, f"{shown} can be reached{through}", _TEST)


async def _reach(address: str, routes: Proxies) -> str:
    """Opens a connection and closes it. Raises OSError (TimeoutError is one)."""
    proxy = routes.proxy_for(address)
    aim = urlsplit(proxy.split()[0] if proxy is not None else address)
    secure = aim.scheme == "https"
    trust = await asyncio.to_thread(routes.trust) if secure else None
    async with asyncio.timeout(_WITHIN_S):
        _, writer = await asyncio.open_connection(
            aim.hostname, aim.port or (443 if secure else 80), ssl=trust
        )
    writer.close()
    return f", as far as {proxy}" if proxy is not None else ""


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer in {_WITHIN_S:.0f} s"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message})"
    if isinstance(error, OSError) and error.errno and error.errno > 0:
        return os.strerror(error.errno).lower()
    return str(error) or type(error).__name__
