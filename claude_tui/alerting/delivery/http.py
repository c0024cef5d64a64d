"""Posts JSON to a receiver that may be slow, broken, hostile or down."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from claude_tui.alerting.delivery.attempts import FailedAttemptError
from claude_tui.model.text import Redactor

if TYPE_CHECKING:
    import httpx

__all__ = ["JsonPoster", "retry_after_s"]

TIMEOUT_S = 10.0
_MAX_BODY_BYTES = 2000
_MAX_DETAIL = 200


class JsonPoster:
    """One HTTP client for one receiver. It follows no redirects: their target is not the receiver.

    Tests pass a `transport`. httpx is imported with the first request.
    """

    def __init__(
        self,
        *,
        redactor: Redactor,
        now: Callable[[], datetime],
        timeout_s: float = TIMEOUT_S,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._redactor = redactor
        self._now = now
        self._timeout_s = timeout_s
        self._transport = transport
        self._client: httpx.AsyncClient | None = None

    async def post(self, url: str, payload: object) -> int:
        """The HTTP status of a success. Raises FailedAttemptError for anything else, within `timeout_s`."""
        if self._client is None:
            # Loading the trusted certificates takes tens of milliseconds.
            self._client = await asyncio.to_thread(_client, self._transport, self._timeout_s)
        import httpx

        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._posted(self._client, url, payload)
        except (TimeoutError, httpx.TimeoutException):
            raise FailedAttemptError(f"no answer within {self._timeout_s:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            # `from None`: the cause may contain the address.
            raise FailedAttemptError(self._words(error)) from None

    def _words(self, error: Exception) -> str:
        return self._redactor.clean(f"{type(error).__name__}: {error}".rstrip(": "), _MAX_DETAIL)

    async def _posted(self, client: httpx.AsyncClient, url: str, payload: object) -> int:
        async with client.stream("POST", url, json=payload) as response:
            if response.is_success and not _is_web_page(response):
                return response.status_code
            body = await _body_start(response)
        if response.is_success:
            # A captive portal's log-in page or a proxy's notice must not count as delivered.
            raise FailedAttemptError(f"HTTP {response.status_code}, but a web page answers in its place")
        text = self._redactor.clean(f"HTTP {response.status_code} {body}".strip(), _MAX_DETAIL)
        asked_s = retry_after_s(response.headers.get("retry-after"), self._now())
        raise FailedAttemptError.of_status(response.status_code, text, asked_s)

    async def aclose(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None


def _client(transport: httpx.AsyncBaseTransport | None, timeout_s: float) -> httpx.AsyncClient:
    import httpx

    return httpx.AsyncClient(
        transport=transport,
        timeout=timeout_s,
        follow_redirects=False,
        headers={"user-agent": "claude-top"},
        limits=httpx.Limits(max_connections=2, keepalive_expiry=5.0),
    )


def _is_web_page(response: httpx.Response) -> bool:
    return "text/html" in response.headers.get("content-type", "").lower()


async def _body_start(response: httpx.Response) -> str:
    """The start of a response body as text; "" for a compressed one, which may expand without limit."""
    if response.headers.get("content-encoding", "identity") != "identity":
        return ""
    body = b""
    async for part in response.aiter_raw():
        body += part
        if len(body) >= _MAX_BODY_BYTES:
            break
    return body[:_MAX_BODY_BYTES].decode("utf-8", "replace")


def retry_after_s(value: str | None, now: datetime) -> float | None:
    """Seconds to wait according to a `retry-after` header (seconds or an HTTP date); None if unusable."""
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            at = parsedate_to_datetime(value)
        except (ValueError, TypeError, OverflowError):
            return None
        seconds = ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds()
    return max(seconds, 0.0) if math.isfinite(seconds) else None
