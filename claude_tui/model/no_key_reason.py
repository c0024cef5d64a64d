"""Why requests carry no key."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["NoKeyReason"]


class NoKeyReason(StrEnum):
    """Why requests carry no key: there is none, or it is of a kind that is never sent."""

    MISSING = "missing"
    UNUSABLE = "unusable"
