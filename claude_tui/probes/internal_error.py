"""Describes a probe that failed because of an error in claude-top itself."""

from __future__ import annotations

import traceback
from pathlib import PurePath

from claude_tui.model.installation import UPGRADED, Installation, installation

__all__ = ["internal_error"]


def internal_error(error: Exception, installed: Installation | None = None) -> str:
    """Describes the error by class and line only, as its message may contain anything, even a key."""
    if (installed or installation()).replaced:
        return UPGRADED
    if isinstance(error, ImportError) and error.name:
        return f"claude-top is not installed completely: {error.name} cannot be loaded"
    frames = traceback.extract_tb(error.__traceback__)
    line = f"{PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "nowhere"
    return f"a fault in claude-top itself, not in the answer: {type(error).__name__} at {line}"
