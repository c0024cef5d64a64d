"""Incidents of the status page that are only about other platforms than the one in use."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from claude_tui.analysis.history.history import History
from claude_tui.model.gateway import Platform, platform_of
from claude_tui.model.provider import ProviderIncident, ProviderStatus
from claude_tui.model.source import Source

__all__ = ["for_platform", "is_elsewhere", "of_other_platforms", "platform_at"]

# How titles name the platforms. `AWS` or `Google Cloud` alone may be what the API itself depends on.
_NAMES = {
    Platform.API: r"\b(?:claude|anthropic) api\b|\bapi\.anthropic\.com\b|\bfirst[ -]party\b|\b1p\b"
    r"|\bapi\b\s*(?:,|&|/|and\b)|(?:,|&|/|\band)\s*(?:the )?api\b",
    Platform.BEDROCK: r"\bbedrock\b",
    Platform.VERTEX: r"\bvertex\b",
    Platform.FOUNDRY: r"\bfoundry\b|\bazure ai\b",
}
_PATTERNS = {platform: re.compile(pattern, re.IGNORECASE) for platform, pattern in _NAMES.items()}
# `Elevated errors, Bedrock not affected` names what works.
_EXCEPTIONS = re.compile(
    r"\b(?:un|not |isn.t |aren.t )affected\b|\bexcept\b|\bother than\b|\ball platforms\b", re.I
)


def platform_at(history: History, at: datetime) -> Platform | None:
    """The platform that is probed; None behind a gateway, which may lead anywhere."""
    for source in (Source.MESSAGES, Source.MODELS):
        if (newest := history.latest(source, at)) is not None:
            return platform_of(newest.target)
    return None


def for_platform(status: ProviderStatus, platform: Platform | None) -> ProviderStatus:
    """The page without incidents that are only about other platforms.

    A component that only these concern counts as operational. Without such an incident this is `status`
    itself.
    """
    others = of_other_platforms(status, platform)
    if not others:
        return status
    left = tuple(incident for incident in status.incidents if incident not in others)
    explained = {name for incident in others for name in incident.components}
    explained -= {name for incident in left for name in incident.components}
    components = tuple(
        replace(component, status="operational") if component.id in explained else component
        for component in status.components
    )
    return replace(status, incidents=left, components=components)


def is_elsewhere(title: str, platform: Platform | None) -> bool:
    """Whether an incident with this title is only about other platforms than `platform`."""
    return platform is not None and _is_elsewhere(title, platform)


def of_other_platforms(status: ProviderStatus, platform: Platform | None) -> tuple[ProviderIncident, ...]:
    if platform is None:
        return ()
    return tuple(incident for incident in status.incidents if _is_elsewhere(incident.name, platform))


@lru_cache(maxsize=1000)
def _is_elsewhere(title: str, platform: Platform) -> bool:
    if _EXCEPTIONS.search(title):
        return False
    named = {name for name, pattern in _PATTERNS.items() if pattern.search(title)}
    return bool(named) and platform not in named
