"""`claude-top serve` in a real Chromium: what a person without a shell sees, can do, and cannot do."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import struct
import subprocess
import sys
import zlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.agents import PATIENCE_S, Agents, Tap, tapped
from tests.browser import CHROMIUM, Browser, chromium
from tests.programs import needs_program

pytestmark = needs_program(*CHROMIUM, verifies="the dashboard in a browser")

TOKEN = "a-token-of-some-length-that-nobody-logs"


@pytest.fixture
def tap() -> Iterator[Tap]:
    with tapped("outage") as tap:
        yield tap


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[Browser]:
    async with chromium(tmp_path / "profile") as browser:
        yield browser


class Server:
    """A `claude-top serve` process."""

    def __init__(self, process: asyncio.subprocess.Process, url: str, errors: Path) -> None:
        self.process = process
        self.url = url
        self._errors = errors

    @property
    def logged(self) -> str:
        return self._errors.read_text("utf-8")

    @property
    def sessions(self) -> list[int]:
        """The process ids of the dashboards."""
        children = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        return [int(pid) for file in children for pid in file.read_text().split()]


@asynccontextmanager
async def serving(directory: Path, environ: Mapping[str, str], *arguments: str) -> AsyncIterator[Server]:
    errors = directory / "serve.err"
    with errors.open("wb") as stderr:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "claude_tui", "serve", "--listen", "127.0.0.1:0"),
            *("--config", str(directory / "config.toml"), *arguments),
            stdout=subprocess.PIPE,
            stderr=stderr,
            stdin=subprocess.DEVNULL,
            env={**environ},
        )
    try:
        assert process.stdout is not None
        url = (await asyncio.wait_for(process.stdout.readline(), PATIENCE_S)).decode().strip()
        assert url.startswith("http://127.0.0.1:"), errors.read_text()
        yield Server(process, url, errors)
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.wait(), PATIENCE_S)


async def until(met: Callable[[], object], what: str) -> None:
    end = asyncio.get_running_loop().time() + PATIENCE_S
    while not met():
        assert asyncio.get_running_loop().time() < end, what
        await asyncio.sleep(0.05)


async def no_more(tap: Tap) -> dict[str, int]:
    """The requests, once the client has stopped: some may still be on their way to the tap."""
    before: dict[str, int] | None = None
    while before != (seen := dict(tap.requests)):
        before = seen
        await asyncio.sleep(1)
    return seen


def of_process(pid: int, name: str) -> str:
    return Path(f"/proc/{pid}/{name}").read_text("utf-8", "replace")


def is_running(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def lit(png: bytes) -> int:
    """How many pixels of a picture (8 bits, RGB or RGBA) are clearly brighter than the page's background."""
    width, height, _, kind = struct.unpack(">IIBB", png[16:26])
    channels = {2: 3, 6: 4}[kind]
    raw, place = b"", 8
    while place < len(png):
        length, name = struct.unpack(">I4s", png[place : place + 8])
        raw += png[place + 8 : place + 8 + length] if name == b"IDAT" else b""
        place += length + 12
    rows, previous, count = zlib.decompress(raw), bytearray(width * channels), 0
    for y in range(height):
        start = y * (width * channels + 1)
        line = bytearray(rows[start + 1 : start + 1 + width * channels])
        _unfilter(rows[start], line, previous, channels)
        count += sum(value > 120 for value in line[1::channels])
        previous = line
    return count


def _unfilter(kind: int, line: bytearray, above: bytearray, step: int) -> None:
    """Undoes one of the filters of PNG in place."""
    for x in range(len(line)):
        left = line[x - step] if x >= step else 0
        corner = above[x - step] if x >= step else 0
        by = (0, left, above[x], (left + above[x]) // 2, _paeth(left, above[x], corner))[kind]
        line[x] = (line[x] + by) & 255


def _paeth(left: int, above: int, corner: int) -> int:
    guess = left + above - corner
    return min((left, above, corner), key=lambda estimate: abs(guess - estimate))


async def test_panels_keys_and_mouse_without_any_other_host(
    tmp_path: Path, tap: Tap, browser: Browser
) -> None:
    with Agents(tmp_path, tap.url) as agents:
        agents.start()
        await until(lambda: agents.collector, "nobody collects")
        async with serving(tmp_path, agents.environ) as server:
            page = await browser.open(server.url)
            screen = await page.until(lambda text: "It's them" in text)
            assert "READ-ONLY" in screen
            for panel in ("1 Status", "2 Headroom", "3 Errors", "4 Latency", "5 Events"):
                assert panel in screen
            # Not only in the terminal's memory: on the page.
            assert lit(await page.picture()) > 5_000

            await page.press("?")
            await page.until(lambda text: "Who collects" in text)
            await page.press("Escape")
            await page.until(lambda text: "Who collects" not in text and "5 Events" in text)

            rows = screen.splitlines()
            row = next(number for number, text in enumerate(rows) if "5 Events" in text) + 1
            await page.click(rows[row - 1].index("5 Events") + 4, row)
            await page.until(lambda text: "▸" in text)

            own = urlsplit(server.url).netloc
            assert {urlsplit(url).netloc for url in page.requested if not url.startswith("data:")} == {own}
            assert any("Roboto" in url for url in page.requested)
            assert [problem for problem in page.problems if "WebGL" not in problem] == []
            await page.close()


async def test_a_wrong_token_gets_401_and_nothing_else_and_the_right_one_is_shown_once(
    tmp_path: Path, tap: Tap, browser: Browser
) -> None:
    agents = Agents(tmp_path, tap.url)
    environ = {**agents.environ, "CLAUDE_TOP_SERVE_TOKEN": TOKEN}
    async with serving(tmp_path, environ) as server:
        wrong = await browser.open(f"{server.url}?token=not-{TOKEN}")
        assert await wrong.until(bool, wrong.text) == "401: Unauthorized"
        await wrong.go(server.url)
        await wrong.until(lambda text: "Token" in text, wrong.text)
        assert wrong.statuses[server.url] == 401
        await wrong.submit('document.querySelector("input").value = "wrong"; document.forms[0].submit()')
        await wrong.until(lambda text: text == "401: Unauthorized", wrong.text)
        assert not any("static" in url or "/ws" in url for url in wrong.requested)
        assert server.sessions == []

        right = await browser.open(f"{server.url}?token={TOKEN}")
        await right.until(lambda text: "5 Events" in text)
        assert await right.run("location.href") == server.url
        assert await right.run("document.cookie") == ""
        assert not any(TOKEN in url for url in right.requested[1:])

        (session,) = server.sessions
        for pid in (server.process.pid, session):
            assert TOKEN not in of_process(pid, "cmdline")
        environment = of_process(session, "environ")
        assert TOKEN not in environment
        assert "sk-ant-" not in environment
        assert TOKEN not in server.logged


async def test_two_browsers_cause_no_probing_and_leaving_ends_their_processes(
    tmp_path: Path, tap: Tap, browser: Browser
) -> None:
    with Agents(tmp_path, tap.url) as agents:
        agent = agents.start()
        await until(lambda: agents.collector and tap.requests["/v1/messages"], "nobody collects")
        async with serving(tmp_path, agents.environ) as server:
            pages = [await browser.open(server.url) for _ in range(2)]
            for page in pages:
                await page.until(lambda text: "It's them" in text)
            await until(lambda: len(server.sessions) == 2, "two sessions")
            sessions = server.sessions
            # Whatever is sent from now on, a browser's dashboard sends.
            agent.process.send_signal(signal.SIGSTOP)
            before = await no_more(tap)
            for page in pages:
                await page.press("p")
                await page.press("?")
                await page.until(lambda text: "Who collects" in text)
            # Longer than the lease of a collector that has ended stays free.
            await asyncio.sleep(4)
            assert dict(tap.requests) == before
            assert not any("pydantic_core" in of_process(pid, "maps") for pid in sessions)
            agent.process.send_signal(signal.SIGCONT)
            await pages[0].close()
            await until(lambda: len(server.sessions) == 1, "the process of a browser that left goes on")
            await pages[1].go("about:blank")
            await until(lambda: not any(map(is_running, sessions)), "a process goes on")


async def test_with_actions_one_of_the_browsers_collects_and_a_killed_server_leaves_nothing(
    tmp_path: Path, tap: Tap, browser: Browser
) -> None:
    agents = Agents(tmp_path, tap.url)
    environ = {**agents.environ, "CLAUDE_TOP_SERVE_TOKEN": TOKEN}
    async with serving(tmp_path, environ, "--allow-actions") as server:
        for _ in range(2):
            page = await browser.open(f"{server.url}?token={TOKEN}")
            screen = await page.until(lambda text: "It's them" in text)
            assert "READ-ONLY" not in screen
        sessions = server.sessions
        (lease,) = (tmp_path / "data").glob("*.lease")
        assert json.loads(lease.read_text().partition("\n")[0])["pid"] in sessions

        def probing() -> list[int]:
            return [pid for pid in sessions if "pydantic_core" in of_process(pid, "maps")]

        await until(probing, "nobody loads what probes need")
        assert len(probing()) == 1
        os.kill(server.process.pid, signal.SIGKILL)
        await until(lambda: not any(map(is_running, sessions)), "a process outlives its server")
        await page.until(lambda text: "This session has ended." in text, page.text)
