"""The reader's own time zone beside UTC, on request."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from claude_tui.model.when import Local

__all__ = ["next_zone"]


def next_zone(shown: Local | None, at: datetime, system: Local | None = None) -> tuple[Local | None, str]:
    """The zone to show from now on, and how to announce it.

    If the system's zone is UTC all year, there is nothing to show.
    """
    if shown is not None:
        return None, "Times are in UTC."
    local = system or Local()
    # Half a year later distinguishes a zone that is UTC only in winter from UTC itself.
    instants = (at, at + timedelta(days=182))
    if all(local.wall(instant) == instant.astimezone(UTC).replace(tzinfo=None) for instant in instants):
        return None, "This machine is on UTC. For another zone: TZ=Europe/Berlin claude-top"
    return local, f"Times in {local.label(at)} are shown beside UTC."
