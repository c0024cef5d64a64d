"""Every scenario of the simulator, with and without the proxy: heads, bodies and cuts are the same."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import replace

import pytest

from claude_tui.simulator.scenario import load, names
from tests.proxied import Client, Message, message_of, proxied
from tests.simulated import HEADERS, MESSAGE, simulated

HOP = {b"connection", b"keep-alive", b"transfer-encoding"}
HANGS_AFTER_S = 3.0


def request(path: str, body: object = None, *, method: str = "POST") -> bytes:
    data = b"" if body is None else json.dumps(body).encode()
    fields = {**HEADERS, "host": "api.example.com", "connection": "close", "content-length": str(len(data))}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + data


def end_to_end(message: Message) -> Counter[tuple[bytes, bytes]]:
    return Counter((name, value) for name, value in message.headers if name.lower() not in HOP)


async def exchanged(url: str, data: bytes) -> bytes | None:
    """What came until the end; None if nothing came."""
    async with Client(url) as client:
        try:
            await client.send(data)
            async with asyncio.timeout(HANGS_AFTER_S):
                return await client.rest() or None
        except (ConnectionError, TimeoutError):
            return client.reader._buffer[:] or None  # type: ignore[attr-defined]


LONG = {**MESSAGE, "messages": [{"role": "user", "content": 'é"\\ x' * 200_000}]}
REQUESTS = {
    "message": request("/v1/messages", MESSAGE),
    "stream": request("/v1/messages", {**MESSAGE, "stream": True}),
    "message of 1 MB": request("/v1/messages", LONG),
    "stream of 1 MB": request("/v1/messages?beta=true", {**LONG, "stream": True}),
    "count": request("/v1/messages/count_tokens", {k: v for k, v in MESSAGE.items() if k != "max_tokens"}),
    "models": request("/v1/models?limit=3", method="GET"),
    "unknown path": request("/v1/nothing/here?a=b%20c&a=", {"any": "thing"}),
    "head": request("/v1/models", method="HEAD"),
}


@pytest.mark.parametrize("name", [name for name, _ in names()])
async def test_each_scenario_looks_the_same_through_the_proxy(name: str) -> None:
    script = load(name)
    starts, at_s = [1.0], 0.0
    for phase_at, _ in script.after(0.0):
        starts.append(phase_at + 1.0)
    for at_s in starts:
        async with (
            simulated(name, at_s) as here,
            simulated(name, at_s) as there,
            proxied(there.base_url) as proxy,
        ):
            for what, data in REQUESTS.items():
                straight, through = await asyncio.gather(
                    exchanged(here.base_url, data), exchanged(proxy.url, data)
                )
                compare(straight, through, f"{name} at {at_s:g}s: {what}")


def compare(straight: bytes | None, through: bytes | None, what: str) -> None:
    if straight is None:
        # Nothing came, or a reset has taken it back: so it is through the proxy, or the proxy says so.
        marked = through is None or b"\r\nx-claude-top-proxy: " in through
        assert marked or not message_of(through or b"").complete, what
        return
    assert through is not None, what
    one, other = message_of(straight), message_of(through)
    if what.endswith("head"):
        # The simulator sends a body all the same, which no client reads.
        one, other = replace(one, body=b"", complete=False), replace(other, complete=False)
    assert (other.line, other.body, other.complete) == (one.line, one.body, one.complete), what
    assert end_to_end(other) == end_to_end(one), what
