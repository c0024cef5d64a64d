"""Asks a model for a draft when a person requests one, within a cost limit."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from claude_tui.model.errors import ClaudeTopError, ProbeError
from claude_tui.model.format import money
from claude_tui.model.observation import Usage
from claude_tui.probes.prices import cost_usd

if TYPE_CHECKING:
    from claude_tui.engine.sources import Endpoint
    from claude_tui.model.snapshot import Spend
    from claude_tui.probes.clock import Clock

__all__ = ["MAX_TOKENS", "Answer", "DraftError", "ask", "most_usd", "require_affordable"]

MAX_TOKENS = 2_000
"""The length of an answer in tokens: twelve sentences and the names of their entries."""

_TIMEOUT_S = 120.0
# Text has at least four characters per token, ids and times have two.
_LEAST_PER_TOKEN = 2


class DraftError(ClaudeTopError):
    """The model returned no draft. The message says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model answered, and what it cost."""

    text: str
    cost_usd: float


def most_usd(model: str, sent: str) -> float:
    """The most that the request may cost, by the shipped prices."""
    return cost_usd(model, Usage(len(sent.encode()) // _LEAST_PER_TOKEN + 100, MAX_TOKENS))


def require_affordable(model: str, sent: str, spend: Spend) -> None:
    """Raises DraftError if it may cost more than is left of the day's ceiling."""
    most, left = most_usd(model, sent), spend.ceiling_usd - spend.today_usd
    if most > left:
        raise DraftError(
            f"it may cost {money(most)}, and {money(max(left, 0.0))} are left of daily_ceiling_usd for today"
        )


def ask(endpoint: Endpoint, model: str, system: str, text: str, clock: Clock) -> Answer:
    """Sends one request. Raises DraftError.

    It imports the SDK and blocks, so it is not for the screen's thread.
    """
    try:
        return asyncio.run(_ask(endpoint, model, system, text, clock))
    except TimeoutError:
        raise DraftError(f"{model} did not answer within {_TIMEOUT_S:.0f} s") from None
    except (OSError, ImportError, ValueError) as error:
        raise DraftError(f"no draft: {endpoint.redactor.clean(str(error), 200)}") from error


async def _ask(endpoint: Endpoint, model: str, system: str, text: str, clock: Clock) -> Answer:
    from claude_tui.probes.classify import classify_response
    from claude_tui.probes.exchange_trace import ExchangeTrace
    from claude_tui.probes.proxies import Proxies
    from claude_tui.probes.sdk import Sdk

    credentials, redactor, routes = endpoint.credentials, endpoint.redactor, Proxies()
    if not credentials.usable:
        raise DraftError(f"not sent: {credentials.problem}")
    client = Sdk(credentials, routes=routes, max_tokens=MAX_TOKENS)
    trace = ExchangeTrace(clock, proxy=routes.proxy_for(credentials.base_url))
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            found = await client.complete(model, system, text, trace)
    except ProbeError as error:
        raise DraftError(f"{credentials.host} gave no answer: {redactor.clean(str(error), 200)}") from error
    finally:
        await client.aclose()
    if isinstance(found, bytes):
        refused = classify_response(trace.status or 0, {}, found, redactor=redactor)
        raise DraftError(f"{credentials.host} refused: {refused.message or refused.outcome.value}")
    answer_text, usage = found
    return Answer(redactor.clean(answer_text, 50_000, keep_newlines=True), cost_usd(model, usage))
