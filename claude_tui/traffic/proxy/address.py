"""Where the proxy listens: read from the command line, and checked before anything is served."""

from __future__ import annotations

import ipaddress
import os
import socket
from dataclasses import dataclass

from claude_tui.model.errors import ClaudeTopError
from claude_tui.traffic.proxy.upstream import Address

__all__ = ["DEFAULT_LISTEN", "ListenAddress", "ListenError", "bound", "check_no_loop", "reserved"]

DEFAULT_LISTEN = "127.0.0.1:8787"


class ListenError(ClaudeTopError):
    """The proxy cannot listen on the address given."""


@dataclass(frozen=True, slots=True)
class ListenAddress:
    """A numeric address and a port; port 0 is any free one."""

    host: str
    """An IP address, without brackets."""
    port: int
    """0 to 65535."""

    @classmethod
    def of(cls, text: str) -> ListenAddress:
        """Reads `127.0.0.1:8787`, `[::1]:8787`, `localhost:8787` or `8787`. Raises ListenError."""
        host, colon, port = text.strip().rpartition(":")
        if not colon:
            host = "localhost"
        host = host.removeprefix("[").removesuffix("]")
        host = "127.0.0.1" if host == "localhost" else host
        try:
            ipaddress.ip_address(host)
        except ValueError:
            raise _unreadable(text) from None
        if not (port.isascii() and port.isdigit() and int(port[:6]) <= 65_535):
            raise _unreadable(text)
        return cls(host, int(port))

    @property
    def is_loopback(self) -> bool:
        return ipaddress.ip_address(self.host).is_loopback

    @property
    def url(self) -> str:
        return f"http://[{self.host}]:{self.port}" if ":" in self.host else f"http://{self.host}:{self.port}"


def _unreadable(text: str) -> ListenError:
    return ListenError(
        f"--listen {text[:60]!r}: expected an IP address and a port, such as {DEFAULT_LISTEN} or [::1]:8787"
    )


def bound(address: ListenAddress, *, shared: bool) -> socket.socket:
    """A socket that is bound but not listening; `shared` lets this user's other processes bind it, too.

    Raises ListenError.
    """
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.bind((address.host, address.port))
    except OSError as error:
        sock.close()
        reason = os.strerror(error.errno) if error.errno else str(error)
        place = address.url.removeprefix("http://")
        raise ListenError(f"cannot listen on {place}: {reason}; choose another port with --listen") from error
    return sock


def reserved(address: ListenAddress) -> tuple[socket.socket, ListenAddress]:
    """A shared socket that holds the port while workers come and go, and its address with the port."""
    if address.port:
        # Without this, a second proxy on the port would quietly take half of the calls.
        probe = bound(address, shared=False)
        try:
            probe.listen(1)
        except OSError as error:
            raise ListenError(f"cannot listen on port {address.port}: {error.strerror}") from error
        finally:
            probe.close()
    sock = bound(address, shared=True)
    return sock, ListenAddress(address.host, sock.getsockname()[1])


def check_no_loop(address: ListenAddress, upstream: Address) -> None:
    """Raises ListenError if the upstream is the proxy itself."""
    try:
        is_here = ipaddress.ip_address(upstream.host).is_loopback or upstream.host == address.host
    except ValueError:
        is_here = upstream.host == "localhost"
    if is_here and address.port and upstream.port == address.port:
        raise ListenError(
            f"the upstream {upstream.netloc} is this proxy itself: name the API with --upstream "
            "(ANTHROPIC_BASE_URL is for the applications)"
        )
