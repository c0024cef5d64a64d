"""The proxy set in the environment: by which variable, and whether it can be used."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from urllib.parse import SplitResult, unquote, urlsplit

from claude_tui.model.errors import ProbeError
from claude_tui.model.text import inert
from claude_tui.probes.no_proxy import is_direct

__all__ = ["Proxy", "ProxySettingError", "proxy_for"]

_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
_SCHEMES = "http://, https:// or socks5://"
# On macOS, `getproxies` also reads the system settings.
_SYSTEM_SETTING = "System proxy setting"
_NO_HOST_NAME = re.compile(r"[^\w.\-:%]")


class ProxySettingError(ProbeError):
    """An unusable proxy setting. The message omits its value, which may contain a password."""

    def __init__(self, variable: str, why: str) -> None:
        super().__init__(f"{variable} cannot be used: {why}")


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy as set, not yet parsed. `variable` is the one that sets it, as the user wrote it."""

    value: str = field(repr=False)
    variable: str

    def split(self) -> tuple[str, tuple[bytes, bytes] | None]:
        """The URL in ASCII, without user and password, and those two, unquoted.

        Raises ProxySettingError for a proxy that cannot be used.
        """
        parts = self._parts()
        host = self._host(parts)
        user = (_bytes(parts.username), _bytes(parts.password))
        return f"{parts.scheme}://{host}:{parts.port or _PORTS[parts.scheme]}", user if any(user) else None

    def __str__(self) -> str:
        return f"the proxy {self.place} ({self.variable})"

    @property
    def place(self) -> str:
        """Host and port, for display; never user or password."""
        try:
            return inert(self.split()[0].partition("://")[2], 80)
        except ProxySettingError:
            return "unknown"

    def unusable(self, why: str) -> ProxySettingError:
        return ProxySettingError(self.variable, why)

    def _parts(self) -> SplitResult:
        value = self.value.strip()
        bare = "://" not in value
        url = f"http://{value}" if bare else value
        # Whatever follows a / ? or # is more often the rest of a password than a path.
        if "@" in "".join(re.split(r"([/?#])", url.partition("://")[2], maxsplit=1)[1:]):
            raise self.unusable("a / ? or # in its user or password must be written %2F, %3F or %23")
        try:
            parts = urlsplit(url)
        except ValueError:
            raise self.unusable("it is not a URL") from None
        if parts.scheme not in _PORTS:
            raise self.unusable(f"it must begin with {_SCHEMES}{_other_scheme(parts.scheme)}")
        if bare and parts.path.strip("/"):
            raise self.unusable("it must be of the form http://host:port")
        self._check_port(parts)
        if parts.scheme.startswith("socks") and find_spec("socksio") is None:
            raise self.unusable("a SOCKS proxy needs the package socksio, which is not installed")
        return parts

    def _host(self, parts: SplitResult) -> str:
        if not parts.hostname:
            raise self.unusable("it names no host")
        if _NO_HOST_NAME.search(parts.hostname):
            raise self.unusable("it must be of the form http://host:port")
        try:
            host = parts.hostname.encode("idna").decode()
        except UnicodeError:
            raise self.unusable("its host is not a valid name") from None
        return f"[{host}]" if ":" in host else host

    def _check_port(self, parts: SplitResult) -> None:
        try:
            usable = parts.port is None or parts.port > 0
        except ValueError:
            usable = False
        if not usable:
            raise self.unusable("its port is not a number from 1 to 65535")


def _bytes(quoted: str | None) -> bytes:
    return unquote(quoted or "").encode("utf-8", "surrogateescape")


def _other_scheme(scheme: str) -> str:
    return f", not {scheme}://" if re.fullmatch(r"[a-z][a-z0-9]{1,9}", scheme) else ""


def proxy_for(url: str, proxies: Mapping[str, str], environ: Mapping[str, str]) -> Proxy | None:
    """The proxy that `url` goes through, or None.

    `proxies` is what `urllib.request.getproxies` returns: values by scheme or `all`, NO_PROXY as `no`.
    `environ` only serves to name the variable.
    """
    scheme = urlsplit(url).scheme
    chosen = next((key for key in (scheme, "all") if proxies.get(key)), None)
    if chosen is None or is_direct(url, proxies.get("no", "")):
        return None
    value = proxies[chosen]
    return Proxy(value, _variable(chosen, value, environ))


def _variable(key: str, value: str, environ: Mapping[str, str]) -> str:
    """`https_proxy` or `HTTPS_PROXY`: lower case takes precedence, as in `getproxies`."""
    names = [name for name in environ if name.lower() == f"{key}_proxy" and environ[name] == value]
    names.sort(key=lambda name: (not name.endswith("_proxy"), name))
    return names[0] if names else _SYSTEM_SETTING
