"""The path to the API: names, proxies, trusted certificates, TLS, and the clock, by the server's time.

It sends only free requests: for the list of models, and the status page.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from urllib.parse import urlsplit

from claude_tui.doctor.finding import Area, Condition, Finding
from claude_tui.engine import Endpoint, compose
from claude_tui.model.addresses import AddressKind, diverted_to, kind_of_address
from claude_tui.model.errors import ClaudeTopError
from claude_tui.model.format import duration, latency
from claude_tui.model.gateway import is_gateway
from claude_tui.model.observation import Observation, Outcome, Source
from claude_tui.probes.clock import Clock
from claude_tui.probes.dial import HEAD_START_S, MAX_ADDRESSES
from claude_tui.probes.proxies import Proxies
from claude_tui.probes.report import Report
from claude_tui.probes.transport_errors import FaultCode, is_unreachable
from claude_tui.settings import Settings

__all__ = ["examine_network", "of_addresses", "of_each_address", "of_models", "of_names", "of_page"]

_finding = partial(Finding, Area.NETWORK)

_LOOK_UP_WITHIN_S, _CONNECT_WITHIN_S = 5.0, 3.0
_SKEW_S, _WRONG_TIME_S = 5.0, 300.0
_EXPIRES_SOON = timedelta(days=14)
_NOT_READ = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
_TO_DO = {
    FaultCode.DNS: "check the name, and the name servers in /etc/resolv.conf",
    FaultCode.DNS_TIMEOUT: "check /etc/resolv.conf: the name server does not respond",
    FaultCode.DIVERTED: "look for the name in /etc/hosts, then in the DNS blocker (Pi-hole, VPN)",
    FaultCode.REFUSED: "check host and port, and whether the server is running",
    FaultCode.UNREACHABLE: "check the route and the firewall; a company network may need HTTPS_PROXY",
    FaultCode.CONNECT_TIMEOUT: "check the firewall; a company network may need HTTPS_PROXY",
    FaultCode.PROXY: "check the proxy in HTTPS_PROXY, or add the host to NO_PROXY",
    FaultCode.PROXY_TIMEOUT: "check the proxy in HTTPS_PROXY, or add the host to NO_PROXY",
    FaultCode.PROXY_SETTING: "set HTTPS_PROXY again: http://host:port",
    FaultCode.TLS_UNTRUSTED: "something on the way signs with its own CA: name its file in SSL_CERT_FILE",
    FaultCode.TLS_EXPIRED: "check this machine's clock, then ask whoever runs the server",
    FaultCode.TLS_HOSTNAME: "check that the base URL names the right host",
    FaultCode.NOT_TLS: "the base URL should begin with http://",
    FaultCode.UNSENDABLE: "set ANTHROPIC_BASE_URL or the setting base_url again",
}


@dataclass(frozen=True, slots=True)
class _Place:
    """A host to look up."""

    url: str
    """The URL that names it."""
    host: str
    """Its name."""
    port: int
    """The port."""


async def examine_network(
    settings: Settings, endpoint: Endpoint, environ: Mapping[str, str], *, clock: Clock, routes: Proxies
) -> AsyncIterator[Finding]:
    """The findings on the network. Never raises because of it; each request has a timeout."""
    url = endpoint.credentials.base_url
    if endpoint.credentials.reachable:
        async for finding in _route(url, environ, routes):
            yield finding
    probes = compose.check(settings, endpoint, clock=clock)
    try:
        models, page = await asyncio.gather(probes.run(Source.MODELS), probes.run(Source.STATUS))
    finally:
        await probes.aclose()
    for finding in (*of_models(models.observation, key=endpoint.credentials.usable), *of_page(page)):
        yield finding


async def _route(url: str, environ: Mapping[str, str], routes: Proxies) -> AsyncIterator[Finding]:
    place = _place(url)
    proxy = routes.proxy_for(url)
    if proxy is not None:
        try:
            proxy.split()
        except ClaudeTopError as error:
            yield _finding("proxy", Condition.BAD, str(error), _TO_DO[FaultCode.PROXY_SETTING])
        else:
            yield _finding("proxy", Condition.GOOD, f"{place.host} is reached through {proxy}")
    else:
        yield _finding("proxy", Condition.GOOD, "none for this host")
        found = await _look_up(place, routes)
        yield found
        if found.condition is Condition.GOOD:
            for broken in await _addresses(place, routes):
                yield broken
    if url.startswith("https:"):
        yield await _trust(environ, routes)


def _place(url: str) -> _Place:
    parts = urlsplit(url)
    return _Place(url, parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))


async def _look_up(place: _Place, routes: Proxies) -> Finding:
    try:
        async with asyncio.timeout(_LOOK_UP_WITHIN_S):
            found = await routes.resolve(place.host, place.port)
    except TimeoutError:
        text = f"{place.host}: no answer in {_LOOK_UP_WITHIN_S:.0f} s"
        return _finding("DNS", Condition.BAD, text, _TO_DO[FaultCode.DNS_TIMEOUT])
    except (OSError, UnicodeError) as error:
        text = f"{place.host} is not found: {getattr(error, 'strerror', None) or error}"
        return _finding("DNS", Condition.BAD, text, _TO_DO[FaultCode.DNS])
    return of_names(place.url, found)


def of_names(url: str, found: Sequence[str]) -> Finding:
    """The finding on the addresses of a base URL's host.

    A name may point to this machine if a gateway runs here, but not that of the provider.
    """
    host = urlsplit(url).hostname or ""
    if (address := diverted_to(host, found)) is not None:
        text = f"{host} leads to {address}, this machine itself"
        if is_gateway(url) and not ipaddress.ip_address(address).is_unspecified:
            return _finding("DNS", Condition.GOOD, text)
        return _finding("DNS", Condition.BAD, text, _TO_DO[FaultCode.DIVERTED])
    kinds = sorted({kind_of_address(found_address) for found_address in found})
    addresses = f"{len(found)} address{'' if len(found) == 1 else 'es'}"
    return _finding("DNS", Condition.GOOD, f"{host}: {addresses}, {' and '.join(kinds)}")


async def _addresses(place: _Place, routes: Proxies) -> Iterator[Finding]:
    """The kind of address, or the single addresses, that cannot be connected while others can.

    The probes work round them; other clients may try one after the other, and wait for minutes.
    """
    found = list(dict.fromkeys(await routes.resolve(place.host, place.port)))[:MAX_ADDRESSES]
    if any(ipaddress.ip_address(address.partition("%")[0]).is_loopback for address in found):
        return iter(())
    tried = await asyncio.gather(*(_fault(address, place.port) for address in found))
    faults = dict(zip(found, tried, strict=True))
    # A kind works if one of its addresses does.
    kinds = {kind_of_address(address): fault for address, fault in reversed(faults.items())}
    kinds |= {kind_of_address(address): "" for address, fault in faults.items() if fault == ""}
    return filter(None, (of_addresses(place.host, kinds), of_each_address(place.host, faults)))


def of_each_address(host: str, faults: Mapping[str, str | None]) -> Finding | None:
    """The finding on addresses that fail beside others of the same kind; `faults` as for `of_addresses`."""
    works = {kind_of_address(address) for address, fault in faults.items() if fault == ""}
    dead = [address for address, fault in faults.items() if fault and kind_of_address(address) in works]
    if not dead:
        return None
    listed = ", ".join(f"{address} ({faults[address]})" for address in dead)
    text = f"{len(dead)} of {len(faults)} addresses of {host} cannot be connected: {listed}"
    to_do = "tell whoever runs the host or its DNS: clients that try one address wait for it, or fail"
    return _finding("addresses", Condition.WARNING, text, to_do)


def of_addresses(host: str, faults: Mapping[AddressKind, str | None]) -> Finding | None:
    """The finding on one connection to an address of each kind.

    `faults` says why it failed: "" if it did not, None without a route.
    """
    works = next((kind for kind, fault in faults.items() if fault == ""), None)
    broken = next((kind for kind, fault in faults.items() if fault), None)
    if works is None or broken is None:
        return None
    text = f"{host} over {broken}: {faults[broken]}; over {works} it connects"
    to_do = "mend the route, or prefer the other kind (/etc/gai.conf): clients that try one by one wait"
    return _finding("addresses", Condition.WARNING, text, to_do)


async def _fault(address: str, port: int) -> str | None:
    """Why an address cannot be connected; "" if it can, None without a route, as that fails at once."""
    began = asyncio.get_running_loop().time()
    try:
        async with asyncio.timeout(_CONNECT_WITHIN_S):
            _, writer = await asyncio.open_connection(address, port)
    except TimeoutError:
        return f"no answer in {_CONNECT_WITHIN_S:.0f} s"
    except OSError as error:
        waited_s = asyncio.get_running_loop().time() - began
        return None if is_unreachable(error) and waited_s < HEAD_START_S else _reason(error)
    writer.close()
    return ""


async def _trust(environ: Mapping[str, str], routes: Proxies) -> Finding:
    chosen = next((name for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if environ.get(name)), None)
    try:
        context = await asyncio.to_thread(routes.trust)
    except OSError as error:
        text = f"{chosen or 'the certificates'} cannot be read: {_reason(error)}"
        return _finding("certificates", Condition.BAD, text, f"name a file of PEM certificates in {chosen}")
    number = context.cert_store_stats()["x509_ca"]
    text = f"{number} trusted" if number else "the system's trusted certificates"
    text += f" ({chosen})" if chosen else " (the system's)"
    unread = [name for name in _NOT_READ if environ.get(name)]
    if unread and chosen is None:
        to_do = "if the network has a CA of its own: name its file in SSL_CERT_FILE"
        return _finding("certificates", Condition.NOTE, f"{text}; {unread[0]} is not read by the SDK", to_do)
    return _finding("certificates", Condition.GOOD, text)


def _reason(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return "it has no certificates in PEM"
    return os.strerror(error.errno).lower() if error.errno else str(error)


def of_models(observation: Observation, *, key: bool) -> Iterator[Finding]:
    """The findings on the response to the model list. `key` says whether a key was sent."""
    yield _answer(observation, key=key)
    if observation.tls_expires_at is not None:
        yield _certificate(observation, observation.tls_expires_at - observation.at)
    if observation.skew_s is not None:
        yield _clock(observation.skew_s)


def _answer(observation: Observation, *, key: bool) -> Finding:
    if not observation.failed:
        took = f" in {latency(observation.timings.total)}" if observation.timings.total is not None else ""
        how = "lists its models" if key else "answers; it was asked without a key"
        return _finding("API", Condition.GOOD, f"{observation.target} {how}{took}")
    reason = observation.message or observation.error_type or observation.outcome.value
    code = f"{observation.http_status}: " if observation.http_status is not None else ""
    text = f"{observation.target}: {code}{reason}"
    if observation.outcome in (Outcome.KEY_REJECTED, Outcome.NOT_PERMITTED):
        return _finding("API", Condition.BAD, text, "claude-top runbook --cause key_rejected")
    to_do = next(
        (words for code, words in _TO_DO.items() if code == observation.error_type),
        "claude-top check says whose problem it is",
    )
    return _finding("API", Condition.BAD, text, to_do)


def _certificate(observation: Observation, left: timedelta) -> Finding:
    text = f"the server's certificate is good for {duration(left)}"
    if left > _EXPIRES_SOON:
        return _finding("TLS", Condition.GOOD, text)
    return _finding(
        "TLS", Condition.WARNING, text, f"tell whoever runs {urlsplit(observation.target).netloc}"
    )


def _clock(skew_s: float) -> Finding:
    if abs(skew_s) <= _SKEW_S:
        return _finding("clock", Condition.GOOD, f"agrees with the server's within {_SKEW_S:.0f} s")
    side = "behind" if skew_s > 0 else "ahead of"
    condition = Condition.BAD if abs(skew_s) > _WRONG_TIME_S else Condition.WARNING
    text = f"this clock is {duration(abs(skew_s))} {side} the server's: times are off by that much"
    return _finding("clock", condition, text, "turn on time synchronisation: timedatectl set-ntp true")


def of_page(report: Report) -> Iterator[Finding]:
    """The finding on the status page."""
    status = report.status
    if status is not None and status.known:
        yield _finding("status page", Condition.GOOD, f"{status.server}: {status.description}")
        return
    reason = status.unknown_reason if status is not None else report.observation.message
    text = f"cannot be read: {reason or report.observation.outcome.value}"
    to_do = "the verdict lacks one source: name reachable pages in status_urls"
    yield _finding("status page", Condition.WARNING, text, to_do)
