"""Pages by apprise: what hangs is left behind, failures are reported, and no address is shown anywhere."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from claude_tui.alerting.delivery.abandonable import AbandonableThread, BusyError
from claude_tui.alerting.delivery.apprise_worker import AppriseJob, Outcome
from claude_tui.alerting.delivery.attempts import FailedAttemptError
from claude_tui.alerting.delivery.chat import Apprise
from claude_tui.alerting.delivery.http import JsonPoster
from claude_tui.alerting.delivery.log_guard import LogGuard
from claude_tui.alerting.routes import Route, RouteKind
from claude_tui.model.alert import Notification, NotificationKind
from claude_tui.model.retry import RetryPolicy
from claude_tui.model.text import Redactor
from claude_tui.model.verdict import Severity
from tests.alerts import PAGE
from tests.builders import NOON
from tests.ports import unused_port
from tests.wire_server import Answer, Request, WireServer, response

KEY = "R0123456789abcdefSECRET987654321"
SECRET = "T0kenT0kenSECRETpath"
QUICK = RetryPolicy(retries=2, most_s=0.3, honours_retry_after=True, timeout_s=60)
ONCE = replace(QUICK, retries=0)
PATIENCE_S = 60.0
"""Far less than the 600 seconds after which a message that hangs is given up."""

# Ends as soon as it is told that the message is on its way.
_LEAVES_ONE_BEHIND = """
import asyncio, sys
from claude_tui.alerting.delivery.chat import Apprise
from claude_tui.alerting.delivery.apprise_worker import AppriseJob, Outcome
from claude_tui.model.retry import RetryPolicy
from claude_tui.alerting.routes import Route, RouteKind
from claude_tui.model.text import Redactor
from tests.alerts import PAGE

route = Route("chat", RouteKind.APPRISE, sys.argv[1])
async def main():
    apprise = Apprise(route, Redactor(), RetryPolicy(retries=0, timeout_s=600.0), timeout_s=600.0)
    sending = asyncio.create_task(apprise.send(PAGE))
    await asyncio.to_thread(sys.stdin.readline)
    sending.cancel()

asyncio.run(main())
"""


class Nothing:
    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        return None


class TestApprise:
    def sender(self, url: str, *, policy: RetryPolicy = QUICK, timeout_s: float = 60.0) -> Apprise:
        route = Route("chat", RouteKind.APPRISE, url)
        return Apprise(route, Redactor(route.secrets), policy, timeout_s=timeout_s)

    async def test_a_page_arrives_as_plain_text(self) -> None:
        async with WireServer(response()) as server:
            tried = await self.sender(f"json://127.0.0.1:{server.port}/{SECRET}").send(PAGE)
        assert tried.failure is None
        sent = json.loads(server.requests[0].body)
        assert (sent["title"], sent["message"], sent["type"]) == (PAGE.title, PAGE.text, "failure")

    @pytest.mark.parametrize(
        ("page", "kind"),
        [
            (replace(PAGE, kind=NotificationKind.RESOLVED), "success"),
            (replace(PAGE, kind=NotificationKind.ACKNOWLEDGED), "info"),
            (replace(PAGE, severity=Severity.P3), "warning"),
        ],
    )
    async def test_its_kind_follows_what_it_says(self, page: Notification, kind: str) -> None:
        seen: list[str] = []

        def messenger(errand: AppriseJob) -> Outcome:
            seen.append(errand.kind)
            return Outcome(arrived=True)

        route = Route("chat", RouteKind.APPRISE, "json://x")
        await Apprise(route, Redactor(), QUICK, send_job=messenger).send(page)
        assert seen == [kind]

    async def test_what_may_have_arrived_before_says_so(self) -> None:
        async with WireServer(response()) as server:
            await self.sender(f"json://127.0.0.1:{server.port}/x").send(replace(PAGE, repeat=True))
        assert "may have arrived before" in json.loads(server.requests[0].body)["message"]

    @pytest.mark.parametrize(
        ("status", "attempts", "permanent"),
        [("404 Not Found", 1, True), ("302 Found", 1, True), ("429 Wait", 3, False), ("500 Oops", 3, False)],
    )
    async def test_statuses(self, status: str, attempts: int, permanent: bool) -> None:
        async with WireServer(response(status=status, headers={"location": "/other"})) as server:
            tried = await self.sender(f"json://127.0.0.1:{server.port}/{SECRET}").send(PAGE)
        assert tried.failure is not None
        assert (tried.attempts, tried.failure.permanent) == (attempts, permanent)
        assert tried.failure.http_status == int(status[:3])
        assert len(server.requests) == attempts

    async def test_nobody_there(self) -> None:
        tried = await self.sender(f"json://127.0.0.1:{unused_port()}/{SECRET}").send(PAGE)
        assert tried.failure is not None
        assert not tried.failure.permanent
        assert SECRET not in tried.failure.detail

    @pytest.mark.parametrize("url", ["nosuch://somewhere/abc", "slack://short", "https://example.test/x"])
    async def test_an_address_that_it_does_not_understand(self, url: str) -> None:
        tried = await self.sender(url).send(PAGE)
        assert tried.failure is not None
        assert (tried.attempts, tried.failure.permanent) == (1, True)

    async def test_a_receiver_that_hangs_is_left_behind_and_holds_up_only_its_own_messages(self) -> None:
        release = threading.Event()

        def messenger(_job: AppriseJob) -> Outcome:
            release.wait()
            return Outcome(arrived=True)

        route = Route("chat", RouteKind.APPRISE, "json://x")
        sender = Apprise(route, Redactor(), ONCE, timeout_s=0.1, send_job=messenger)
        first, second = await sender.send(PAGE), await sender.send(PAGE)
        assert first.failure is not None
        assert first.failure.detail == "no answer within 0.1 s"
        assert second.failure is not None
        assert "still hangs" in second.failure.detail
        release.set()
        arrived = False
        while not arrived:
            await asyncio.sleep(0)
            arrived = (await sender.send(PAGE)).failure is None

    async def test_a_receiver_that_hangs_does_not_keep_the_program_from_ending(self) -> None:
        arrived = asyncio.Event()

        async def hang(_request: Request, to: Answer) -> None:
            arrived.set()
            await to.hang()

        async with WireServer(hang) as server:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-c",
                _LEAVES_ONE_BEHIND,
                f"json://127.0.0.1:{server.port}/x?rto=600",
                cwd=Path(__file__).parents[2],
                stdin=asyncio.subprocess.PIPE,
            )
            async with asyncio.timeout(PATIENCE_S):
                await arrived.wait()
                await process.communicate(b"\n")
        assert process.returncode == 0
        assert len(server.requests) == 1

    async def test_whatever_a_plugin_raises_is_a_failed_try(self) -> None:
        def messenger(_errand: AppriseJob) -> Outcome:
            raise RuntimeError(f"cannot reach https://hooks.example.test/{SECRET}")

        route = Route("chat", RouteKind.APPRISE, f"json://x/{SECRET}")
        sender = Apprise(route, Redactor(route.secrets), QUICK, send_job=messenger)
        tried = await sender.send(PAGE)
        assert tried.failure is not None
        assert tried.failure.detail == "RuntimeError: cannot reach https://hooks.example.test/[redacted]"
        assert tried.failure.__cause__ is None


class TestSecrets:
    @pytest.mark.parametrize("status", ["200 OK", "404 Not Found", "500 Oops"])
    async def test_no_log_line_holds_a_part_of_an_address(
        self, status: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
    ) -> None:
        caplog.set_level(1)
        for name in ("httpx", "httpcore.http11"):
            caplog.set_level(1, logger=name)
        guard = LogGuard(Redactor([SECRET, KEY, "passw0rdSECRET"]))
        guard.install()
        try:
            async with WireServer(response({"echo": SECRET}, status=status)) as server:
                url = f"json://user:passw0rdSECRET@127.0.0.1:{server.port}/{SECRET}/?-token={KEY}"
                route = Route("chat", RouteKind.APPRISE, url)
                tried = await Apprise(route, Redactor(route.secrets), ONCE).send(PAGE)
                wire = JsonPoster(redactor=Redactor([KEY, SECRET]), now=lambda: NOON)
                with pytest.raises(FailedAttemptError) if status[0] != "2" else Nothing() as raised:
                    await wire.post(f"{server.url}/{SECRET}?key={KEY}", {})
                await wire.aclose()
        finally:
            guard.remove()
        output = caplog.text + "".join(capfd.readouterr()) + repr(tried) + repr(raised) + repr(route)
        assert "127.0.0.1" in caplog.text
        for secret in (SECRET, KEY, "passw0rdSECRET"):
            assert secret not in output

    def test_a_log_line_that_cannot_be_put_together_is_no_error(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        guard = LogGuard(Redactor([SECRET]))
        guard.install()
        logging.getLogger("httpx").warning("%d and %s", SECRET)
        guard.remove()
        assert "do not match its format" in caplog.text
        assert SECRET not in caplog.text

    def test_a_guard_that_is_removed_leaves_logs_alone(self, caplog: pytest.LogCaptureFixture) -> None:
        guard = LogGuard(Redactor([SECRET]))
        guard.install()
        guard.remove()
        logging.getLogger("httpx").warning("said %s", SECRET)
        assert SECRET in caplog.text


class TestAside:
    async def test_calls_one_after_the_other(self) -> None:
        aside: AbandonableThread[int] = AbandonableThread("test")
        assert [await aside.call(lambda n=n: n, 5) for n in range(3)] == [0, 1, 2]

    async def test_an_error_comes_back(self) -> None:
        aside: AbandonableThread[int] = AbandonableThread("test")
        with pytest.raises(ZeroDivisionError):
            await aside.call(lambda: 1 // 0, 5)

    async def test_what_hangs_is_left_behind(self) -> None:
        aside: AbandonableThread[bool] = AbandonableThread("test")
        release = threading.Event()
        with pytest.raises(TimeoutError):
            await aside.call(release.wait, 0.05)
        with pytest.raises(BusyError):
            await aside.call(release.wait, 0.05)
        with pytest.raises(TimeoutError):
            await aside.call(release.wait, 0.05, queue=True)
        release.set()
        assert await aside.call(lambda: True, 5, queue=True)
