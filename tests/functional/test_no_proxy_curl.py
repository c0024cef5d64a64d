"""NO_PROXY against curl itself: the same entries send the same hosts past the proxy."""

from __future__ import annotations

import asyncio

import pytest

from claude_tui.probes.no_proxy import is_direct
from tests.programs import needs_program, program
from tests.wire_server import WireServer, response

CURL = program("curl")
HOSTS = ("api.example", "example", "notexample", "10.example", "127.0.0.1")
ENTRIES = (
    "*",
    "example",
    ".example",
    "EXAMPLE",
    "example.",
    "*.example",
    "other,example",
    "other, .example ,more",
    "127.0.0.1",
    "127.0.0.0/8",
    "127.9.9.9/16",
    "127.0.1.0/24",
    "127.0.0.1/32",
    "127.0.0.128/25",
    "128.0.0.0/8",
    "0.0.1",
    "10.0.0.0/8",
    "bad/entry,api.example",
)


@needs_program("curl", verifies="that NO_PROXY is read as curl reads it")
@pytest.mark.parametrize("no_proxy", ENTRIES)
async def test_curl_goes_the_same_way(no_proxy: str) -> None:
    async with (
        WireServer(response(b"proxy\n")) as proxy,
        WireServer(response(b"direct\n")) as target,
    ):
        urls = [f"http://{host}:{target.port}/" for host in HOSTS]
        named = [host for host in HOSTS if host[-1].isalpha()]
        names = [word for host in named for word in ("--resolve", f"{host}:{target.port}:127.0.0.1")]
        assert CURL is not None
        command = [CURL, "-q", "-sS", "--max-time", "20", "--proxy", proxy.url, "--noproxy", no_proxy]
        curl = await asyncio.create_subprocess_exec(
            *command, *names, *urls, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        stdout, trouble = await curl.communicate()
    ways = ["direct" if is_direct(url, no_proxy) else "proxy" for url in urls]
    assert stdout.decode().split() == ways, trouble.decode()
