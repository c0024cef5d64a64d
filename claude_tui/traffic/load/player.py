"""Plays the calls of fictitious applications: with and without streaming, with retries and a bad deploy."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from random import Random

import aiohttp

from claude_tui.simulator.applications import APPLICATIONS, SIZES, SimulatedApplication, model_of
from claude_tui.simulator.generation import CHARS_PER_TOKEN, tokens_in
from claude_tui.simulator.script import Scenario
from claude_tui.traffic.applications import APP_HEADER

__all__ = ["Player"]

# Shaped like a key but not a real one: the simulator accepts any.
_KEY = "sk-ant-api03-simulated-load"
_TIMEOUT_S = 30.0
# The pool rotates its connections. At a call a second, the usual 15 s would keep fifteen of them open for
# ever once as many calls were open at a time; each takes four sockets if the proxy runs in this process.
_IDLE_S = 2.0
# A scenario in which nothing responds must not fill the memory.
_MOST_OPEN = 2000
# The waits of the SDK, which honours a longer retry-after instead.
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 8.0
_RETRIED = frozenset({408, 409, 429})


class Player:
    """Starts calls at random instants, at a mean rate per second, until it is cancelled."""

    def __init__(
        self,
        url: str,
        scenario: Scenario,
        per_second: float,
        *,
        bad_deploy: Callable[[], str] = lambda: "",
        seed: int = 1,
        applications: Sequence[SimulatedApplication] = APPLICATIONS,
    ) -> None:
        self._url = f"{url}/v1/messages"
        self._per_second = per_second
        self._bad_deploy = bad_deploy
        self._random = Random(f"{seed}/load")
        self._applications = applications
        self._shares = [application.share for application in applications]
        self._bodies = {
            application.name: _bodies(application, model_of(application, scenario))
            for application in applications
        }
        self._number = 0
        self._open: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Plays until it is cancelled, which abandons all open calls."""
        loop = asyncio.get_running_loop()
        connections = aiohttp.TCPConnector(limit=0, keepalive_timeout=_IDLE_S)
        timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
        async with aiohttp.ClientSession(connector=connections, timeout=timeout) as session:
            due = loop.time()
            try:
                while True:
                    due += self._random.expovariate(self._per_second)
                    await asyncio.sleep(due - loop.time())
                    if len(self._open) < _MOST_OPEN:
                        task = loop.create_task(self._call(session))
                        self._open.add(task)
                        task.add_done_callback(self._open.discard)
            finally:
                for task in list(self._open):
                    task.cancel()
                await asyncio.gather(*self._open, return_exceptions=True)

    async def _call(self, session: aiohttp.ClientSession) -> None:
        """One call, with its retries."""
        random = self._random
        (application,) = random.choices(self._applications, self._shares)
        body = self._body(application)
        for attempt in range(application.retries + 1):
            asked_s = await self._attempt(session, application, body, attempt)
            if asked_s is None:
                return
            own_s = min(_FIRST_WAIT_S * 2**attempt, _LONGEST_WAIT_S) * random.uniform(0.75, 1.0)
            await asyncio.sleep(asked_s if asked_s and application.waits else own_s)

    def _body(self, application: SimulatedApplication) -> bytes:
        random = self._random
        streamed = random.random() < application.streamed
        if self._bad_deploy() == application.name:
            # The bug in a new version.
            return b'{"model":"claude-haiku-5-5","max_tokens":0,"messages":[{"role":"user","content":"?"}]}'
        self._number += 1
        # No two calls are the same, but the attempts of one call are.
        return b'%s,"metadata":{"user_id":"load-%d"}}' % (
            random.choice(self._bodies[application.name][streamed])[:-1],
            self._number,
        )

    async def _attempt(
        self, session: aiohttp.ClientSession, application: SimulatedApplication, body: bytes, attempt: int
    ) -> float | None:
        """Seconds to wait before the next attempt, 0 if none are requested; None if this was the last."""
        headers = {
            "content-type": "application/json",
            "anthropic-version": "2023-06-01",
            "x-api-key": _KEY,
            "user-agent": "claude-top-load",
            "x-stainless-retry-count": str(attempt),
            APP_HEADER.decode(): application.name,
        }
        try:
            async with session.post(self._url, data=body, headers=headers) as answer:
                async for _ in answer.content.iter_any():
                    pass
                if answer.status < 500 and answer.status not in _RETRIED:
                    return None
                return _seconds(answer.headers.get("retry-after"))
        except (aiohttp.ClientError, OSError):
            return 0.0
        except TimeoutError:
            return None


def _bodies(application: SimulatedApplication, model: str) -> dict[bool, list[bytes]]:
    """The bodies of an application's requests, by whether they ask for a stream."""
    return {
        streamed: [_request(application, model, size, streamed=streamed) for size in SIZES]
        for streamed in (False, True)
    }


def _request(application: SimulatedApplication, model: str, size: float, *, streamed: bool) -> bytes:
    request: dict[str, object] = {
        "model": model,
        "max_tokens": application.max_tokens,
        "messages": [{"role": "user", "content": "?"}],
    }
    missing = int(application.prompt_tokens * size) - tokens_in(request)
    request["system"] = "lorem ipsum " * (missing * CHARS_PER_TOKEN // 12)
    return json.dumps(request | ({"stream": True} if streamed else {})).encode()


def _seconds(text: str | None) -> float:
    return float(text) if text and text.isdigit() and len(text) < 4 else 0.0
