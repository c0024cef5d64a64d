"""Histories for the tests of the diagnosis, and the verdict on them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from claude_tui.analysis.diagnosis.diagnose import EngineFacts, diagnose
from claude_tui.analysis.diagnosis.round_policy import CONTINUOUS, RoundPolicy
from claude_tui.analysis.options import Options
from claude_tui.model.observation import Observation, Outcome, Timings
from claude_tui.model.provider import Catalogue, ProviderStatus
from claude_tui.model.verdict import Cause, Side, Verdict
from tests.builders import after, healthy, history_of, messages, models, page, status

__all__ = ["BEFORE", "HOUR", "NO_KEY", "OPENED", "blamed", "probed", "verdict"]

HOUR = 3600.0
OPENED = Timings(dns=0.002, connect=0.014, tls=0.031)
NO_KEY = "ANTHROPIC_API_KEY is not set (nor ANTHROPIC_AUTH_TOKEN)"
Item = Observation | ProviderStatus | Catalogue


def probed(
    message: Outcome = Outcome.OK,
    model: Outcome = Outcome.OK,
    /,
    *,
    count: int = 4,
    start: float = HOUR,
    fetched: Outcome | None = None,
    **details: object,
) -> list[Observation]:
    """`count` message probes 30 s apart and twice as many model lists, all with the same outcome."""
    timings = details.pop("timings", None)
    seen: list[Observation] = []
    for number in range(count):
        at = start + 30 * number
        seen.append(replace(messages(at, message), **details))  # type: ignore[arg-type]
        for later in (1, 16):
            one = models(at + later, model)
            seen.append(replace(one, timings=timings) if isinstance(timings, Timings) else one)
        if fetched is not None and number % 2 == 0:
            seen.append(page(at + 2, fetched))
    return seen


def verdict(
    *items: Item | Iterable[Item],
    at: float | None = None,
    facts: EngineFacts | None = None,
    policy: RoundPolicy = CONTINUOUS,
) -> Verdict:
    flat: list[Item] = []
    for item in items:
        flat += [item] if isinstance(item, Observation | ProviderStatus | Catalogue) else list(item)
    newest = max(item.at if isinstance(item, Observation) else item.fetched_at for item in flat)
    return diagnose(history_of(*flat), newest if at is None else after(at), Options(), facts, policy=policy)


def blamed(found: Verdict) -> tuple[Cause, Side]:
    return found.cause, found.side


BEFORE = [*healthy(0, HOUR), *(page(number * 60) for number in range(60)), status(HOUR - 60)]
