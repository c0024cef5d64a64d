"""The only module that imports the Anthropic SDK: half a second and 30 MB. Import it in a thread.

The client is the SDK's own in everything that an application would notice; only its connections are made
by a Dialer, so that lookup, connection and TLS are timed separately.
"""

from __future__ import annotations

import asyncio
import logging
import warnings
from collections.abc import AsyncIterator
from typing import Final

from claude_tui.model.errors import ProbeError
from claude_tui.model.garbage import collection_paused
from claude_tui.model.observation import Usage
from claude_tui.probes.body import ACCEPT_ENCODING
from claude_tui.probes.credentials import Credentials
from claude_tui.probes.dial import Dialer
from claude_tui.probes.dialed import FAILURES
from claude_tui.probes.exchange_trace import ExchangeTrace
from claude_tui.probes.http_client import httpx2
from claude_tui.probes.lazy_packages import forget, lazy_packages
from claude_tui.probes.optional_imports import without_modules
from claude_tui.probes.proxies import Proxies
from claude_tui.probes.sdk_transport import make_transport
from claude_tui.probes.stream_reader import StreamReader

# Its other HTTP client, over aiohttp (which only the simulator needs), takes 9 MB. Of its 2,900 modules,
# messages need 1,100; the others take 20 MB and half of the time.
_OTHER_CLIENT = "anthropic._vendor.httpx_aiohttp"
try:
    with (
        collection_paused(),
        without_modules(_OTHER_CLIENT),
        lazy_packages(r"anthropic|anthropic\.(types|resources)(\.\w+)*"),
    ):
        import anthropic
except Exception:  # noqa: BLE001 - a later version may use what it re-exports
    forget("anthropic")
    with without_modules(_OTHER_CLIENT):
        import anthropic

__all__ = ["Sdk", "prewarm"]

# Eight tokens make 2 kB of events.
_MAX_ANSWER: Final = 128_000
_PER_TOKEN: Final = 1_000

_PROMPT: Final = "Reply with OK."

# With ANTHROPIC_LOG set the SDK logs to stderr, which is the screen.
for _name in ("anthropic", "httpx2", "httpcore2"):
    logging.getLogger(_name).setLevel(logging.ERROR)
# The screen shows the same warning, from the model list.
warnings.filterwarnings("ignore", message="The model '.*' is deprecated", category=DeprecationWarning)

_FAILURES: Final[tuple[type[Exception], ...]] = (anthropic.AnthropicError, *FAILURES)
# What decoding raises on hostile data: JSON, UTF-8 and pydantic errors are ValueErrors.
_UNREADABLE: Final = (ValueError, TypeError, AttributeError, LookupError, RecursionError)

_END: Final = object()

_PREWARM_EVENTS: Final = b"""\
event: message_start
data: {"type": "message_start", "message": {"type": "message", "usage": {"input_tokens": 1}}}

event: content_block_start
data: {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}

event: content_block_delta
data: {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "OK"}}

event: content_block_stop
data: {"type": "content_block_stop", "index": 0}

event: message_delta
data: {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}}

event: message_stop
data: {"type": "message_stop"}

"""


class Sdk:
    """An AsyncAnthropic client that never retries, traces, follows a redirect or reads credentials from the
    environment.

    One exchange at a time. Constructing it reads the trusted certificates (tens of milliseconds) and
    raises OSError when they cannot be read, ValueError for a proxy that cannot be used.
    """

    def __init__(self, credentials: Credentials, *, routes: Proxies, max_tokens: int) -> None:
        self._max_tokens = max_tokens
        self._dialer = Dialer(routes.resolve)
        transport = make_transport(
            credentials.base_url,
            self._dialer,
            routes=routes,
            limit=_MAX_ANSWER + _PER_TOKEN * max_tokens,
            keepalive_expiry_s=anthropic.DEFAULT_CONNECTION_LIMITS.keepalive_expiry,
        )
        self._client = anthropic.AsyncAnthropic(
            api_key=credentials.api_key,
            auth_token=credentials.auth_token,
            base_url=credentials.base_url,
            max_retries=0,
            timeout=None,
            open_telemetry=False,
            http_client=anthropic.DefaultAsyncHttpxClient(
                transport=transport,
                timeout=None,
                # It would turn our POST into a GET and send the user's own headers to the other host.
                follow_redirects=False,
                headers={"Accept-Encoding": ACCEPT_ENCODING},
            ),
        )

    async def ask(self, model: str, trace: ExchangeTrace, reader: StreamReader) -> None:
        """Streams a short message, or whatever arrives instead, into `reader`.

        Raises ProbeError when the exchange breaks off, caused by what the SDK or one of its libraries raised.
        """
        self._dialer.trace = trace
        try:
            await self._ask(model, trace, reader)
        except _FAILURES as error:
            raise ProbeError(str(error) or type(error).__name__) from error
        finally:
            if trace.status is None:
                await self._dialer.close()

    async def _ask(self, model: str, trace: ExchangeTrace, reader: StreamReader) -> None:
        try:
            stream = await self._client.messages.create(
                model=model,
                max_tokens=self._max_tokens,
                messages=[{"role": "user", "content": _PROMPT}],
                stream=True,
            )
        except anthropic.APIStatusError as error:
            reader.body = error.response.content
            return
        async with stream:
            if _is_document(stream.response.headers.get("content-type", "")):
                reader.body = await stream.response.aread()
                return
            try:
                await _listen(stream, trace, reader)
            except anthropic.APIStatusError as error:
                # An empty error counts as an empty response.
                reader.error, reader.body = error.body, b""

    async def settle(self) -> None:
        """Completes the trace of an answered exchange, which may take up to a second."""
        await self._dialer.settle()

    async def complete(
        self, model: str, system: str, text: str, trace: ExchangeTrace
    ) -> tuple[str, Usage] | bytes:
        """The text of a complete response and its usage; or the body of an unsuccessful one.

        Raises ProbeError if the exchange breaks off or the response cannot be read.
        """
        self._dialer.trace = trace
        try:
            answer = await self._client.messages.create(
                model=model,
                max_tokens=self._max_tokens,
                system=system,
                messages=[{"role": "user", "content": text}],
            )
            reply = "".join(block.text for block in answer.content if block.type == "text")
            return reply, Usage(answer.usage.input_tokens, answer.usage.output_tokens)
        except anthropic.APIStatusError as error:
            return error.response.content
        except _FAILURES as error:
            raise ProbeError(str(error) or type(error).__name__) from error
        except _UNREADABLE as error:
            raise ProbeError(f"the answer cannot be read: {type(error).__name__}: {error}") from error
        finally:
            await self._dialer.close_attempt()

    async def aclose(self) -> None:
        await self._dialer.close_attempt()
        await self._client.close()


def prewarm() -> None:
    """Streams one message through a client without a network. Call it outside any event loop.

    pydantic builds the SDK's models on first use: 50 ms that would count as server time.
    """
    asyncio.run(_prewarm())


async def _prewarm() -> None:
    answer = httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=_PREWARM_EVENTS)
    http_client = anthropic.DefaultAsyncHttpxClient(transport=httpx2.MockTransport(lambda _: answer))
    async with anthropic.AsyncAnthropic(
        api_key="prewarm",
        base_url="http://prewarm.invalid",
        open_telemetry=False,
        http_client=http_client,
    ) as client:
        stream = await client.messages.create(
            model="prewarm", max_tokens=1, messages=[{"role": "user", "content": _PROMPT}], stream=True
        )
        async with stream:
            async for _ in stream:
                pass


async def _listen(
    stream: anthropic.AsyncStream[anthropic.types.RawMessageStreamEvent],
    trace: ExchangeTrace,
    reader: StreamReader,
) -> None:
    events = aiter(stream)
    while (event := await _next(events, reader)) is not _END:
        reader.feed(event)
        if reader.first_token_seen:
            trace.token()
        if reader.ended:
            trace.finish()


async def _next(events: AsyncIterator[object], reader: StreamReader) -> object:
    """The next event; an unreadable one ends the stream."""
    try:
        return await anext(events, _END)
    except _UNREADABLE as error:
        reader.unreadable = f"{type(error).__name__}: {error}"
        return _END


def _is_document(content_type: str) -> bool:
    """Whether this is not an event stream; one without a type may be, and the SDK reads it."""
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type.endswith(("html", "json", "xml"))
