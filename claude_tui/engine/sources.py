"""What the settings say about probing: where, how often, which model, and how the results are judged."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
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
from claude_tui.probes.credentials import Credentials
from claude_tui.probes.custom_headers import custom_headers
from claude_tui.probes.model_choice import newest_active, newest_active_haiku
from claude_tui.probes.pacing import Backoff

if TYPE_CHECKING:
    from claude_tui.settings import Settings

__all__ = [
    "Endpoint",
    "Pace",
    "next_other_model",
    "options_from",
    "other_models",
    "pick_model",
    "store_name",
    "target_of",
]

# What a setting may name in place of a model's id.
FAMILIES = frozenset({"opus", "sonnet", "haiku", "fable"})
_ASKED_WITHIN = timedelta(days=1)


def _nothing() -> None:
    """Releases nothing, as a real endpoint holds nothing."""


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
    """The options of the analysis, from the settings."""
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
            daily_budget_usd=settings.traffic_daily_budget_usd,
        ),
    )


def _thresholds_from(settings: Settings) -> Thresholds:
    """The thresholds of the verdict; those without a setting keep their defaults."""
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
    """The path of a URL; "" if the URL cannot be parsed, which Credentials may hold."""
    try:
        return urlsplit(url).path.rstrip("/")
    except ValueError:
        return ""


def pick_model(settings: Settings, history: History, at: datetime) -> str | None:
    """The model to probe: that of the settings, or else the newest active haiku that the endpoint lists."""
    if settings.model != "auto":
        return settings.model
    catalogue = history.catalogue_at(at)
    return newest_active_haiku(catalogue) if catalogue is not None else DEFAULT_MODEL


def other_models(settings: Settings, history: History, at: datetime) -> list[str]:
    """The ids of the further models to probe.

    A family stands for its newest active model, once the endpoint's list is known.
    """
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
    """The further model to probe next: one that may have changed, or else the one asked longest ago."""
    models = other_models(settings, history, at)
    asked = history.window(Source.OTHER_MODELS, at - _ASKED_WITHIN, at)
    newest = {observation.model: observation for observation in asked if observation.model is not None}
    states = {
        state.model: state for state in model_states(history, at, options_from(settings, Pace.of(settings)))
    }

    def turn(model: str) -> tuple[bool, float]:
        last, state = newest.get(model), states.get(model)
        unclear = state is not None and (state.suspect or state.recovering)
        return not unclear, last.at.timestamp() if last is not None else 0.0

    return min(models, key=turn, default=None)


def _route_secrets(settings: Settings, environ: Mapping[str, str]) -> tuple[str, ...]:
    """The addresses and keys of alert routes. Imports alerting only if there are routes."""
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
