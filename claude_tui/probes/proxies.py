"""Which way requests go: the proxies and the trusted certificates of the environment.

The rules are the SDK's, so that what the free probes measure is the way an application takes, but for
NO_PROXY, which is read as curl reads it: to the SDK `.host` covers only what is below it, entries end at
commas alone, and with a range of IPv6, `[::1]` or an entry that it cannot read its client is not made.
"""

from __future__ import annotations

import os
import ssl
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from claude_tui.probes.dial import Resolver, system_resolver
from claude_tui.probes.proxy_setting import Proxy, proxy_for

__all__ = ["Proxies", "trust_of_the_sdk"]


def trust_of_the_sdk() -> ssl.SSLContext:
    """What the SDK trusts: SSL_CERT_FILE, else SSL_CERT_DIR, else the system's certificates.

    Reads files; 20-50 ms. Raises OSError (ssl.SSLError is one) when the file named cannot be read.
    """
    import httpcore2  # 0.1 s, and only https needs it

    return httpcore2.default_ssl_context()


@dataclass(frozen=True, slots=True)
class Proxies:
    """Name resolution, proxies and trust: all that a probe takes from its surroundings.

    `environ` only names the variable that a proxy comes from.
    """

    resolve: Resolver = system_resolver
    proxies: Callable[[], Mapping[str, str]] = urllib.request.getproxies
    trust: Callable[[], ssl.SSLContext] = trust_of_the_sdk
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def proxy_for(self, url: str) -> Proxy | None:
        return proxy_for(url, self.proxies(), self.environ)

    def trust_for(self, url: str) -> ssl.SSLContext:
        """For http, where nothing is verified, a context that trusts nobody and costs nothing."""
        return self.trust() if url.startswith("https:") else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
