"""Turns settings into plans: what is probed, where, how often and with which model."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from claude_tui.analysis.history.history import History
from claude_tui.analysis.options import Confirmation, Options, Thresholds, TrafficThresholds
from claude_tui.analysis.views.models import model_states
from claude_tui.engine.local_zone import local_zone_name
from claude_tui.model.model_names import DEFAULT_MODEL
from claude_tui.model.observation import Source
from claude_tui.model.snapshot import Target
from claude_tui.model.text import Redactor, inert
from claude_tui.probes.clock import Clock
from claude_tui.probes.credentials import Credentials
from claude_tui.probes.custom_headers import custom_headers
from claude_tui.probes.model_choice import newest_active, newest_active_haiku
from claude_tui.probes.pacing import Backoff

if TYPE_CHECKING:
    from claude_tui.probes.schedule import Plan
    from claude_tui.settings import Settings

__all__ = [
    "Endpoint",
    "Pace",
    "make_plans",
    "next_other_model",
    "options_from",
    "other_models",
    "pick_model",
    "store_name",
    "target_of",
]

# The free probes take well under a second unless something is wrong.
FREE_TIMEOUT_S = 10.0
# What a setting may name in place of a model's id.
FAMILIES = frozenset({"opus", "sonnet", "haiku", "fable"})
_ASKED_WITHIN = timedelta(days=1)


def _nothing() -> None:
    """A real endpoint has nothing to release."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to probe, and with which credentials."""

    credentials: Credentials
    """The base URL of the API, and the key."""
    status_urls: tuple[str, ...]
    """The status pages to try, in this order."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Extra headers of each API request, as the SDK sends those in ANTHROPIC_CUSTOM_HEADERS."""
    close: Callable[[], None] = _nothing
    """Releases the endpoint's resources: the simulator of a demo."""
    secrets: tuple[str, ...] = ()
    """Secrets unrelated to probing that might be echoed: the addresses of routes."""

    @classmethod
    def of(cls, settings: Settings, environ: Mapping[str, str]) -> Endpoint:
        """The endpoint that settings and environment name, with the SDK's custom headers."""
        credentials = Credentials.from_environ(environ, base_url=settings.base_url)
        headers = custom_headers(environ)
        return cls(credentials, settings.status_urls, headers, secrets=_route_secrets(settings, environ))

    @property
    def redactor(self) -> Redactor:
        """Redacts every secret of this process."""
        return Redactor((*self.credentials.secrets, *_secret_values(self.headers), *self.secrets))


@dataclass(frozen=True, slots=True)
class Pace:
    """How often each source is probed."""

    status_s: float
    """Seconds between two reads of the status page."""
    models_s: float
    """Seconds between two requests for the list of models."""
    messages_s: float
    """Seconds between two message probes."""
    backoff: Backoff
    """How long message probes wait after 429 and 529."""
    other_models_s: float = 120.0
    """Seconds between two messages to each further model."""

    @classmethod
    def of(cls, settings: Settings) -> Pace:
        return cls(
            settings.status_interval_s,
            settings.models_interval_s,
            settings.messages_interval_s,
            Backoff(),
            settings.also_models_interval_s,
        )


def options_from(settings: Settings, pace: Pace) -> Options:
    """The settings that the analysis depends on."""
    return Options(
        ours=settings.status_components,
        headroom_low=settings.headroom_low,
        headroom_critical=settings.headroom_critical,
        messages_interval_s=pace.messages_s,
        models_interval_s=pace.models_s,
        status_interval_s=pace.status_s,
        other_models_interval_s=pace.other_models_s,
        ttft_slow_s=settings.ttft_slow_s,
        message_slow_s=settings.message_slow_s,
        warn_ratio=settings.warn_ratio,
        bad_ratio=settings.bad_ratio,
        confirmation=Confirmation(
            messages=settings.confirm_messages,
            gap_s=settings.confirm_gap_s,
            open_s=settings.open_interval_s,
        ),
        thresholds=_thresholds_from(settings),
        rely_on_traffic=settings.rely_on_traffic,
        traffic=TrafficThresholds(
            overloaded=settings.traffic_overloaded,
            refused=settings.traffic_refused,
            failing=settings.errors,
            most_fail=settings.most_fail,
            most_fail_ends=settings.most_fail_ends,
            attempts_per_call=settings.traffic_attempts_per_call,
            cost_ratio=settings.traffic_cost_ratio,
            truncated=settings.traffic_truncated,
            cache_ratio=settings.traffic_cache_ratio,
            budget_warn=settings.traffic_budget_warn,
            daily_budget_usd=settings.traffic_daily_budget_usd,
        ),
    )


def _thresholds_from(settings: Settings) -> Thresholds:
    """Thresholds without a setting keep their defaults."""
    return Thresholds(
        most_fail=settings.most_fail,
        most_fail_ends=settings.most_fail_ends,
        errors=settings.errors,
        ratio_failures=settings.ratio_failures,
        severity_span_s=settings.severity_span_s,
        rare_failures=settings.rare_failures,
        rare_span_s=settings.rare_span_s,
        tail_s=settings.tail_s,
        truncated_bad=settings.truncated_bad,
        respond_p2_s=settings.respond_p2_s,
        respond_p3_s=settings.respond_p3_s,
        business_hour=settings.business_hour,
        time_zone=settings.time_zone or local_zone_name(),
        working_days=settings.working_days,
    )


def target_of(settings: Settings, credentials: Credentials) -> Target:
    """The target as displayed, without user and password."""
    return Target(settings.name, credentials.base_url, credentials.host, model=None)


def store_name(credentials: Credentials) -> str:
    """The store's file name: one per target, to keep drills out of the history of the API."""
    name = re.sub(r"[^A-Za-z0-9.\-]+", "_", f"{credentials.host}{_path(credentials.base_url)}")
    return f"{name[:100] or 'history'}.db"


def _path(url: str) -> str:
    """The path of a URL; Credentials may hold one that cannot be parsed."""
    try:
        return urlsplit(url).path.rstrip("/")
    except ValueError:
        return ""


def pick_model(settings: Settings, history: History, at: datetime) -> str | None:
    """The model to probe: that of the settings, else the newest active haiku the endpoint lists."""
    if settings.model != "auto":
        return settings.model
    catalogue = history.catalogue_at(at)
    return newest_active_haiku(catalogue) if catalogue is not None else DEFAULT_MODEL


def other_models(settings: Settings, history: History, at: datetime) -> list[str]:
    """The further models to probe: ids, and the newest active of each family once a list is known."""
    catalogue = history.catalogue_at(at)
    found: list[str] = []
    for named in settings.also_models:
        family = named.lower()
        if family not in FAMILIES:
            model: str | None = named
        else:
            model = newest_active(catalogue, family) if catalogue is not None else None
        if model is not None and model not in found:
            found.append(model)
    probed = pick_model(settings, history, at)
    return [model for model in found if model != probed]


def next_other_model(settings: Settings, history: History, at: datetime) -> str | None:
    """The further model whose turn it is: one that has just failed, else the one asked longest ago."""
    models = other_models(settings, history, at)
    asked = history.window(Source.OTHER_MODELS, at - _ASKED_WITHIN, at)
    newest = {each.model: each for each in asked if each.model is not None}
    states = {
        state.model: state for state in model_states(history, at, options_from(settings, Pace.of(settings)))
    }

    def turn(model: str) -> tuple[bool, float]:
        last, state = newest.get(model), states.get(model)
        suspect = state is not None and state.suspect
        return not suspect, last.at.timestamp() if last is not None else 0.0

    return min(models, key=turn, default=None)


def make_plans(
    settings: Settings,
    endpoint: Endpoint,
    pace: Pace,
    model: Callable[[], str | None],
    *,
    clock: Clock,
    models_tried: Callable[[], bool],
    now_s: Callable[[Source], float] | None = None,
    other_model: Callable[[], str | None] = lambda: None,
    spared: Callable[[str | None], str | None] = lambda _model: None,
) -> list[Plan]:
    """One plan per source, and one for further models if there are any: `other_model` is the next of them.

    Imports the probes, and so httpx2, only when called: the first frame needs neither. With `model = "auto"`,
    messages wait until the list of models has been requested once. `now_s` gives the interval of a source for
    now, by what has been observed; `spared` says why a model need not be asked.
    """
    from claude_tui.probes.messages import MessagesProbe
    from claude_tui.probes.models import ModelsProbe
    from claude_tui.probes.schedule import Plan
    from claude_tui.probes.status_page import StatusPageProbe

    credentials = endpoint.credentials
    redactor = endpoint.redactor

    def messages_ready() -> str | None:
        if not credentials.usable:
            return credentials.problem or "no key: set ANTHROPIC_API_KEY"
        if settings.model == "auto" and not models_tried():
            return "waiting for the list of models"
        if model() is None:
            return "the endpoint lists no haiku: name a model with --model"
        return None

    def paced(source: Source) -> Callable[[], float] | None:
        return partial(now_s, source) if now_s is not None else None

    free_s = min(settings.timeout_s, FREE_TIMEOUT_S)
    status = StatusPageProbe(
        endpoint.status_urls,
        clock=clock,
        redactor=redactor,
        timeout_s=free_s,
        ours=settings.status_components,
    )
    models = ModelsProbe(
        credentials, clock=clock, redactor=redactor, timeout_s=free_s, extra_headers=dict(endpoint.headers)
    )

    def messages_to(
        which: Callable[[], str | None], source: Source, every_s: float, ready: Callable[[], str | None]
    ) -> Plan:
        probe = MessagesProbe(
            credentials,
            which,
            clock=clock,
            redactor=redactor,
            timeout_s=settings.timeout_s,
            max_tokens=settings.max_tokens,
            source=source,
        )
        return Plan(
            probe, every_s, paid=True, ready=ready, now_s=paced(source), spared=lambda: spared(which())
        )

    plans = [
        Plan(status, pace.status_s, now_s=paced(Source.STATUS)),
        Plan(models, pace.models_s, now_s=paced(Source.MODELS)),
        messages_to(model, Source.MESSAGES, pace.messages_s, messages_ready),
    ]
    if not settings.also_models:
        return plans

    def others_ready() -> str | None:
        reason = messages_ready()
        return reason or (None if other_model() is not None else "none of also_models is listed")

    each_s = pace.other_models_s / len(settings.also_models)
    plans.append(messages_to(other_model, Source.OTHER_MODELS, each_s, others_ready))
    return plans


def _route_secrets(settings: Settings, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Addresses and keys of the routes that alerts go to. Imports alerting only where there are any."""
    if not settings.alerts:
        return ()
    from claude_tui.alerting.config import alerting_of
    from claude_tui.alerting.rules import AlertsConfigError

    try:
        _, alerts = alerting_of(settings, environ)
    except AlertsConfigError:
        return ()  # reported elsewhere; nothing is sent to routes that cannot be read
    return tuple(secret for route in alerts.routes for secret in route.secrets)


def _secret_values(headers: Mapping[str, str]) -> tuple[str, ...]:
    sensitive = re.compile(r"auth|key|token|secret|cookie", re.IGNORECASE)
    return tuple(value for name, value in headers.items() if sensitive.search(name) and inert(value))
