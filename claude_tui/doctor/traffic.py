"""The sources of own traffic: the proxy, and the OTLP receiver."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial
from importlib.util import find_spec

from claude_tui.doctor.finding import Area, Condition, Finding
from claude_tui.model.extras import install_command
from claude_tui.settings import Settings
from claude_tui.traffic.proxy.answers import HEALTH_PATH, MARK

__all__ = ["examine_traffic"]

_finding = partial(Finding, Area.TRAFFIC)

_WITHIN_S = 2.0
PROXY = ("127.0.0.1", 8787)
"""Where `claude-top proxy` listens by default."""


async def examine_traffic(
    settings: Settings, *, collects: bool, proxy: tuple[str, int] = PROXY
) -> AsyncIterator[Finding]:
    """`collects` says whether somebody collects for this target: that process receives OTLP."""
    yield await _proxy(*proxy)
    for name, setting, address in (
        ("OTLP", "traffic.otlp", settings.traffic_otlp),
        ("OTLP over gRPC", "traffic.otlp_grpc", settings.traffic_otlp_grpc),
    ):
        if address:
            yield await _receiver(name, setting, address, collects=collects)
        elif name == "OTLP":
            text = "not received"
            yield _finding(name, Condition.NOTE, text, "claude-top manual traffic explains what it is for")


async def _proxy(host: str, port: int) -> Finding:
    place = f"{host}:{port}"
    answer = await _asked(host, port, HEALTH_PATH)
    if answer is None:
        text = f"none at {place}"
        return _finding("proxy", Condition.NOTE, text, "claude-top proxy measures your applications' calls")
    if MARK in answer.lower():
        return _finding("proxy", Condition.GOOD, f"runs at {place}")
    text = f"another program listens at {place}"
    return _finding("proxy", Condition.NOTE, text, "claude-top proxy --listen uses another port")


async def _receiver(name: str, setting: str, address: str, *, collects: bool) -> Finding:
    if name != "OTLP" and find_spec("h2") is None:
        text = f"{setting} is set, but the extra grpc is not installed"
        return _finding(name, Condition.BAD, text, install_command("grpc"))
    host, _, port = address.rpartition(":")
    listens = await _asked(host.strip("[]"), int(port), None) is not None
    if listens and collects:
        return _finding(name, Condition.GOOD, f"received at {address}")
    if listens:
        text = f"another program listens at {address} ({setting}), and nobody collects"
        return _finding(name, Condition.WARNING, text, "end it, or choose another port")
    if collects:
        text = f"nobody listens at {address} ({setting})"
        return _finding(name, Condition.WARNING, text, "restart the collector, which may have other settings")
    return _finding(name, Condition.NOTE, f"{address} is free, for whoever collects")


async def _asked(host: str, port: int, path: bytes | None) -> bytes | None:
    """The beginning of the answer to a GET, empty without `path`; None if nobody listens."""
    try:
        async with asyncio.timeout(_WITHIN_S):
            reader, writer = await asyncio.open_connection(host, port)
    except OSError:
        return None
    answer = b""
    try:
        if path is not None:
            writer.write(b"GET " + path + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            # A program that is not an HTTP server may never respond.
            with suppress(OSError):
                async with asyncio.timeout(_WITHIN_S):
                    answer = await reader.read(2048)
    finally:
        writer.close()
    return answer
