"""NO_PROXY: the hosts that bypass the proxy, as curl reads it.

`host` and `.host` cover the host and its subdomains, an address or a range covers addresses, `*` everything.
Beyond curl, as in the SDK: `host:port`, `scheme://host`, and a `*` among other entries. Entries that cannot
be parsed are ignored.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

__all__ = ["is_direct"]

_SEPARATORS = re.compile(r"[\s,]+")
_WITH_PORT = re.compile(r"(?P<host>\[[^\[\]]+\]|[^:\[\]]+):(?P<port>[0-9]{1,5})")


def is_direct(url: str, no_proxy: str) -> bool:
    """Whether an entry of `no_proxy`, separated by commas or white space, covers `url`."""
    parts = urlsplit(url)
    return any(_covers(entry, parts) for entry in _SEPARATORS.split(no_proxy) if entry)


def _covers(entry: str, url: SplitResult) -> bool:
    scheme, _, rest = entry.lower().rpartition("://")
    if scheme not in {"", "all", url.scheme}:
        return False
    pattern, port = _pattern_and_port(rest)
    if port is not None and port != url.port:
        return False
    return pattern == "*" or _matches(pattern, (url.hostname or "").rstrip("."), exactly=bool(scheme))


def _matches(pattern: str, host: str, *, exactly: bool) -> bool:
    address = _address(host)
    if address is not None:
        network = _network(pattern)
        return network is not None and address in network
    name = pattern.rstrip(".").removeprefix(".")
    return bool(name) and (host == name or (not exactly and host.endswith(f".{name}")))


def _pattern_and_port(text: str) -> tuple[str, int | None]:
    found = _WITH_PORT.fullmatch(text)
    host, port = (found["host"], int(found["port"])) if found else (text, None)
    bracketed = host.startswith("[") and host.endswith("]")
    return (host[1:-1] if bracketed else host), port


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(
            host.partition("%")[0]
        )  # the zone is local to this machine, not part of the address
    except ValueError:
        return None


def _network(text: str) -> IPv4Network | IPv6Network | None:
    _, slash, prefix = text.partition("/")
    if slash and not (prefix.isascii() and prefix.isdigit()):
        return None  # a netmask, which only Python would accept
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None
