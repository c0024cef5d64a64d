"""How requests are routed: the proxies and trusted certificates of the environment.

The rules are the SDK's, so that the free probes measure the path an application takes. NO_PROXY is the
exception: it is read as curl reads it. The SDK's client lets `.host` cover only subdomains, splits entries at
commas only, and fails to start on an IPv6 range, `[::1]` or an entry that it cannot parse.
"""

from __future__ import annotations

import os
import ssl
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache

from claude_tui.probes.dial import Resolver, system_resolver
from claude_tui.probes.proxy_setting import Proxy, proxy_for

__all__ = ["Proxies", "sdk_trust"]


def sdk_trust() -> ssl.SSLContext:
    """The certificates that the SDK trusts: SSL_CERT_FILE, else SSL_CERT_DIR, else the system's certificates.

    Reads files; 20-50 ms. Raises OSError (ssl.SSLError is one) when the file named cannot be read.
    """
    from claude_tui.probes.http_client import httpcore2  # takes 0.1 s, and only https needs it

    return httpcore2.default_ssl_context()


@dataclass(frozen=True, slots=True)
class Proxies:
    """The proxies, certificates and resolver of the environment."""

    resolve: Resolver = system_resolver
    """Looks up names."""
    proxies: Callable[[], Mapping[str, str]] = field(default_factory=lambda: cache(urllib.request.getproxies))
    """The proxy settings, by scheme."""
    trust: Callable[[], ssl.SSLContext] = sdk_trust
    """Loads the trusted certificates."""
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    """Only used to name the variable that sets a proxy."""

    def proxy_for(self, url: str) -> Proxy | None:
        return proxy_for(url, self.proxies(), self.environ)

    def trust_for(self, url: str) -> ssl.SSLContext:
        """The context for `url`; for http, which verifies nothing, an empty one that is cheap to create."""
        return self.trust() if url.startswith("https:") else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
