"""The status page: what the provider reports, or why that is unknown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import SplitResult, urljoin, urlsplit

from claude_tui.model.format import duration
from claude_tui.model.interning import interned_text
from claude_tui.model.observation import Observation, Outcome, Source, Timings
from claude_tui.model.provider import ProviderStatus
from claude_tui.model.text import Redactor
from claude_tui.probes.classify import Classified, classify_response
from claude_tui.probes.clock import Clock
from claude_tui.probes.error_shapes import load_json
from claude_tui.probes.exchange_trace import micros
from claude_tui.probes.headers import lower_headers, read_headers
from claude_tui.probes.network import MAX_BODY, Exchange, Requester
from claude_tui.probes.proxies import Proxies
from claude_tui.probes.report import Report
from claude_tui.probes.status_summary import NotASummaryError, parse_summary

__all__ = ["NotASummaryError", "StatusPageProbe", "parse_summary", "summary_url"]

SUMMARY_PATH = "/api/v2/summary.json"
DEFAULT_TIMEOUT_S = 10.0
MAX_REDIRECTS = 5
MAX_REASON = 600
# A DNS name has at most 253 characters, but a server may send any text.
MAX_HOST = 300
# The page changes within minutes of an incident: an older cached copy says nothing about now.
MAX_AGE_S = 900.0

_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "Cache-Control": "no-cache",
    "User-Agent": "claude-top",
}
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# Other outcomes concern a key or a model, which a status page does not have.
_OUTCOMES = frozenset({Outcome.SERVER_ERROR, Outcome.RATE_LIMITED, Outcome.TIMEOUT, Outcome.NETWORK})


def summary_url(url: str) -> str:
    """The URL to read: unchanged if its path ends in `.json`, otherwise with the summary's path."""
    stripped = url.strip()
    path = stripped.partition("#")[0].partition("?")[0].lower()
    is_full = path.endswith((".json", "/api/v1/summary"))
    return stripped if is_full else stripped.rstrip("/") + SUMMARY_PATH


@dataclass(frozen=True, slots=True)
class _Reading:
    """The result of one URL: the page, or why it could not be read."""

    observation: Observation
    """When the read began and ended, redirects included."""
    status: ProviderStatus | None
    """The page; None if it could not be read."""
    reason: str = ""
    """Why it could not be read, as clean text."""
    host: str = ""
    """The host that was read last, as clean text."""


@dataclass(frozen=True, slots=True)
class _Arrival:
    """The result of following redirects."""

    url: str
    """The last URL."""
    hosts: tuple[str, ...]
    """All hosts along the way, in order."""
    exchange: Exchange | None
    """The last exchange, None if there was none."""
    blocked: str | None = None
    """Why the last redirect was not followed."""


class StatusPageProbe:
    """Reads the first of `urls` that gives the expected JSON; anything else is unknown, never healthy.

    Each request has `timeout_s` seconds. `routes` are the proxies, resolver and certificates to use.
    """

    source = Source.STATUS

    def __init__(
        self,
        urls: Sequence[str],
        *,
        clock: Clock,
        redactor: Redactor,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        routes: Proxies | None = None,
        ours: Sequence[str] = (),
    ) -> None:
        self._urls = tuple(summary_url(url) for url in urls if url.strip())
        self._clock = clock
        self._redactor = redactor
        self._timeout_s = timeout_s
        self._ours = tuple(ours)
        self._routes = routes or Proxies()
        self._requesters: dict[str, Requester] = {}
        self._newest: tuple[tuple[bytes, str, str], ProviderStatus] | None = None
        """The last summary that could be read: its text, its source and its host, and what it says."""

    async def run(self) -> Report:
        failures: list[_Reading] = []
        for url in self._urls:
            reading = await self._read(url)
            if reading.status is not None:
                return Report(reading.observation, status=reading.status)
            failures.append(reading)
        return self._unknown(failures)

    async def aclose(self) -> None:
        """Every request has its own connection, which is closed with it."""

    def _unknown(self, failures: Sequence[_Reading]) -> Report:
        """All reasons, with the Observation of the first URL that answered, or else of the first URL."""
        now = self._clock.now()
        if not failures:
            nowhere = Observation(
                now, Source.STATUS, "", Outcome.BAD_REQUEST, message="no status page is set"
            )
            failures = [_Reading(nowhere, None, "no status page is set")]
        answered = [reading for reading in failures if reading.observation.http_status is not None]
        first = (answered or failures)[0]
        reason = "; ".join(reading.reason for reading in failures)[:MAX_REASON]
        source = first.observation.target
        return Report(
            first.observation, status=ProviderStatus(now, source, unknown_reason=reason, host=first.host)
        )

    async def _read(self, url: str) -> _Reading:
        at, started = self._clock.now(), self._clock.monotonic()
        arrival = await self._follow(url)
        target = self._redactor.clean(arrival.url, 500)
        host = interned_text(self._redactor.clean(arrival.hosts[-1], MAX_HOST)) if arrival.hosts else ""
        found = self._classified(arrival, target, host)
        observation = Observation(
            at=at,
            source=Source.STATUS,
            target=target,
            outcome=Outcome.OK,
            http_status=arrival.exchange.status if arrival.exchange else None,
            timings=Timings(total=micros(self._clock.monotonic() - started)),
        )
        if isinstance(found, ProviderStatus):
            return _Reading(observation, found)
        where = " → ".join(arrival.hosts) or target
        reason = self._redactor.clean(_reason(where, found.message or "no answer"), MAX_REASON)
        failed = replace(
            observation,
            outcome=found.outcome,
            error_type=found.error_type,
            error_code=found.error_code,
            message=reason,
            headers=self._notable(arrival.exchange),
        )
        return _Reading(failed, None, reason, host)

    async def _follow(self, url: str) -> _Arrival:
        hosts: dict[str, None] = {}
        exchange = None
        for _ in range(MAX_REDIRECTS + 1):
            address = _address(url)
            if address is None:
                blocked = (
                    f"redirected to {url}, which cannot be requested"
                    if exchange
                    else "not an http or https URL"
                )
                return _Arrival(url, tuple(hosts), exchange, blocked)
            scheme, host = address
            hosts[host] = None
            exchange = await self._requester(scheme).get(url, _HEADERS)
            target = _redirect(url, exchange)
            if target is None:
                return _Arrival(url, tuple(hosts), exchange)
            url = target
        return _Arrival(url, tuple(hosts), exchange, f"redirected more than {MAX_REDIRECTS} times")

    def _requester(self, scheme: str) -> Requester:
        """One each for http and https, as a Requester keeps the certificates loaded for its first URL."""
        if scheme not in self._requesters:
            self._requesters[scheme] = Requester(
                clock=self._clock, redactor=self._redactor, timeout_s=self._timeout_s, routes=self._routes
            )
        return self._requesters[scheme]

    def _classified(self, arrival: _Arrival, source: str, host: str) -> ProviderStatus | Classified:
        exchange = arrival.exchange
        if arrival.blocked or exchange is None:
            error_type = "redirect" if exchange else None
            return Classified(
                Outcome.INVALID_RESPONSE, error_type, message=arrival.blocked or "not requested"
            )
        if exchange.fault is not None:
            return exchange.fault
        status = exchange.status or 0
        age_s = _age_s(exchange)
        if 200 <= status < 300 and age_s > MAX_AGE_S:
            message = f"a copy that a cache has kept for {duration(age_s)}"
            return Classified(Outcome.INVALID_RESPONSE, "old_copy", message=message)
        try:
            found = self._summary(exchange.body, source, host) if 200 <= status < 300 else None
        except NotASummaryError as error:
            message = f"not a status page's JSON: {error}"
            return Classified(Outcome.INVALID_RESPONSE, "unexpected_json", message=message)
        if found is not None:
            return found
        answer = classify_response(
            status, lower_headers(exchange.headers), exchange.body, redactor=self._redactor
        )
        outcome = answer.outcome if answer.outcome in _OUTCOMES else Outcome.INVALID_RESPONSE
        return replace(answer, outcome=outcome, message=answer.message or f"HTTP {status}")

    def _summary(self, body: bytes, source: str, host: str) -> ProviderStatus | None:
        """The status in a summary; None if it is not JSON. Raises NotASummaryError."""
        # Most readings of the page are the same as the one before.
        read_from = body, source, host
        if self._newest is not None and self._newest[0] == read_from:
            return replace(self._newest[1], fetched_at=self._clock.now())
        if (data := _decoded(body)) is None:
            return None
        status = parse_summary(
            data,
            fetched_at=self._clock.now(),
            source=source,
            redactor=self._redactor,
            host=host,
            ours=self._ours,
        )
        self._newest = read_from, status
        return status

    def _notable(self, exchange: Exchange | None) -> tuple[tuple[str, str], ...]:
        if exchange is None:
            return ()
        return read_headers(exchange.headers, now=self._clock.now(), redactor=self._redactor).notable


def _age_s(exchange: Exchange) -> float:
    """How long the response has been in a cache; 0 if it comes from the server."""
    age = lower_headers(exchange.headers).get("age", "").strip()
    return float(age) if age.isascii() and age.isdigit() and len(age) <= 10 else 0.0


def _reason(where: str, message: str) -> str:
    """What failed and where; omits the host if the message names it."""
    name = where.rpartition(":")[0] if where.rpartition(":")[2].isdigit() else where
    return message if name in message else f"{where}: {message}"


def _decoded(body: bytes) -> object:
    """The JSON value; None if there is none."""
    try:
        return load_json(body, MAX_BODY)
    except ValueError:
        return None


def _address(url: str) -> tuple[str, str] | None:
    """Scheme, and host with the port if it has one; None when it cannot be requested."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return parts.scheme, host if port is None else f"{host}:{port}"


def _redirect(url: str, exchange: Exchange) -> str | None:
    """The redirect target, if any: without credentials, or with those of the request before."""
    location = lower_headers(exchange.headers).get("location", "").strip()
    # Ignore a fault: httpx2 reports one for a location that it could not follow itself.
    if exchange.status not in _REDIRECTS or not location:
        return None
    try:
        target = urljoin(url, location)
        return _without_userinfo(target) if _origin(urlsplit(target)) != _origin(urlsplit(url)) else target
    except ValueError:
        return location


def _origin(parts: SplitResult) -> tuple[str, str]:
    """The URL with user and password, as a server could otherwise make us log in with those of a Location."""
    return parts.scheme, parts.netloc


def _without_userinfo(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
