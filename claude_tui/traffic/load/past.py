"""The past of simulated traffic, from before a demo began: healthy roll-ups, without playing calls."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from claude_tui.analysis.traffic.facts import RECENT
from claude_tui.analysis.uptime.histogram import Histogram, bucket_of
from claude_tui.model.observation import Outcome
from claude_tui.model.traffic import SPANS, RolledUp, RollUp, RollUpKey, Tokens, TrafficSource
from claude_tui.probes.prices import call_cost_usd
from claude_tui.simulator.applications import APPLICATIONS, SIZES, SimulatedApplication, model_of
from claude_tui.simulator.generation import LONGEST, SHORTEST
from claude_tui.simulator.script import MessagesPlan, Scenario

__all__ = ["past_traffic"]

# Rows of 10 s if a view may still need them, else of a minute.
_FINE = RECENT + timedelta(minutes=5)
# Drawing each call would take a second of a demo's start.
_DRAWN = 12


def past_traffic(
    scenario: Scenario, per_second: float, since: datetime, until: datetime
) -> Iterator[RolledUp]:
    """The roll-ups of healthy traffic from `since` to `until`, each as if recorded at its end."""
    random = Random(f"{scenario.seed}/past traffic")
    fine_from = _floor(until - _FINE, SPANS[1])
    at = _floor(since, SPANS[1])
    end = _floor(until, SPANS[0])
    while at < end:
        span_s = SPANS[0] if at >= fine_from else SPANS[1]
        over = at + timedelta(seconds=span_s)
        rows = (
            _roll_up(application, scenario, at, span_s, per_second, random) for application in APPLICATIONS
        )
        yield RolledUp(over, tuple(row for row in rows if row is not None))
        at = over


def _floor(at: datetime, span_s: int) -> datetime:
    return datetime.fromtimestamp(at.timestamp() // span_s * span_s, UTC)


def _roll_up(
    application: SimulatedApplication,
    scenario: Scenario,
    at: datetime,
    span_s: int,
    per_second: float,
    random: Random,
) -> RollUp | None:
    expected = per_second * application.share * span_s
    calls = round(random.gauss(expected, math.sqrt(expected)))
    if calls <= 0:
        return None
    plan = scenario.baseline.messages
    model = model_of(application, scenario)
    drawn = [_drawn(application, plan, random) for _ in range(min(calls, _DRAWN))]
    # Each drawn call stands for several.
    times = [calls // len(drawn) + (number < calls % len(drawn)) for number in range(len(drawn))]
    every = list(zip(drawn, times, strict=True))
    tokens = Tokens(
        input=sum(sample.prompt * number for sample, number in every),
        output=sum(sample.output * number for sample, number in every),
    )
    cost = call_cost_usd(model, tokens, None)
    return RollUp(
        at=at,
        span_s=span_s,
        key=RollUpKey(TrafficSource.PROXY, application.name, model, Outcome.OK),
        calls=calls,
        retries_known=calls,
        max_tokens=sum(number for sample, number in every if sample.output >= application.max_tokens),
        counted=calls,
        tokens=tokens,
        cost_usd=cost or 0.0,
        unpriced=calls if cost is None else 0,
        first_token=_histogram((sample.first_token_s, number) for sample, number in every),
        total=_histogram((sample.total_s, number) for sample, number in every),
        prompt=_histogram((sample.prompt / 1000, number) for sample, number in every),
        answer=_histogram((sample.output / 1000, number) for sample, number in every),
    )


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A completed call."""

    first_token_s: float | None
    """None for a response that was not streamed."""
    total_s: float
    """Seconds to the end."""
    prompt: int
    """Prompt tokens."""
    output: int
    """Generated tokens."""


def _drawn(application: SimulatedApplication, plan: MessagesPlan, random: Random) -> _Drawn:
    first_s = plan.first_token.draw(random)
    output = min(random.randint(SHORTEST, LONGEST), application.max_tokens)
    total_s = first_s + plan.between_tokens.draw(random) * output
    prompt = int(application.prompt_tokens * random.choice(SIZES))
    return _Drawn(first_s if random.random() < application.streamed else None, total_s, prompt, output)


def _histogram(values: Iterable[tuple[float | None, int]]) -> bytes:
    counts: Counter[int] = Counter()
    for value, number in values:
        if value is not None:
            counts[bucket_of(value)] += number
    return Histogram.of_counts(counts).to_bytes()
