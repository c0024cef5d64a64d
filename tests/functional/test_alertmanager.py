"""Against the real Alertmanager, where Debian's `prometheus-alertmanager` is installed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from claude_tui.alerting.delivery import open_alertmanager
from claude_tui.alerting.manager import Alerting
from claude_tui.alerting.persistence import StateHolder
from claude_tui.alerting.routes import AlertSettings, Route, RouteKind
from claude_tui.alerting.workers import AlertmanagerSync, DeliveryWorker
from claude_tui.model.retry import RetryPolicy
from claude_tui.model.text import Redactor
from claude_tui.model.verdict import Cause, Severity, Verdict
from tests.alerts import HEALTHY, OUTAGE, TARGET, Clock, Memory, scene, verdict, verdict_rules
from tests.ports import unused_port
from tests.programs import needs_program, program
from tests.wire_server import WireServer, response

NAMES = ("prometheus-alertmanager", "alertmanager")
PROGRAM = program(*NAMES)
pytestmark = needs_program(*NAMES, verifies="that Alertmanager takes, groups and ends our alerts")
PATIENCE_S = 60.0

CONFIG = """
route:
  receiver: hook
  group_by: [alertname]
  group_wait: 10ms
  group_interval: 1s
  repeat_interval: 1h
receivers:
  - name: hook
    webhook_configs:
      - url: {url}/hook
        send_resolved: true
"""


@dataclass
class Receiver:
    """A running Alertmanager, and the hook that it notifies."""

    url: str
    hook: WireServer
    client: httpx.AsyncClient

    async def alerts(self) -> list[dict[str, Any]]:
        answer = await self.client.get(f"{self.url}/api/v2/alerts")
        return list(answer.json())

    def notified_routes(self) -> list[tuple[str, str]]:
        """(status, severity) of each alert of each notification, in order."""
        return [
            (alert["status"], alert["labels"]["severity"])
            for request in self.hook.requests
            for alert in json.loads(request.body)["alerts"]
        ]


async def until(true: Callable[[], Awaitable[object]]) -> None:
    """Waits for something that another process does without announcing it."""
    async with asyncio.timeout(PATIENCE_S):
        while not await true():  # noqa: ASYNC110 - another process has no Event
            await asyncio.sleep(0.02)


@asynccontextmanager
async def alertmanager(folder: Path) -> AsyncIterator[Receiver]:
    async with WireServer(response()) as hook, httpx.AsyncClient(trust_env=False) as client:
        config = folder / "alertmanager.yml"
        config.write_text(CONFIG.format(url=hook.url))
        url = f"http://127.0.0.1:{unused_port()}"
        process = await asyncio.create_subprocess_exec(
            str(PROGRAM),
            f"--config.file={config}",
            f"--storage.path={folder / 'data'}",
            f"--web.listen-address={url.removeprefix('http://')}",
            "--cluster.listen-address=",
            "--log.level=error",
        )
        try:

            async def ready() -> bool:
                try:
                    return (await client.get(f"{url}/-/ready")).status_code == 200
                except httpx.TransportError:
                    return False

            await until(ready)
            yield Receiver(url, hook, client)
        finally:
            process.terminate()
            await process.wait()


class Watch:
    """Alerting with one route, to an Alertmanager, that evaluates on demand. Its clock is the real one."""

    def __init__(self, url: str, memory: Memory | None = None) -> None:
        self.clock = Clock(datetime.now(UTC))
        self.alerting = Alerting(
            verdict_rules(keep_s=0),
            AlertSettings(routes=(Route("am", RouteKind.ALERTMANAGER, url),)),
            target=TARGET,
            backend=memory or Memory(),
            now=self.clock,
            open_worker=self._open,
        )

    def _open(self, route: Route, kept: StateHolder, redactor: Redactor) -> DeliveryWorker:
        receiver = open_alertmanager(route, redactor=redactor, now=self.clock, policy=RetryPolicy())
        self.courier = AlertmanagerSync(route, kept, self.clock, receiver, "prod")
        return self.courier

    async def sees(self, judged: Verdict) -> None:
        self.clock.at = max(datetime.now(UTC), self.clock.at + timedelta(milliseconds=1))
        self.alerting.evaluate(scene(self.clock.at, judged))
        await self.courier.step()

    async def __aenter__(self) -> Watch:
        await self.alerting.load()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.alerting.aclose()


async def test_one_outage_is_one_alert_from_beginning_to_end(tmp_path: Path) -> None:
    memory = Memory()
    async with alertmanager(tmp_path) as receiver:
        async with Watch(receiver.url, memory) as watch:
            await watch.sees(OUTAGE)
            (first,) = await receiver.alerts()
            assert first["status"]["state"] == "active"
            assert first["labels"]["alertname"] == "ClaudeProvider"
            assert first["annotations"]["next_step"] == "Back off."
        # Another run takes up where that one ended, and sends the same alert with a later end.
        async with Watch(receiver.url, memory) as watch:
            await watch.sees(OUTAGE)
            (again,) = await receiver.alerts()
            assert again["fingerprint"] == first["fingerprint"]
            assert again["startsAt"] == first["startsAt"]
            assert again["endsAt"] >= first["endsAt"]
            await until(lambda: _true(receiver.notified_routes() == [("firing", "P1")]))
            await watch.sees(HEALTHY)
            assert await receiver.alerts() == []
            await until(lambda: _true(receiver.notified_routes() == [("firing", "P1"), ("resolved", "P1")]))


async def test_a_severity_that_changes_ends_one_alert_and_begins_another(tmp_path: Path) -> None:
    async with alertmanager(tmp_path) as receiver, Watch(receiver.url) as watch:
        await watch.sees(OUTAGE)
        await watch.sees(verdict(Cause.PROVIDER_ERRORS, Severity.P3))
        (now,) = await receiver.alerts()
        assert now["labels"]["severity"] == "P3"
        await until(lambda: _true(("firing", "P3") in receiver.notified_routes()))
        assert ("firing", "P3") in receiver.notified_routes()


async def _true(value: bool) -> bool:
    return value
