"""The paid probe: one short streamed message through the Anthropic SDK, as an application sends it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from claude_tui.model.errors import ProbeError
from claude_tui.model.garbage import freeze_existing
from claude_tui.model.observation import Observation, Outcome, Source
from claude_tui.model.text import Redactor
from claude_tui.probes.classify import Classified, classify_error, classify_response
from claude_tui.probes.clock import Clock
from claude_tui.probes.credentials import Credentials
from claude_tui.probes.error_shapes import event_error
from claude_tui.probes.exchange_trace import ExchangeTrace, Phase
from claude_tui.probes.headers import lower_headers, read_headers
from claude_tui.probes.prices import cost_usd
from claude_tui.probes.proxies import Proxies
from claude_tui.probes.proxy_setting import ProxySettingError
from claude_tui.probes.report import Report
from claude_tui.probes.stream_reader import StreamReader
from claude_tui.probes.transport_errors import FaultCode, explain, failed, too_slow, untrusted
from claude_tui.probes.waits import stated_wait

if TYPE_CHECKING:
    from claude_tui.probes import sdk

__all__ = ["MessagesProbe"]

# A kept-alive connection that the peer has closed fails within a round trip. If it takes longer, the request
# has arrived and its failure counts.
AT_ONCE_S = 1.0

_OK = Classified(Outcome.OK)


class MessagesProbe:
    """Requests a few tokens from the model that `model()` names.

    TTFT is the time from sending the request to the first content_block_delta of any type. The SDK is
    imported in a thread at the first run, or before it by `warm_up`. Nothing is retried, except that a
    request on a reused connection that fails at once is sent again on a fresh one.
    """

    def __init__(
        self,
        credentials: Credentials,
        model: Callable[[], str | None],
        *,
        clock: Clock,
        redactor: Redactor,
        timeout_s: float = 30.0,
        max_tokens: int = 8,
        routes: Proxies | None = None,
        source: Source = Source.MESSAGES,
    ) -> None:
        self.source = source
        self._credentials = credentials
        self._model = model
        self._clock = clock
        self._redactor = redactor
        self._timeout_s = timeout_s
        self._max_tokens = max_tokens
        self._routes = routes or Proxies()
        self._loading: asyncio.Task[sdk.Sdk] | None = None
        self._turn = asyncio.Lock()

    def warm_up(self) -> None:
        """Starts importing the SDK in a thread, which takes half a second or more. Needs a running loop."""
        if self._credentials.usable:
            self._load()

    async def run(self) -> Report:
        async with self._turn:
            model = self._model()
            if not self._credentials.usable:
                return self._not_sent(model, self._unusable())
            if model is None:
                message = "not sent: no model is known to ask"
                return self._not_sent(None, Classified(Outcome.MODEL_NOT_FOUND, "no_model", message=message))
            return await self._ask(model)

    async def aclose(self) -> None:
        """Closes the connection. A run in progress must have been cancelled before."""
        if self._loading is not None:
            await asyncio.wait([self._loading])
            if not self._loading.cancelled() and self._loading.exception() is None:
                await self._loading.result().aclose()

    async def _ask(self, model: str) -> Report:
        try:
            client = await asyncio.shield(self._load())
        except OSError as error:
            return self._not_sent(model, untrusted(error, redactor=self._redactor))
        except (ValueError, ProxySettingError) as error:
            fault = explain(
                error, ExchangeTrace(self._clock), self._credentials.host, redactor=self._redactor
            )
            return self._not_sent(model, fault)
        deadline = asyncio.get_running_loop().time() + self._timeout_s
        trace, reader = self._trace(), StreamReader()
        found = await self._exchange(client, model, trace, reader, deadline)
        retried = _died_at_once(found, trace)
        if retried:
            trace, reader = self._trace(), StreamReader()
            found = await self._exchange(client, model, trace, reader, deadline)
        await client.settle()
        return self._report(model, trace, reader, found, fresh_retry=retried)

    def _unusable(self) -> Classified:
        message = f"not sent: {self._credentials.problem}"
        if not self._credentials.reachable:
            return failed(FaultCode.UNSENDABLE, message)
        return Classified(Outcome.KEY_REJECTED, "no_usable_key", message=message)

    def _load(self) -> asyncio.Task[sdk.Sdk]:
        """The task that creates the client; a failed one is replaced."""
        task = self._loading
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
            task = self._loading = asyncio.create_task(asyncio.to_thread(self._open))
        return task

    def _open(self) -> sdk.Sdk:
        from claude_tui.probes.sdk import Sdk, prewarm

        # Drops the import system's listing of the SDK's 3,000 files.
        sys.path_importer_cache.clear()
        prewarm()
        # The SDK's objects are permanent: without this, each full collection traverses all of them and blocks
        # every thread for 0.05 s.
        freeze_existing()
        return Sdk(self._credentials, routes=self._routes, max_tokens=self._max_tokens)

    def _trace(self) -> ExchangeTrace:
        return ExchangeTrace(self._clock, proxy=self._routes.proxy_for(self._credentials.base_url))

    async def _exchange(
        self, client: sdk.Sdk, model: str, trace: ExchangeTrace, reader: StreamReader, deadline: float
    ) -> Classified:
        """Sends the message once, and classifies the response in `reader`."""
        try:
            async with asyncio.timeout_at(deadline):
                await client.ask(model, trace, reader)
        except TimeoutError:
            fault = too_slow(trace, self._credentials.host, self._timeout_s)
        except ProbeError as error:
            fault = explain(error, trace, self._credentials.host, redactor=self._redactor)
        else:
            trace.finish()
            return self._answered(trace, reader)
        trace.finish()
        return self._broken_off(trace, reader, fault)

    def _answered(self, trace: ExchangeTrace, reader: StreamReader) -> Classified:
        """Classifies an exchange that ended normally."""
        headers, redactor = lower_headers(trace.headers), self._redactor
        if reader.unreadable is not None:
            message = redactor.clean(f"an event of the stream cannot be read: {reader.unreadable}", 300)
            return Classified(Outcome.INVALID_RESPONSE, "garbled_stream", message=message)
        if reader.error is not None:
            now = trace.received_at or self._clock.now()
            return classify_error(
                reader.error,
                trace.status,
                redactor=redactor,
                headers=headers,
                now=now,
                gateway=self._credentials.is_gateway,
            )
        if reader.body is not None and trace.status is not None:
            return self._document(trace, reader.body)
        return _OK if reader.ended else self._unended(trace, reader)

    def _unended(self, trace: ExchangeTrace, reader: StreamReader) -> Classified:
        """Classifies a stream without message_stop by the parts that the SDK skips.

        Those are events without a name, and a body that is not a stream despite its type.
        """
        headers, unread = lower_headers(trace.headers), trace.body.decode(errors="replace")
        fields = event_error(unread)
        if fields is not None:
            return classify_error(
                fields,
                trace.status,
                redactor=self._redactor,
                headers=headers,
                now=trace.received_at or self._clock.now(),
                text=unread,
                gateway=self._credentials.is_gateway,
            )
        if not reader.events and unread.lstrip("\ufeff \t\r\n").startswith(("{", "[", "<")):
            return self._document(trace, trace.body)
        content_type = self._redactor.clean(headers.get("content-type", "none"), 80)
        return _unfinished(reader, trace.status or 0, content_type)

    def _document(self, trace: ExchangeTrace, body: bytes | str | None) -> Classified:
        """Classifies a complete response that is not a stream."""
        return classify_response(
            trace.status or 0,
            lower_headers(trace.headers),
            body,
            redactor=self._redactor,
            gateway=self._credentials.is_gateway,
            now=trace.received_at or self._clock.now(),
        )

    def _broken_off(self, trace: ExchangeTrace, reader: StreamReader, fault: Classified) -> Classified:
        """Classifies an exchange that was cut off, by the data that had arrived."""
        if reader.ended:
            return _OK
        if trace.phase is not Phase.READ or trace.status is None:
            return fault
        if trace.status >= 300:
            # The body is lost, but the status is known.
            found = self._document(trace, fault.message)
            unreadable = fault.error_type == FaultCode.UNREADABLE
            is_vague = found.outcome is Outcome.INVALID_RESPONSE and found.error_type == "not_json"
            return replace(found, error_type=FaultCode.UNREADABLE.value) if unreadable and is_vague else found
        if fault.error_type == FaultCode.CUT_SHORT:
            return replace(fault, outcome=Outcome.TRUNCATED_STREAM)
        return fault

    def _report(
        self, model: str, trace: ExchangeTrace, reader: StreamReader, found: Classified, *, fresh_retry: bool
    ) -> Report:
        received = trace.received_at or self._clock.now()
        facts = read_headers(trace.headers, now=received, redactor=self._redactor, sent_at=trace.sent_at)
        stop_reason = reader.stop_reason
        return Report(
            Observation(
                at=trace.at,
                source=self.source,
                target=self._credentials.base_url,
                outcome=found.outcome,
                http_status=trace.status,
                error_type=found.error_type,
                error_code=found.error_code,
                message=found.message,
                request_id=facts.request_id or found.request_id,
                timings=trace.timings(),
                model=model,
                stop_reason=self._redactor.clean(stop_reason, 80) if stop_reason is not None else None,
                usage=reader.usage,
                rate_limits=facts.rate_limits,
                windows=facts.windows,
                retry_after_s=stated_wait(trace.status, facts.retry_after_s, found.body_wait_s)
                if found.outcome.failed
                else None,
                server_s=facts.server_s,
                skew_s=facts.skew_s,
                tls_expires_at=trace.tls_expires_at,
                bypassed=trace.bypassed,
                fresh_retry=fresh_retry,
                cost_usd=cost_usd(model, reader.usage) if reader.usage is not None else 0.0,
                headers=facts.notable if found.outcome.failed else (),
            )
        )

    def _not_sent(self, model: str | None, found: Classified) -> Report:
        return Report(
            Observation(
                at=self._clock.now(),
                source=self.source,
                target=self._credentials.base_url,
                outcome=found.outcome,
                error_type=found.error_type,
                message=found.message,
                model=model,
            )
        )


def _died_at_once(found: Classified, trace: ExchangeTrace) -> bool:
    """Whether a reused connection turned out to be dead: it failed quickly and without any answer."""
    gone = found.outcome is Outcome.NETWORK and found.error_type == FaultCode.CLOSED
    return gone and trace.reused and trace.since_sent_s <= AT_ONCE_S


def _unfinished(reader: StreamReader, status: int, content_type: str) -> Classified:
    """Classifies a response without error and without message_stop, which the SDK does not report."""
    if reader.began:
        message = f"the stream ended after {reader.events} events, without message_stop"
        return Classified(Outcome.TRUNCATED_STREAM, message=message)
    message = f"HTTP {status}, but no message in it (content-type: {content_type})"
    return Classified(Outcome.INVALID_RESPONSE, "no_events", message=message)
