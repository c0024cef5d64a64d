"""Whether requests go to the provider itself, and on which platform."""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from urllib.parse import urlsplit

__all__ = ["Platform", "behind_cloudflare", "is_gateway", "platform_of"]

_PROVIDER = "anthropic.com"


class Platform(StrEnum):
    """Where the provider's models are offered."""

    API = "Claude API"
    BEDROCK = "Amazon Bedrock"
    VERTEX = "Google Vertex AI"
    FOUNDRY = "Microsoft Foundry"


_DOMAINS = {
    _PROVIDER: Platform.API,
    "amazonaws.com": Platform.BEDROCK,
    "api.aws": Platform.BEDROCK,
    "googleapis.com": Platform.VERTEX,
    "azure.com": Platform.FOUNDRY,
}


# Public gateways that the same content network serves as the provider.
_BEHIND_CLOUDFLARE = ("cloudflare.com", "workers.dev", "openrouter.ai", "portkey.ai", "helicone.ai")


@lru_cache(maxsize=64)
def platform_of(url: str) -> Platform | None:
    """The platform at a base URL; None for a gateway, which may lead to any."""
    host = _host_of(url)
    return next((platform for domain, platform in _DOMAINS.items() if _is_within(host, domain)), None)


@lru_cache(maxsize=64)
def is_gateway(url: str) -> bool:
    """Whether a base URL is not the provider's own."""
    return platform_of(url) is not Platform.API


@lru_cache(maxsize=64)
def behind_cloudflare(url: str) -> bool:
    """Whether a base URL is a public gateway that Cloudflare serves."""
    host = _host_of(url)
    return any(_is_within(host, domain) for domain in _BEHIND_CLOUDFLARE)


def _is_within(host: str, domain: str) -> bool:
    return f".{host}".endswith(f".{domain}")


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
