"""What an engine writes to the program's log: what changes from one Snapshot to the next."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from claude_tui.engine.agent_log import changes

if TYPE_CHECKING:
    from claude_tui.model.observation import Observation
    from claude_tui.model.snapshot import Snapshot

__all__ = ["log_observation", "logged"]

_logger = logging.getLogger(__name__)
_probes = logging.getLogger("claude_tui.probes")


def logged(publish: Callable[[Snapshot], None]) -> Callable[[Snapshot], None]:
    """`publish`, which also logs verdicts, alerts, pages, acts of people, and problems of the program."""
    before: Snapshot | None = None

    def publish_logged(snapshot: Snapshot) -> None:
        nonlocal before
        earlier, before = before, snapshot
        for text in changes(earlier, snapshot):
            is_trouble = text.startswith("notice: ")
            # Of all processes on the same record, only the collector logs what happens in it.
            if is_trouble or snapshot.engine.watching.collects or text.startswith(("watching", "collecting")):
                _logger.log(logging.WARNING if is_trouble else logging.INFO, "%s", text)
        publish(snapshot)

    return publish_logged


def log_observation(observation: Observation) -> None:
    """One line for each probe: always for a failure, otherwise only at level debug."""
    level = logging.DEBUG if not observation.outcome.failed else logging.INFO
    if not _probes.isEnabledFor(level):
        return
    total = observation.timings.total
    _probes.log(
        level,
        "%s %s status=%s error=%s total_s=%s request_id=%s %s",
        observation.source.value,
        observation.outcome.value,
        observation.http_status,
        observation.error_type,
        None if total is None else round(total, 3),
        observation.request_id,
        observation.message or "",
    )
