"""Whether this process draws for a browser: `claude-top serve` communicates with it through pipes."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["is_served"]


def is_served(environ: Mapping[str, str]) -> bool:
    """True if the screen is sent to a browser, by textual-serve's convention."""
    return environ.get("TEXTUAL_DRIVER", "").endswith(":WebDriver")
