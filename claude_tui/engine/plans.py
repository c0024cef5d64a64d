"""The plans of the probes: what each one asks, how often, and what has to be known before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from claude_tui.engine.sources import Endpoint, Pace
from claude_tui.model.observation import Source
from claude_tui.probes.clock import Clock
from claude_tui.probes.credentials import Credentials

if TYPE_CHECKING:
    from claude_tui.probes.schedule import Plan
    from claude_tui.settings import Settings

__all__ = ["make_plans"]

# The free probes take well under a second unless something is wrong.
FREE_TIMEOUT_S = 10.0


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
    skip_reason: Callable[[str | None], str | None] = lambda _model: None,
) -> list[Plan]:
    """One plan per source, and one for all further models if there are any.

    `model` is the model to probe and `other_model` the further model whose turn it is. With `model = "auto"`,
    messages wait until `models_tried`. `now_s` returns the current interval of a source in seconds, and
    `skip_reason` why a model need not be asked now. Imports the probes, and with them httpx2, only when
    called, as the first frame needs neither.
    """
    maker = _PlanMaker(settings, endpoint, clock, now_s, skip_reason)
    ready = partial(_messages_wait_for, settings, endpoint.credentials, model, models_tried)
    plans = [
        maker.status(pace.status_s),
        maker.models(pace.models_s),
        maker.messages(model, Source.MESSAGES, pace.messages_s, ready),
    ]
    if settings.also_models:
        each_s = pace.other_models_s / len(settings.also_models)
        others_ready = partial(_others_wait_for, ready, other_model)
        plans.append(maker.messages(other_model, Source.OTHER_MODELS, each_s, others_ready))
    return plans


def _messages_wait_for(
    settings: Settings,
    credentials: Credentials,
    model: Callable[[], str | None],
    models_tried: Callable[[], bool],
) -> str | None:
    """Why no message can be sent yet; None if one can."""
    if not credentials.usable:
        return credentials.problem or "no key: set ANTHROPIC_API_KEY"
    if settings.model == "auto" and not models_tried():
        return "waiting for the list of models"
    if model() is None:
        return "the endpoint lists no haiku: name a model with --model"
    return None


def _others_wait_for(ready: Callable[[], str | None], other_model: Callable[[], str | None]) -> str | None:
    reason = ready()
    return reason or (None if other_model() is not None else "none of also_models is listed")


@dataclass(frozen=True, slots=True)
class _PlanMaker:
    """Makes the plans of one endpoint."""

    settings: Settings
    """The settings in force."""
    endpoint: Endpoint
    """Where to probe."""
    clock: Clock
    """The source of time."""
    now_s: Callable[[Source], float] | None
    """Returns the current interval of a source in seconds; None for the plain intervals."""
    skip_reason: Callable[[str | None], str | None]
    """Returns why a model need not be asked now; None if it has to be."""

    def status(self, every_s: float) -> Plan:
        from claude_tui.probes.schedule import Plan
        from claude_tui.probes.status_page import StatusPageProbe

        probe = StatusPageProbe(
            self.endpoint.status_urls,
            clock=self.clock,
            redactor=self.endpoint.redactor,
            timeout_s=self._free_timeout_s,
            ours=self.settings.status_components,
        )
        return Plan(probe, every_s, now_s=self._paced(Source.STATUS))

    def models(self, every_s: float) -> Plan:
        from claude_tui.probes.models import ModelsProbe
        from claude_tui.probes.schedule import Plan

        probe = ModelsProbe(
            self.endpoint.credentials,
            clock=self.clock,
            redactor=self.endpoint.redactor,
            timeout_s=self._free_timeout_s,
            extra_headers=dict(self.endpoint.headers),
        )
        return Plan(probe, every_s, now_s=self._paced(Source.MODELS))

    def messages(
        self,
        model: Callable[[], str | None],
        source: Source,
        every_s: float,
        ready: Callable[[], str | None],
    ) -> Plan:
        from claude_tui.probes.messages import MessagesProbe
        from claude_tui.probes.schedule import Plan

        probe = MessagesProbe(
            self.endpoint.credentials,
            model,
            clock=self.clock,
            redactor=self.endpoint.redactor,
            timeout_s=self.settings.timeout_s,
            max_tokens=self.settings.max_tokens,
            source=source,
        )
        return Plan(
            probe,
            every_s,
            paid=True,
            ready=ready,
            now_s=self._paced(source),
            skip_reason=lambda: self.skip_reason(model()),
        )

    @property
    def _free_timeout_s(self) -> float:
        return min(self.settings.timeout_s, FREE_TIMEOUT_S)

    def _paced(self, source: Source) -> Callable[[], float] | None:
        return partial(self.now_s, source) if self.now_s is not None else None
