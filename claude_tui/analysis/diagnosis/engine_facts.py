"""Facts that the diagnosis needs and only the engine knows."""

from __future__ import annotations

from dataclasses import dataclass, field

from claude_tui.model.json_values import saved_as
from claude_tui.model.no_key_reason import NoKeyReason
from claude_tui.model.observation import Source
from claude_tui.model.snapshot import EngineState

__all__ = ["API_KEY", "AUTH_TOKEN", "EngineFacts", "engine_facts"]

API_KEY, AUTH_TOKEN = "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"


@dataclass(frozen=True, slots=True)
class EngineFacts:
    """Facts that no observation contains."""

    host: str = "the API"
    """The host name."""
    model: str | None = None
    """The model that is probed."""
    held: str | None = None
    """Why messages are not probed; None if they are."""
    key_problem: str | None = None
    """What looks wrong with the key, which is sent nevertheless."""
    credential: str = API_KEY
    """The variable that holds the key or token in use."""
    no_key_reason: NoKeyReason | None = field(default=None, metadata=saved_as("key_lack"))
    """Why there is no key to send."""
    stands_for_api: bool = False
    """Whether the address stands in for the provider's own, as the simulator of a demo or drill does."""


def engine_facts(engine: EngineState) -> EngineFacts:
    messages = next((probe for probe in engine.probes if probe.source is Source.MESSAGES), None)
    return EngineFacts(
        host=engine.target.host,
        model=engine.target.model,
        held=messages.held_reason if messages is not None else None,
        key_problem=engine.key_problem,
        credential=engine.credential,
        no_key_reason=engine.no_key_reason,
        stands_for_api=engine.demo is not None,
    )
