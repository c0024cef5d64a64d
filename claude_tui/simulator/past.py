"""Generates the healthy hours before a demo as the probes would have recorded them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from urllib.parse import urlsplit

from claude_tui.model.observation import Observation, Outcome, RateLimitReading, Source, Timings, Usage
from claude_tui.model.provider import Catalogue, Component, ModelInfo, ProviderStatus
from claude_tui.simulator.exchange import BASE58
from claude_tui.simulator.script import OPERATIONAL, Scenario, Spread

__all__ = ["Past", "healthy_past", "probe_model"]

# The default intervals of the probes, and their jitter.
MESSAGES_S, MODELS_S, STATUS_S = 30.0, 15.0, 60.0
JITTER = 0.1
PROBE_USAGE = Usage(input_tokens=11, output_tokens=8)
# Seconds to open a connection that is not on loopback: DNS, TCP, TLS.
DNS, CONNECT, TLS = Spread(0.002, 0.009), Spread(0.014, 0.022), Spread(0.031, 0.045)
LOOPBACK_CONNECT = Spread(0.0003, 0.0008)
# The headers of a stream arrive before its first token.
HEAD_SHARE = 0.85


@dataclass(frozen=True, slots=True)
class Past:
    """What the probes recorded, oldest first. `statuses` holds one report per read of the status page."""

    observations: tuple[Observation, ...]
    statuses: tuple[ProviderStatus, ...]
    catalogue: Catalogue


def healthy_past(
    scenario: Scenario,
    until: datetime,
    span: timedelta,
    seed: int | None = None,
    target: str = "http://127.0.0.1",
    *,
    status_url: str | None = None,
    cost_usd: Callable[[str, Usage], float] | None = None,
) -> Past:
    """The `span` before `until` in the healthy state of `scenario`, probed at the default intervals.

    `target` is the base URL that the probes would have used, `status_url` the page's, by default the same.
    `cost_usd` gives the dollars of a probe message; without it they are 0.
    """
    random = Random(f"{scenario.seed if seed is None else seed}/past")
    probes = _Probes(scenario, random, target, f"{status_url or target}/api/v2/summary.json", cost_usd)
    begin = until - span
    statuses = tuple(probes.status(at) for at in _instants(random, begin, until, STATUS_S))
    observations = [probes.page(status.fetched_at) for status in statuses]
    observations += [probes.models(at) for at in _instants(random, begin, until, MODELS_S)]
    model = probe_model(scenario)
    if model is not None:
        observations += [probes.message(at, model) for at in _instants(random, begin, until, MESSAGES_S)]
    observations.sort(key=lambda observation: observation.at)
    return Past(tuple(observations), statuses, _catalogue(scenario, until))


def _instants(random: Random, begin: datetime, end: datetime, interval_s: float) -> Iterator[datetime]:
    """Jittered, oldest first, the last one about half an interval before `end`."""
    count = int((end - begin).total_seconds() / interval_s)
    for step in range(count, 0, -1):
        back_s = interval_s * (step - 0.5 + random.uniform(-JITTER, JITTER))
        yield end - timedelta(seconds=back_s)


def probe_model(scenario: Scenario) -> str | None:
    """The newest active haiku, as the probe would choose; else the newest active model."""
    state = scenario.baseline
    active = [model for model in scenario.models if state.lifecycle_of(model) == "active"]
    haikus = [model for model in active if "haiku" in model.id]
    newest = max(haikus or active, key=lambda model: model.created_at, default=None)
    return newest.id if newest is not None else None


def _catalogue(scenario: Scenario, fetched_at: datetime) -> Catalogue:
    has_lifecycle, state = scenario.gateway is None, scenario.baseline
    return Catalogue(
        fetched_at,
        tuple(
            ModelInfo(
                id=model.id,
                display_name=model.display_name,
                created_at=model.created_at,
                lifecycle=state.lifecycle_of(model) if has_lifecycle else None,
                retires_at=model.retires_at if has_lifecycle else None,
            )
            for model in scenario.models
            if state.lifecycle_of(model) != "retired"
        ),
    )


class _Probes:
    """Generates single observations and reports."""

    def __init__(
        self,
        scenario: Scenario,
        random: Random,
        target: str,
        page_url: str,
        cost_usd: Callable[[str, Usage], float] | None,
    ) -> None:
        self._state = scenario.baseline
        self._random = random
        self._target = target
        self._cost_usd = cost_usd
        self._remote = urlsplit(target).scheme == "https"
        self._page_url = page_url
        self._components = tuple(
            Component(component.id, component.name, OPERATIONAL) for component in scenario.components
        )

    def status(self, at: datetime) -> ProviderStatus:
        page = self._state.page
        return ProviderStatus(at, self._page_url, page.indicator, page.description, self._components)

    def page(self, at: datetime) -> Observation:
        total_s = self._state.page.latency.draw(self._random)
        return Observation(
            at=at - timedelta(seconds=total_s),
            source=Source.STATUS,
            target=self._page_url,
            outcome=Outcome.OK,
            http_status=200,
            timings=Timings(total=total_s),
        )

    def models(self, at: datetime) -> Observation:
        opening, first_byte_s = self._opening(), self._state.models.latency.draw(self._random)
        total_s = _opening_s(opening) + first_byte_s + 0.002
        return Observation(
            at=at,
            source=Source.MODELS,
            target=self._target,
            outcome=Outcome.OK,
            http_status=200,
            request_id=self._request_id(),
            timings=replace(opening, first_byte=first_byte_s, total=total_s),
            server_s=self._server_s(first_byte_s),
            skew_s=self._random.uniform(-0.4, 0.4),
        )

    def message(self, at: datetime, model: str) -> Observation:
        plan = self._state.messages
        first_token_s = plan.first_token.draw(self._random)
        between_s = plan.between_tokens.draw(self._random)
        total_s = first_token_s + between_s * PROBE_USAGE.output_tokens
        return Observation(
            at=at,
            source=Source.MESSAGES,
            target=self._target,
            outcome=Outcome.OK,
            http_status=200,
            request_id=self._request_id(),
            timings=Timings(first_byte=first_token_s * HEAD_SHARE, first_token=first_token_s, total=total_s),
            model=model,
            stop_reason="max_tokens",
            usage=PROBE_USAGE,
            rate_limits=self._rate_limits(at),
            server_s=self._server_s(first_token_s * HEAD_SHARE),
            skew_s=self._random.uniform(-0.4, 0.4),
            cost_usd=self._cost_usd(model, PROBE_USAGE) if self._cost_usd is not None else 0.0,
        )

    def _opening(self) -> Timings:
        """A fresh connection. On loopback there is no name to resolve and nothing is encrypted."""
        if not self._remote:
            return Timings(connect=LOOPBACK_CONNECT.draw(self._random))
        return Timings(
            dns=DNS.draw(self._random), connect=CONNECT.draw(self._random), tls=TLS.draw(self._random)
        )

    def _request_id(self) -> str:
        return "req_011C" + "".join(self._random.choices(BASE58, k=20))

    def _server_s(self, wait_s: float) -> float | None:
        return round(max(wait_s - 0.03, wait_s * 0.6), 3) if self._random.random() < 0.9 else None

    def _rate_limits(self, at: datetime) -> tuple[RateLimitReading, ...]:
        """Nearly full: only the organisation's latest burst is missing. Rounded as in the headers."""
        share, reset_at = self._random.uniform(0.0, 0.04), at.replace(microsecond=0)
        limits, load = self._state.limits, self._state.load
        requests, input_reading, output_reading = (
            RateLimitReading(bucket, int(limit), _left(bucket, limit, spent * share), reset_at)
            for bucket, limit, spent in (
                ("requests", limits.requests, load.requests),
                ("input", limits.input_tokens, load.input_tokens),
                ("output", limits.output_tokens, load.output_tokens),
            )
        )
        total = RateLimitReading(
            "tokens",
            (input_reading.limit or 0) + (output_reading.limit or 0),
            (input_reading.remaining or 0) + (output_reading.remaining or 0),
            reset_at,
        )
        tokens = (total, input_reading, output_reading)
        return tokens if self._random.random() < 0.1 else (requests, *tokens)


def _left(bucket: str, limit: float, spent: float) -> int:
    left = max(0.0, limit - spent)
    return int(left) if bucket == "requests" else min(int(limit), round(left / 1000) * 1000)


def _opening_s(opening: Timings) -> float:
    return sum(seconds for seconds in (opening.dns, opening.connect, opening.tls) if seconds is not None)
