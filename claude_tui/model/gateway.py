"""Whether requests go to the provider itself."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlsplit

__all__ = ["is_gateway"]

_PROVIDER = "anthropic.com"


@lru_cache(maxsize=64)
def is_gateway(url: str) -> bool:
    """Whether a base URL is not the provider's own."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return True
    return host != _PROVIDER and not host.endswith(f".{_PROVIDER}")
