"""The environment variables that hold secrets, which child processes seldom need."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["KEY_VARIABLES", "SERVE_TOKEN", "without_keys"]

KEY_VARIABLES = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_CUSTOM_HEADERS")
"""The variables with credentials for the API."""

SERVE_TOKEN = "CLAUDE_TOP_SERVE_TOKEN"
"""The variable with the token that browsers present to `claude-top serve`."""


def without_keys(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without these variables, for a process that needs none of them."""
    return {name: value for name, value in environ.items() if name not in (*KEY_VARIABLES, SERVE_TOKEN)}
