"""The token counts of a response, which `usage` states once or several times."""

from __future__ import annotations

from claude_tui.model.traffic import Tokens

__all__ = ["TokenCounts"]

# More tokens than any context window holds: a larger count is invalid.
_MOST = 100_000_000


class TokenCounts:
    """The largest count of each kind: they are cumulative, and a later event may state zeros or nulls."""

    def __init__(self) -> None:
        self.service_tier: str | None = None
        self._counts: dict[str, int] = {}

    def feed(self, usage: object) -> None:
        """Takes a `usage` object; anything else is ignored."""
        if not isinstance(usage, dict):
            return
        for name in ("input_tokens", "output_tokens", "cache_read_input_tokens"):
            self._count(name, usage.get(name))
        self._count("cache_write", usage.get("cache_creation_input_tokens"))
        parts = usage.get("cache_creation")
        if isinstance(parts, dict):
            self._count("5m", parts.get("ephemeral_5m_input_tokens"))
            self._count("1h", parts.get("ephemeral_1h_input_tokens"))
        tier = usage.get("service_tier")
        if isinstance(tier, str):
            self.service_tier = tier

    @property
    def tokens(self) -> Tokens | None:
        """None if none were stated."""
        if not self._counts:
            return None
        for_an_hour = self._counts.get("1h", 0)
        # Without the breakdown, all writes count as the default kind.
        for_minutes = max(self._counts.get("5m", 0), self._counts.get("cache_write", 0) - for_an_hour)
        return Tokens(
            input=self._counts.get("input_tokens", 0),
            output=self._counts.get("output_tokens", 0),
            cache_read=self._counts.get("cache_read_input_tokens", 0),
            cache_write_5m=for_minutes,
            cache_write_1h=for_an_hour,
        )

    def _count(self, name: str, value: object) -> None:
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST:
            self._counts[name] = max(value, self._counts.get(name, 0))
