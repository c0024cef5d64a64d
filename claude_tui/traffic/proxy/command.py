"""`claude-top proxy`: checks its options, prints what to export, and serves."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from claude_tui.model.errors import ClaudeTopError
from claude_tui.model.gateway import is_gateway
from claude_tui.probes.clock import SystemClock
from claude_tui.probes.credentials import API_KEY, AUTH_TOKEN
from claude_tui.traffic.applications import Fingerprints
from claude_tui.traffic.proxy.address import ListenAddress, ListenError, bound, check_no_loop, reserved
from claude_tui.traffic.proxy.answers import HEALTH_PATH
from claude_tui.traffic.proxy.call_tap import warm_up
from claude_tui.traffic.proxy.serving import ProxyPlan, applications_of, serve
from claude_tui.traffic.proxy.supervisor import supervise
from claude_tui.traffic.proxy.upstream import Address, Upstream

__all__ = ["ProxyOptions", "print_fingerprint", "run"]


@dataclass(frozen=True, slots=True)
class ProxyOptions:
    """The options of the command line."""

    listen: str
    """The address and port to listen on."""
    workers: int
    """The number of processes that share the port."""
    allow_remote: bool
    """Whether other machines may connect."""


def run(plan: ProxyPlan, options: ProxyOptions, emit: Callable[[str], None]) -> int:
    """Serves until SIGTERM, SIGINT or SIGHUP. stdout is for data: what to export.

    Raises ListenError, ProxySettingError, or OSError for trusted certificates or a salt that cannot be read.
    """
    address = ListenAddress.of(options.listen)
    if not address.is_loopback and not options.allow_remote:
        raise ListenError(
            f"--listen {options.listen}: whoever reaches this address can call the API through it, in plain "
            "HTTP; add --allow-remote if that is meant, or listen on 127.0.0.1"
        )
    upstream = Address.of(plan.upstream)
    check_no_loop(address, upstream)
    # Errors that every worker would have are reported here, once.
    Upstream(plan.upstream, clock=SystemClock())
    applications_of(plan.applications, plan.data_dir)
    if options.workers > 1:
        sock, address = reserved(address)
    else:
        sock = bound(address, shared=False)
        address = ListenAddress(address.host, sock.getsockname()[1])
    _warn(address, upstream, plan.warn)

    def started() -> None:
        _announce(address, plan.upstream, emit, plan.say)

    # Before the workers start, so that they share it.
    warm_up()
    with sock:
        if options.workers > 1:
            code = supervise(plan, address, sock, options.workers, started=started)
        else:
            code = serve(plan, sock, started=started)
    plan.say("stopped")
    return code


def _warn(address: ListenAddress, upstream: Address, warn: Callable[[str], None]) -> None:
    if not address.is_loopback:
        warn(
            f"warning: {address.url} is open to other machines, and keys and prompts pass in plain HTTP: "
            "put TLS and access control in front"
        )
    if not upstream.secure and upstream.host not in {"127.0.0.1", "::1", "localhost"}:
        warn(f"warning: the upstream {upstream.netloc} is plain HTTP: keys and prompts go there unencrypted")


def _announce(
    address: ListenAddress, url: str, emit: Callable[[str], None], say: Callable[[str], None]
) -> None:
    say(f"{address.url} passes calls on to {url}")
    say(f"health: {address.url}{HEALTH_PATH.decode()}")
    emit(f"export ANTHROPIC_BASE_URL={address.url}")
    emit("# for Claude Code, which turns tool search off behind another base URL, several times the tokens:")
    emit("export ENABLE_TOOL_SEARCH=true")
    if not is_gateway(url):
        emit("# and, undocumented, to keep its 1M-token window; correct only in front of the real API:")
        emit("export _CLAUDE_CODE_ASSUME_FIRST_PARTY_BASE_URL=1")
    say("an application is named by the header x-claude-top-app, which is not forwarded; ctrl+c stops")


class NoKeyError(ClaudeTopError):
    """There is no key to fingerprint."""


def print_fingerprint(environ: Mapping[str, str], plan: ProxyPlan, emit: Callable[[str], None]) -> int:
    """Prints the fingerprint of the key in the environment. Raises NoKeyError or OSError."""
    key = environ.get(API_KEY) or environ.get(AUTH_TOKEN)
    if not key:
        raise NoKeyError(f"--fingerprint needs the key in {API_KEY} (or {AUTH_TOKEN}), and neither is set")
    emit(f"key:{Fingerprints.kept_in(plan.data_dir).of(os.fsencode(key.strip()))}")
    return 0
