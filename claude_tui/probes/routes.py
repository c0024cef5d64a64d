"""Which way requests go: the proxies and the trusted certificates of the environment.

Every rule here is the SDK's, so that what the free probes measure is the way an application takes.
"""

from __future__ import annotations

import ipaddress
import ssl
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from urllib.parse import SplitResult, unquote, urlsplit

from claude_tui.probes.dial import Resolver, system_resolver

__all__ = ["Routes", "proxy_for", "split_proxy", "trust_of_the_sdk"]


def trust_of_the_sdk() -> ssl.SSLContext:
    """What the SDK trusts: SSL_CERT_FILE, else SSL_CERT_DIR, else the system's certificates.

    Reads files; 20-50 ms. Raises OSError (ssl.SSLError is one) when the file named cannot be read.
    """
    import httpcore2  # 0.1 s, and only https needs it

    return httpcore2.default_ssl_context()


@dataclass(frozen=True, slots=True)
class Routes:
    """Name resolution, proxies and trust: all that a probe takes from its surroundings."""

    resolve: Resolver = system_resolver
    proxies: Callable[[], Mapping[str, str]] = urllib.request.getproxies
    trust: Callable[[], ssl.SSLContext] = trust_of_the_sdk

    def proxy_for(self, url: str) -> str | None:
        return proxy_for(url, self.proxies())

    def trust_for(self, url: str) -> ssl.SSLContext:
        """For http, where nothing is verified, a context that trusts nobody and costs nothing."""
        return self.trust() if url.startswith("https:") else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def split_proxy(proxy: str) -> tuple[str, tuple[str, str] | None]:
    """The URL of a proxy without user and password, and these two, unquoted.

    Raises ValueError for a proxy that nothing here can speak to.
    """
    parts = urlsplit(proxy)
    if parts.scheme not in {"http", "https", "socks5", "socks5h"} or not parts.hostname:
        raise ValueError(f"the proxy must be an http://, https:// or socks5:// URL, not {proxy!r}")
    if parts.scheme.startswith("socks") and find_spec("socksio") is None:
        raise ValueError("a SOCKS proxy needs the package socksio")
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 1080)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    user = (unquote(parts.username or ""), unquote(parts.password or ""))
    return f"{parts.scheme}://{host}:{port}", user if any(user) else None


def proxy_for(url: str, proxies: Mapping[str, str]) -> str | None:
    """The URL of the proxy that `url` goes through, or None.

    `proxies` as `urllib.request.getproxies` has them: URLs by scheme or `all`, NO_PROXY as `no`.
    """
    parts = urlsplit(url)
    bypasses = [entry.strip() for entry in proxies.get("no", "").split(",") if entry.strip()]
    if "*" in bypasses or any(_covers(entry, parts) for entry in bypasses):
        return None
    proxy = proxies.get(parts.scheme) or proxies.get("all") or None
    return proxy if proxy is None or "://" in proxy else f"http://{proxy}"


def _covers(entry: str, url: SplitResult) -> bool:
    """Whether one entry of NO_PROXY covers `url`: `host` and what is below it, `.host` only what is below."""
    scheme, separator, rest = entry.rpartition("://")
    if separator and scheme != url.scheme:
        return False
    host, port = _host_and_port(rest)
    name = (url.hostname or "").lower()
    if port is not None and port != url.port:
        return False
    if host.startswith("."):
        return name.endswith(host)
    exact = separator or host == "localhost" or _is_address(host)
    return name == host or (not exact and name.endswith(f".{host}"))


def _host_and_port(text: str) -> tuple[str, int | None]:
    if _is_address(text):
        return text.lower(), None
    try:
        parts = urlsplit(f"//{text}")
        return (parts.hostname or "").lower(), parts.port
    except ValueError:
        return text.lower(), None


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
