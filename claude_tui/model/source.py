"""The probes, by what they ask."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Source"]


class Source(StrEnum):
    """Which probe made an Observation."""

    STATUS = "status"
    MODELS = "models"
    MESSAGES = "messages"
    OTHER_MODELS = "other_models"
    """Messages to further models, whose limits and latency are their own."""
