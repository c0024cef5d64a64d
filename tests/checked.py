"""Invented results of `check`: findings from observations, without a network; and the shipped schema."""

from __future__ import annotations

import json
from datetime import timedelta

from jsonschema import Draft202012Validator

from claude_tui.analysis.options import Options
from claude_tui.analysis.snapshot import build_snapshot
from claude_tui.check.document import schema_text, to_json
from claude_tui.check.one_round import policy_after
from claude_tui.check.probing import Findings
from claude_tui.check.text import COLUMNS, ROWS, as_text
from claude_tui.model.no_key_reason import NoKeyReason
from claude_tui.model.observation import Observation, Source
from claude_tui.model.provider import Catalogue, ProviderStatus
from claude_tui.model.snapshot import EngineState, ProbeState, Spend, Target
from tests.builders import MODEL, history_of

__all__ = ["VALIDATOR", "findings", "screen"]

VALIDATOR = Draft202012Validator(json.loads(schema_text()))


def findings(
    *items: Observation | ProviderStatus | Catalogue,
    name: str = "",
    base_url: str = "https://api.anthropic.com",
    not_run: str | None = None,
    key_problem: str | None = None,
) -> Findings:
    """Findings as `check` makes them, a second after the last observation began."""
    seen = tuple(item for item in items if isinstance(item, Observation))
    at = max(observation.at for observation in seen) + timedelta(seconds=1)
    asked = [observation for observation in seen if observation.source is Source.MESSAGES]
    probe = ProbeState(
        Source.MESSAGES, 30.0, None, False, asked[-1].at if asked else None, held_reason=not_run
    )
    target = Target(name, base_url, base_url.partition("://")[2], MODEL)
    reason = NoKeyReason.MISSING if not_run is not None and "is not set" in not_run else None
    state = EngineState(target, (probe,), Spend(0.0, 0.5), (), key_problem=key_problem, no_key_reason=reason)
    statuses = [item for item in items if isinstance(item, ProviderStatus)]
    return Findings(
        snapshot=build_snapshot(history_of(*items), at, state, Options(), policy=policy_after(asked)),
        observations=seen,
        status=statuses[-1] if statuses else None,
        not_run=not_run,
        key_problem=key_problem,
    )


def screen(found: Findings, *, ascii_only: bool = False) -> str:
    """The text, after asserting that it fits a screen and that the object matches the schema."""
    VALIDATOR.validate(to_json(found))
    text = as_text(found, ascii_only=ascii_only)
    lines = text.split("\n")
    assert len(lines) <= ROWS, text
    assert max(map(len, lines)) <= COLUMNS, text
    assert all(line.isprintable() for line in lines), text
    return text
