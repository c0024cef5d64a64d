"""`claude-top serve`: checks who could connect, prints the address, and serves until stopped."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from claude_tui.serve.access import TOKEN_VARIABLE, AccessError
from claude_tui.serve.connections import Connections
from claude_tui.serve.site import Plan, Site
from claude_tui.traffic.proxy.address import ListenAddress, bound

__all__ = ["ServeOptions", "require_token", "run"]

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_LEAVE_WITHIN_S = 8.0
"""Longer than any session takes to end."""


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """The options of the command line."""

    listen: ListenAddress
    """Address and port."""
    hosts: tuple[str, ...]
    """The host names of a reverse proxy in front."""
    token_file: Path | None
    """The file with the token."""
    most_sessions: int
    """How many browsers at a time."""
    allow_actions: bool
    """Whether browsers may do what a dashboard can."""


def require_token(options: ServeOptions, token: str | None) -> None:
    """Raises AccessError for a server that needs a token and has none."""
    why = _reason(options)
    if token is None and why:
        raise AccessError(
            f"{why} needs a token: set {TOKEN_VARIABLE}, or name a file with --token-file, which is made "
            "with a new one if it is missing"
        )


def _reason(options: ServeOptions) -> str:
    if not options.listen.is_loopback:
        return f"--listen {options.listen.host}, which other machines can reach,"
    if options.hosts:
        return "--host, behind which other machines can be,"
    # Every user of this machine can connect to loopback, and would act under the server user's name.
    return "--allow-actions" if options.allow_actions else ""


def run(plan: Plan, options: ServeOptions, emit: Callable[[str], None]) -> int:
    """Serves until SIGTERM, SIGINT or SIGHUP. stdout is for data: the address. Raises ListenError."""
    with bound(options.listen, shared=False) as sock:
        asyncio.run(_serve(plan, options, sock, emit))
    plan.say("stopped")
    return 0


async def _serve(plan: Plan, options: ServeOptions, sock: socket.socket, emit: Callable[[str], None]) -> None:
    stopped = asyncio.Event()
    address = ListenAddress(options.listen.host, sock.getsockname()[1])
    # No access log, as a URL may contain a token.
    connections = Connections()
    runner = web.AppRunner(
        Site(plan, connections).application(address.port), access_log=None, shutdown_timeout=_LEAVE_WITHIN_S
    )
    with _signals(stopped):
        await runner.setup()
        try:
            assert runner.server is not None
            server = await connections.listen(runner.server, sock)
            _announce(plan, options, address, emit)
            await stopped.wait()
            server.close()
        finally:
            await runner.cleanup()


def _announce(plan: Plan, options: ServeOptions, address: ListenAddress, emit: Callable[[str], None]) -> None:
    say = plan.say
    if not address.is_loopback:
        say(
            f"warning: {address.url} is open to other machines in plain HTTP, token and screen unencrypted: "
            "put TLS in front, or use `ssh -L` to a server on loopback"
        )
    if plan.access.token is not None and options.token_file is not None:
        say(f"the token is in {options.token_file}")
    what = "may do what a dashboard can" if options.allow_actions else "watch, and change nothing"
    say(f"at most {plan.most_sessions} browsers at a time {what}; ctrl+c stops")
    emit(f"{address.url}/")


@contextmanager
def _signals(stopped: asyncio.Event) -> Iterator[None]:
    """Handles the signals. One that was ignored stays ignored (`nohup`)."""
    loop = asyncio.get_running_loop()
    caught = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    for number in caught:
        loop.add_signal_handler(number, stopped.set)
    try:
        yield
    finally:
        for number in caught:
            loop.remove_signal_handler(number)
