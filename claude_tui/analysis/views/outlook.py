"""What is coming: when the certificate expires, and which models retire."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from claude_tui.analysis.history.history import History
from claude_tui.analysis.views.slowness import SPAN
from claude_tui.model.observation import Source
from claude_tui.model.outlook import Outlook, Retirement
from claude_tui.model.provider import Catalogue
from claude_tui.model.snapshot import EngineState, ModelState
from claude_tui.model.traffic_view import TrafficView

__all__ = ["outlook"]


def outlook(
    history: History,
    at: datetime,
    engine: EngineState,
    catalogue: Catalogue | None,
    models: Iterable[ModelState],
    traffic: TrafficView | None,
) -> Outlook:
    """The outlook at `at`. Past incidents are added where incidents are known."""
    used = {engine.target.model or "", *(model.model for model in models)}
    if traffic is not None:
        used |= {figures.name for figures in traffic.models}
    return Outlook(
        uptime=engine.uptime,
        certificate_expires_at=_certificate(history, at),
        retirements=_retirements(catalogue, used, at),
    )


def _certificate(history: History, at: datetime) -> datetime | None:
    """The expiry in the newest connection that reported one."""
    expiries = (
        observation.tls_expires_at for observation in reversed(history.window(Source.MODELS, at - SPAN, at))
    )
    return next((expiry for expiry in expiries if expiry is not None), None)


def _retirements(catalogue: Catalogue | None, used: set[str], at: datetime) -> tuple[Retirement, ...]:
    if catalogue is None:
        return ()
    ahead = [
        Retirement(model.id, model.retires_at, model.id in used)
        for model in catalogue.models
        if model.retires_at is not None and model.retires_at > at
    ]
    return tuple(sorted(ahead, key=lambda retirement: (not retirement.used, retirement.at, retirement.model)))
