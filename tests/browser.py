"""A real Chromium without a window, driven over its DevTools protocol."""

from __future__ import annotations

import asyncio
import base64
import itertools
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp

from tests.programs import program

__all__ = ["CHROMIUM", "Browser", "Page", "chromium"]

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_S = 60.0

# The page keeps its terminal in a local variable, so this catches it when it is assigned to such a property.
_KEEP_TERMINAL = """
Object.defineProperty(Object.prototype, "terminal", {
  configurable: true,
  set(value) {
    Object.defineProperty(this, "terminal", {value, writable: true, configurable: true});
    window.testedTerminal = value;
  },
});
"""
_SCREEN = """
(() => {
  const buffer = window.testedTerminal?.buffer?.active;
  if (!buffer) return "";
  return Array.from({length: window.testedTerminal.rows}, (_, row) =>
    buffer.getLine(row)?.translateToString(true) ?? "").join("\\n");
})()
"""
_KEYS = {"Enter": ("Enter", 13, "\r"), "Escape": ("Escape", 27, "\x1b")}


# What it says when another page comes while a script runs, depending on how far it had come.
_NAVIGATED = ("navigated or closed", "context was destroyed", "Cannot find context", "Cannot find default")


class NavigatedError(Exception):
    """The page was replaced while it was queried."""


class Page:
    """One tab, with the requests that it made."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._reader = asyncio.create_task(self._read())
        self.requested: list[str] = []
        """Every URL that it requested, sockets included."""
        self.statuses: dict[str, int] = {}
        """The status of each response, by URL."""
        self.problems: list[str] = []
        """The errors in its console."""

    async def _read(self) -> None:
        async for message in self._socket:
            event = message.json()
            if "id" in event:
                answer = self._answers.pop(event["id"])
                if not answer.done():  # nobody may wait for it any more
                    answer.set_result(event)
                continue
            match event["method"], event["params"]:
                case "Network.requestWillBeSent", {"request": {"url": url}}:
                    self.requested.append(url)
                case "Network.webSocketCreated", {"url": url}:
                    self.requested.append(url)
                case "Network.responseReceived", {"response": {"url": url, "status": status}}:
                    self.statuses[url] = status
                case "Log.entryAdded", {"entry": {"text": text}}:
                    self.problems.append(text)
                case "Runtime.exceptionThrown", {"exceptionDetails": details}:
                    self.problems.append(str(details))

    async def ask(self, method: str, **params: object) -> dict[str, Any]:
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": params})
        event = await asyncio.wait_for(answer, PATIENCE_S)
        if any(words in str(event.get("error")) for words in _NAVIGATED):
            raise NavigatedError(method)
        assert "error" not in event, event
        return event["result"]

    async def go(self, url: str) -> None:
        await self.ask("Page.navigate", url=url)

    async def run(self, script: str) -> Any:
        found = await self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        return found["result"].get("value")

    async def screen(self) -> str:
        """The text in the page's terminal."""
        try:
            return str(await self.run(_SCREEN) or "")
        except NavigatedError:
            return ""

    async def text(self) -> str:
        try:
            return str(await self.run("document.body ? document.body.innerText : ''"))
        except NavigatedError:
            return ""

    async def until(
        self, met: Callable[[str], bool], read: Callable[[], Awaitable[str]] | None = None
    ) -> str:
        """Waits until the screen, or the result of `read`, is as expected, and returns it."""
        end = asyncio.get_running_loop().time() + PATIENCE_S
        while not met(seen := await (read or self.screen)()):
            assert asyncio.get_running_loop().time() < end, f"did not appear:\n{seen}\n{self.problems}"
            await asyncio.sleep(0.1)
        return seen

    async def press(self, key: str) -> None:
        name, code, text = _KEYS[key] if key in _KEYS else (key, ord(key.upper()), key)
        common = {"key": name, "windowsVirtualKeyCode": code}
        await self.ask("Input.dispatchKeyEvent", type="keyDown", text=text, **common)
        await self.ask("Input.dispatchKeyEvent", type="keyUp", **common)

    async def click(self, column: int, row: int) -> None:
        """Clicks on a cell of the terminal."""
        x, y = await self.run(f"""(() => {{
            const box = document.querySelector(".xterm-screen").getBoundingClientRect();
            const {{cols, rows}} = window.testedTerminal;
            return [box.x + box.width * ({column} + 0.5) / cols, box.y + box.height * ({row} + 0.5) / rows];
        }})()""")
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            await self.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    async def picture(self) -> bytes:
        """A PNG of the page."""
        found = await self.ask("Page.captureScreenshot", format="png")
        return base64.b64decode(found["data"])

    async def submit(self, script: str) -> None:
        """Runs what sends a form: its page may be gone before it can answer."""
        with suppress(NavigatedError):
            await self.run(script)

    async def close(self) -> None:
        # The tab may be gone before it can answer.
        closing = asyncio.create_task(self.ask("Page.close"))
        await asyncio.wait((closing, self._reader), return_when=asyncio.FIRST_COMPLETED)
        closing.cancel()
        self._reader.cancel()
        await self._socket.close()


class Browser:
    """A Chromium with no other tabs."""

    def __init__(self, session: aiohttp.ClientSession, base: str) -> None:
        self._session = session
        self._base = base

    async def open(self, url: str) -> Page:
        async with self._session.put(f"{self._base}/json/new?about:blank") as answer:
            address = (await answer.json())["webSocketDebuggerUrl"]
        page = Page(await self._session.ws_connect(address, max_msg_size=0))
        for domain in ("Page", "Network", "Log", "Runtime"):
            await page.ask(f"{domain}.enable")
        await page.ask("Page.addScriptToEvaluateOnNewDocument", source=_KEEP_TERMINAL)
        await page.ask(
            "Emulation.setDeviceMetricsOverride", width=1200, height=800, deviceScaleFactor=1, mobile=False
        )
        await page.go(url)
        return page


@asynccontextmanager
async def chromium(profile: Path) -> AsyncIterator[Browser]:
    """Starts one with a profile of its own, without a sandbox, which containers do not allow."""
    path = program(*CHROMIUM)
    assert path is not None
    process = await asyncio.create_subprocess_exec(
        path,
        *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"),
        *("--remote-debugging-port=0", f"--user-data-dir={profile}", "--disable-background-networking"),
        # It looks up no host but the server's, so that any request to another host fails at once.
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
        "about:blank",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "HOME": str(profile)},
        start_new_session=True,
    )
    try:
        async with aiohttp.ClientSession() as session:
            yield Browser(session, f"http://127.0.0.1:{await _port(process, profile)}")
    finally:
        process.terminate()
        await process.wait()
        shutil.rmtree(profile, ignore_errors=True)


async def _port(process: asyncio.subprocess.Process, profile: Path) -> str:
    file, end = profile / "DevToolsActivePort", asyncio.get_running_loop().time() + PATIENCE_S
    while not file.exists() or "\n" not in file.read_text():
        assert process.returncode is None, "Chromium has ended"
        assert asyncio.get_running_loop().time() < end, "Chromium does not start"
        await asyncio.sleep(0.05)
    return file.read_text().partition("\n")[0]
