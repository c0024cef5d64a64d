"""Builds an engine for a real endpoint, and the probes for one round without an engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from claude_tui.analysis.history.history import History
from claude_tui.engine.attendance import Attendance
from claude_tui.engine.engine import Engine
from claude_tui.engine.identity import host_name, this_process
from claude_tui.engine.paging import Attention, PagingSetup
from claude_tui.engine.plans import make_plans
from claude_tui.engine.setup import KeyState, Monitored
from claude_tui.engine.sources import (
    Endpoint,
    Pace,
    next_other_model,
    options_from,
    other_models,
    pick_model,
    store_name,
    target_of,
)
from claude_tui.model.snapshot import Target
from claude_tui.probes.clock import Clock, SystemClock
from claude_tui.probes.credentials import Credentials
from claude_tui.store import Store, require_local

if TYPE_CHECKING:
    from claude_tui.alerting.manager import Alerting
    from claude_tui.alerting.persistence import StateBackend
    from claude_tui.engine.probe_round import ProbeRound
    from claude_tui.settings import Settings

__all__ = ["check", "live", "open_store"]


def live(
    settings: Settings,
    environ: Mapping[str, str],
    *,
    screen: bool = True,
    read_only: bool = False,
    clock: Clock | None = None,
) -> Engine:
    """An engine for the endpoint in settings and environment, with its history and alerts.

    `screen` says whether somebody watches it. With `read_only` it shows what others record and writes
    nothing. Raises StoreError for a data directory on a network file system, and for a history that a later
    version wrote.
    """
    clock = clock or SystemClock()
    credentials = Credentials.from_environ(environ, base_url=settings.base_url)
    target = target_of(settings, credentials)
    store = open_store(settings, store_name(credentials), clock, read_only=read_only)
    return Engine(
        settings,
        Monitored(
            target,
            lambda: Endpoint.of(settings, environ),
            Pace.of(settings),
            key=KeyState.of(credentials),
        ),
        store,
        paging=_paging_of(settings, environ, target, credentials.secrets, clock),
        attendance=Attendance(
            store.path, this_process(clock.now()), clock, screen=screen, read_only=read_only
        ),
        clock=clock,
        counts_uptime=screen,
        watched=screen,
    )


def _paging_of(
    settings: Settings, environ: Mapping[str, str], target: Target, secrets: Sequence[str], clock: Clock
) -> PagingSetup:
    def open_alerting(backend: StateBackend) -> Alerting:
        from claude_tui.alerting.attach import attach_words
        from claude_tui.alerting.config import alerting_of
        from claude_tui.alerting.manager import Alerting

        rules, alerts = alerting_of(settings, environ)
        return Alerting(
            rules,
            alerts,
            target=target,
            backend=backend,
            now=clock.now,
            secrets=secrets,
            dashboard=attach_words(host_name(), settings.data_dir, target.base_url, target.host),
        )

    def attention() -> Attention:
        from claude_tui.alerting.config import alerting_of

        _, alerts = alerting_of(settings, environ)
        return alerts.bell, alerts.notification

    return PagingSetup(open_alerting, attention)


def open_store(settings: Settings, name: str, clock: Clock, *, read_only: bool = False) -> Store:
    """The store `name` in the data directory. Raises StoreError for one that must not be used."""
    require_local(settings.data_dir)
    store = Store.open(settings.data_dir, name, now=clock.now(), read_only=read_only)
    if read_only:
        # Only a read reveals which version wrote it.
        store.data_version()
    if (refusal := store.refusal) is not None:
        store.close()
        raise refusal
    return store


def check(settings: Settings, endpoint: Endpoint, *, clock: Clock) -> ProbeRound:
    """The probes of `endpoint` for a single round."""
    from claude_tui.engine.probe_round import ProbeRound

    history, pace = History(), Pace.of(settings)

    def model() -> str | None:
        return pick_model(settings, history, clock.now())

    def others() -> list[str]:
        return other_models(settings, history, clock.now())

    plans = make_plans(
        settings,
        endpoint,
        pace,
        model,
        clock=clock,
        models_tried=lambda: True,
        other_model=lambda: next_other_model(settings, history, clock.now()),
    )
    return ProbeRound(
        {plan.probe.source: plan for plan in plans},
        history,
        pace,
        options_from(settings, pace),
        KeyState.of(endpoint.credentials),
        target_of(settings, endpoint.credentials),
        model,
        others,
    )
