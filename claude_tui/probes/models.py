"""The free probe: `GET /v1/models` shows whether the API answers, how fast, and which models it has."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from claude_tui import __version__
from claude_tui.model.observation import Observation, Outcome, Source
from claude_tui.model.provider import Catalogue, ModelInfo
from claude_tui.model.text import Redactor
from claude_tui.probes.classify import Classified, classify_response
from claude_tui.probes.clock import Clock
from claude_tui.probes.credentials import Credentials
from claude_tui.probes.headers import HeaderFacts, lower_headers, read_headers
from claude_tui.probes.instants import parse_instant
from claude_tui.probes.network import Exchange, Requester
from claude_tui.probes.proxies import Proxies
from claude_tui.probes.report import Report
from claude_tui.probes.transport_errors import FaultCode, failed
from claude_tui.probes.waits import stated_wait

__all__ = ["API_VERSION", "ModelsProbe", "read_catalogue"]

# The version that SDK 2.x sends; older gateways accept any.
API_VERSION = "2026-10-21"
MAX_MODELS = 1000
_OK = Classified(Outcome.OK)
# The error type of a login page in front of a gateway, which shows nothing about what is behind it.
_LOGIN = "gateway_login"


class ModelsProbe:
    """Lists the models, each time on a fresh connection, with the headers that the SDK would send.

    Without a usable credential the request goes out with none. The API's 401 then proves that it
    answers: outcome ok, HTTP status 401, error type `authentication_error`, and a message that says so.
    """

    source = Source.MODELS

    def __init__(
        self,
        credentials: Credentials,
        *,
        clock: Clock,
        redactor: Redactor,
        timeout_s: float = 10.0,
        extra_headers: Mapping[str, str] | None = None,
        routes: Proxies | None = None,
    ) -> None:
        """`extra_headers` are the user's own (ANTHROPIC_CUSTOM_HEADERS) and override all others."""
        self._credentials = credentials
        self._clock = clock
        self._redactor = redactor
        self._headers = {
            "User-Agent": f"claude-top/{__version__}",
            "Accept": "application/json",
            "anthropic-version": API_VERSION,
            **credentials.headers,
            **(extra_headers or {}),
        }
        self._requester = Requester(
            clock=clock, redactor=redactor, timeout_s=timeout_s, routes=routes or Proxies()
        )

    async def run(self) -> Report:
        if (problem := self._credentials.base_url_problem) is not None:
            return Report(self._not_sent(failed(FaultCode.UNSENDABLE, f"not sent: {problem}")))
        exchange = await self._requester.get(
            f"{self._credentials.base_url}/v1/models?limit=1000", self._headers
        )
        received = exchange.received_at or self._clock.now()
        facts = read_headers(
            exchange.headers, now=received, redactor=self._redactor, sent_at=exchange.sent_at
        )
        if exchange.fault is not None and (exchange.status or 0) < 300:
            return Report(self._observation(exchange, facts, exchange.fault))
        catalogue = read_catalogue(exchange, received, redactor=self._redactor)
        found = _OK if catalogue is not None else self._classified(exchange)
        return Report(self._observation(exchange, facts, found), catalogue=catalogue)

    async def aclose(self) -> None:
        """Nothing stays open between runs."""

    def _classified(self, exchange: Exchange) -> Classified:
        headers = lower_headers(exchange.headers)
        body = exchange.body or (exchange.fault.message if exchange.fault is not None else b"")
        found = classify_response(
            exchange.status or 0,
            headers,
            body,
            redactor=self._redactor,
            gateway=self._credentials.is_gateway,
            now=exchange.received_at or self._clock.now(),
        )
        rejected = found.outcome is Outcome.KEY_REJECTED and found.error_type != _LOGIN
        if rejected and not self._credentials.usable:
            message = "answered without a key: reachable"
            return Classified(Outcome.OK, found.error_type, message=message, request_id=found.request_id)
        if found.outcome is Outcome.MODEL_NOT_FOUND:
            # No model was requested: the list itself is missing.
            message = f"this endpoint lists no models: {found.message}"
            return replace(found, outcome=Outcome.BAD_REQUEST, message=message)
        return found

    def _observation(self, exchange: Exchange, facts: HeaderFacts, found: Classified) -> Observation:
        return Observation(
            at=exchange.at,
            source=self.source,
            target=self._credentials.base_url,
            outcome=found.outcome,
            http_status=exchange.status,
            error_type=found.error_type,
            error_code=found.error_code,
            message=found.message,
            request_id=facts.request_id or found.request_id,
            timings=exchange.timings,
            rate_limits=facts.rate_limits,
            windows=facts.windows,
            retry_after_s=stated_wait(exchange.status, facts.retry_after_s, found.body_wait_s)
            if found.outcome.failed
            else None,
            server_s=facts.server_s,
            skew_s=facts.skew_s,
            tls_expires_at=exchange.tls_expires_at,
            bypassed=exchange.bypassed,
            headers=facts.notable if found.outcome.failed else (),
        )

    def _not_sent(self, fault: Classified) -> Observation:
        return Observation(
            at=self._clock.now(),
            source=self.source,
            target=self._credentials.base_url,
            outcome=fault.outcome,
            error_type=fault.error_type,
            message=fault.message,
        )


def read_catalogue(exchange: Exchange, fetched_at: datetime, *, redactor: Redactor) -> Catalogue | None:
    """The models of a successful response, at most 1000; None when it is not a model list."""
    if exchange.status != 200:
        return None
    models = _models_in(exchange.body, redactor)
    return Catalogue(fetched_at, models) if models is not None else None


# The list seldom changes from one probe to the next.
@lru_cache(maxsize=1)
def _models_in(text: bytes, redactor: Redactor) -> tuple[ModelInfo, ...] | None:
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return None
    items = body.get("data") if isinstance(body, dict) else None
    if not isinstance(items, list):
        return None
    models = (_model(item, redactor) for item in items[:MAX_MODELS] if isinstance(item, dict))
    readable = tuple(model for model in models if model is not None)
    return readable if readable or not items else None


def _model(item: Mapping[str, object], redactor: Redactor) -> ModelInfo | None:
    model_id = _text(item.get("id"), redactor)
    if not model_id:
        return None
    return ModelInfo(
        id=model_id,
        display_name=_text(item.get("display_name"), redactor) or model_id,
        created_at=parse_instant(item.get("created_at")),
        lifecycle=_text(item.get("lifecycle"), redactor),
        retires_at=parse_instant(item.get("retires_at")),
    )


def _text(value: object, redactor: Redactor) -> str | None:
    return redactor.clean(value, 200) or None if isinstance(value, str) else None
