"""Whether this process draws for a browser: `claude-top serve` speaks to it through its pipes."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["is_served"]


def is_served(environ: Mapping[str, str]) -> bool:
    """True where textual-serve's convention says that the screen is sent to a browser."""
    return environ.get("TEXTUAL_DRIVER", "").endswith(":WebDriver")
