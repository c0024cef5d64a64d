"""Pages to receivers that are dead, hang, refuse, ask for policy or are hostile, over real sockets."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import httpx
import pytest

from claude_tui.alerting.delivery.alertmanager import Alertmanager, alerts_of
from claude_tui.alerting.delivery.attempts import with_retries
from claude_tui.alerting.delivery.http import JsonPoster, retry_after_s
from claude_tui.alerting.delivery.pagerduty import PagerDuty
from claude_tui.alerting.routes import Route, RouteKind
from claude_tui.model.alert import AlertGroup, Content, NotificationKind, SeverityPeriod
from claude_tui.model.retry import RetryPolicy
from claude_tui.model.text import Redactor
from claude_tui.model.verdict import Severity, Side
from tests.alerts import PAGE
from tests.builders import NOON, after
from tests.loop_time import let_pass
from tests.ports import unused_port
from tests.wire_server import Answer, Request, WireServer, response

# apprise loads all its plugins at once, and one of them a module of the standard library that is going away.
KEY = "R0123456789abcdefSECRET987654321"
SECRET = "T0kenT0kenSECRETpath"
QUICK = RetryPolicy(retries=2, most_s=0.3, honours_retry_after=True, timeout_s=60)
ONCE = replace(QUICK, retries=0)


def poster(secrets: tuple[str, ...] = (KEY, SECRET), timeout_s: float = 5.0) -> JsonPoster:
    return JsonPoster(redactor=Redactor(secrets), now=lambda: NOON, timeout_s=timeout_s)


def pagerduty(url: str, *, policy: RetryPolicy = QUICK, timeout_s: float = 5.0) -> PagerDuty:
    route = Route("pager", RouteKind.PAGERDUTY, f"{url}/v2/enqueue", KEY)
    return PagerDuty(route, poster(timeout_s=timeout_s), policy)


def statuses(*codes: str, headers: dict[str, str] | None = None) -> tuple[list[float], object]:
    """A handler that answers with each status in turn, the last one for ever, and when it was asked."""
    asked: list[float] = []

    async def answer(_request: Request, to: Answer) -> None:
        asked.append(asyncio.get_running_loop().time())
        code = codes[min(len(asked), len(codes)) - 1]
        await to.send(response({"said": code}, status=code, headers=headers))

    return asked, answer


class TestPagerDuty:
    async def test_trigger_acknowledge_and_resolve_share_the_key(self) -> None:
        kinds = (
            NotificationKind.OPENED,
            NotificationKind.SEVERITY,
            NotificationKind.REMINDER,
            NotificationKind.ACKNOWLEDGED,
            NotificationKind.RESOLVED,
        )
        async with WireServer(response({"status": "success"}, status="202 Accepted")) as server:
            sender = pagerduty(server.url)
            for kind in kinds:
                assert (await sender.send(replace(PAGE, kind=kind))).failure is None
            await sender.aclose()
        events = [json.loads(request.body) for request in server.requests]
        assert [event["event_action"] for event in events] == [
            *["trigger"] * 3,
            "acknowledge",
            "resolve",
        ]
        assert {event["dedup_key"] for event in events} == {"claude-top/prod (api.example.test)/provider"}
        assert {event["routing_key"] for event in events} == {KEY}
        payload = events[0]["payload"]
        assert (payload["severity"], payload["source"]) == ("critical", PAGE.target)
        assert payload["summary"] == PAGE.title
        assert payload["timestamp"] == NOON.isoformat()
        assert "payload" not in events[-1]

    @pytest.mark.parametrize(
        "kind", [NotificationKind.OPENED, NotificationKind.SEVERITY, NotificationKind.REMINDER]
    )
    async def test_what_somebody_has_taken_on_does_not_go_on_escalating(self, kind: NotificationKind) -> None:
        """An acknowledgement that waited with the first page is sent after it."""
        async with WireServer(response({"status": "success"}, status="202 Accepted")) as server:
            sender = pagerduty(server.url)
            await sender.send(replace(PAGE, kind=kind, acknowledged=True))
            await sender.aclose()
        actions = [json.loads(request.body)["event_action"] for request in server.requests]
        assert actions == ["trigger", "acknowledge"]

    async def test_a_test_leaves_no_incident_behind(self) -> None:
        async with WireServer(response(status="202 Accepted")) as server:
            sender = pagerduty(server.url)
            assert (await sender.send(replace(PAGE, kind=NotificationKind.TEST))).failure is None
            await sender.aclose()
        actions = [json.loads(request.body)["event_action"] for request in server.requests]
        assert actions == ["trigger", "resolve"]

    @pytest.mark.parametrize(
        "status", ["400 Bad Request", "401 Unauthorized", "403 Forbidden", "404 Not Found"]
    )
    async def test_what_is_refused_is_not_tried_again(self, status: str) -> None:
        async with WireServer(response({"errors": [f"bad {KEY}"]}, status=status)) as server:
            sender = pagerduty(server.url)
            tried = await sender.send(PAGE)
            await sender.aclose()
        assert tried.failure is not None
        assert (tried.attempts, tried.failure.permanent) == (1, True)
        assert tried.failure.http_status == int(status[:3])
        assert KEY not in tried.failure.detail
        assert "[redacted]" in tried.failure.detail

    async def test_a_web_page_in_place_of_the_receiver_is_no_delivery(self) -> None:
        page = response("<html>Sign in to the guest network</html>", headers={"content-type": "text/html"})
        async with WireServer(page) as server:
            sender = pagerduty(server.url)
            tried = await sender.send(PAGE)
            await sender.aclose()
        assert tried.failure is not None
        assert "a web page answers" in tried.failure.detail
        assert not tried.failure.permanent

    async def test_a_redirect_is_a_refusal(self) -> None:
        async with WireServer(response(status="302 Found", headers={"location": "/elsewhere"})) as server:
            sender = pagerduty(server.url)
            tried = await sender.send(PAGE)
            await sender.aclose()
        assert tried.failure is not None
        assert (len(server.requests), tried.failure.permanent) == (1, True)

    @pytest.mark.parametrize("status", ["500 Oops", "503 Busy", "408 Slow", "429 Too Many"])
    async def test_what_passes_is_tried_again(self, status: str) -> None:
        asked, handler = statuses(status, status, "202 Accepted")
        async with WireServer(handler) as server:  # type: ignore[arg-type]
            sender = pagerduty(server.url)
            tried = await sender.send(PAGE)
            await sender.aclose()
        assert (tried.attempts, tried.failure, len(asked)) == (3, None, 3)

    async def test_retry_after_is_honoured(self) -> None:
        asked, handler = statuses("429 Too Many", "202 Accepted", headers={"retry-after": "0.2"})
        async with WireServer(handler) as server:  # type: ignore[arg-type]
            sender = pagerduty(server.url)
            tried = await sender.send(PAGE)
            await sender.aclose()
        assert tried.failure is None
        assert asked[1] - asked[0] >= 0.2

    async def test_a_long_retry_after_is_for_the_next_round(self) -> None:
        asked, handler = statuses("429 Too Many", headers={"retry-after": "120"})
        async with WireServer(handler) as server:  # type: ignore[arg-type]
            sender = pagerduty(server.url)
            tried = await sender.send(PAGE)
            await sender.aclose()
        assert tried.failure is not None
        assert (len(asked), tried.failure.retry_after_s, tried.failure.permanent) == (1, 120.0, False)

    async def test_nobody_there(self) -> None:
        sender = pagerduty(f"http://127.0.0.1:{unused_port()}")
        tried = await sender.send(PAGE)
        await sender.aclose()
        assert tried.failure is not None
        assert (tried.attempts, tried.failure.permanent) == (3, False)
        assert tried.failure.detail.startswith("ConnectError")

    async def test_a_receiver_that_hangs(self) -> None:
        async def hang(_request: Request, to: Answer) -> None:
            let_pass(5)
            await to.hang()

        async with WireServer(hang) as server:
            sender = pagerduty(server.url, policy=ONCE)
            tried = await sender.send(PAGE)
            await sender.aclose()
        assert tried.failure is not None
        assert tried.failure.detail == "no answer within 5 s"

    async def test_a_receiver_that_drips(self) -> None:
        """Each byte comes in time, the answer never ends."""

        async def drip(_request: Request, to: Answer) -> None:
            await to.send(b"HTTP/1.1 500 Oops\r\ncontent-length: 1000000\r\n\r\n")
            while True:
                await to.send(b"x")
                await asyncio.sleep(0)
                let_pass(0.1)

        async with WireServer(drip) as server:
            sender = pagerduty(server.url, policy=ONCE)
            tried = await sender.send(PAGE)
            await sender.aclose()
        assert tried.failure is not None
        assert "within 5 s" in tried.failure.detail

    async def test_a_hostile_answer_is_reported_inert_and_short(self) -> None:
        body = b"\x1b[31m\x00\xff" + b"A" * 1_000_000
        async with WireServer(response(body, status="400 Bad", content_type="text/html")) as server:
            sender = pagerduty(server.url)
            tried = await sender.send(PAGE)
            await sender.aclose()
        assert tried.failure is not None
        assert tried.failure.detail.isprintable()
        assert len(tried.failure.detail) <= 200

    async def test_a_connection_that_breaks(self) -> None:
        async def reset(_request: Request, to: Answer) -> None:
            to.reset()

        async with WireServer(reset) as server:
            sender = pagerduty(server.url)
            tried = await sender.send(PAGE)
            await sender.aclose()
        assert (tried.attempts, tried.failure is None) == (3, False)


async def test_a_fault_of_a_library_is_a_failed_try_without_its_words() -> None:
    async def attempt() -> None:
        raise KeyError(SECRET)

    tried = await with_retries(attempt, QUICK)
    assert tried.failure is not None
    assert str(tried.failure) == "unexpected KeyError"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("7", 7.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("nan", None),
        ("1e999", None),
        ("soon", None),
        ("", None),
        ("Fri, 20 Nov 2026 12:00:30 GMT", 30.0),
        ("Fri, 20 Nov 2026 11:00:00 GMT", 0.0),
        ("Fri, 99 Nov 2026 12:00:30 GMT", None),
    ],
)
def test_retry_after(value: str | None, expected: float | None) -> None:
    assert retry_after_s(value, NOON) == expected


def group(*spells: SeverityPeriod, **values: object) -> AlertGroup:
    story = Content("provider_outage", Side.THEM, "all messages fail", NOON, "back off", ("26 of 26",))
    return replace(
        AlertGroup("provider@1", "provider", "provider", NOON, spells, story),
        **values,  # type: ignore[arg-type]
    )


class TestAlertmanager:
    def alerts(self, of: AlertGroup, at: float) -> list[dict[str, dict[str, str]]]:
        return alerts_of([of], after(at), "prod")  # type: ignore[return-value]

    def test_what_goes_on_ends_a_little_later_each_time(self) -> None:
        outage = group(SeverityPeriod(Severity.P1, NOON))
        (first,), (second,) = self.alerts(outage, 0), self.alerts(outage, 60)
        assert first["labels"] == second["labels"]
        assert first["labels"]["alertname"] == "ClaudeProvider"
        assert first["startsAt"] == second["startsAt"]
        assert (first["endsAt"], second["endsAt"]) == (after(240).isoformat(), after(300).isoformat())

    def test_no_figure_is_in_the_labels(self) -> None:
        (alert,) = self.alerts(group(SeverityPeriod(Severity.P1, NOON)), 0)
        assert set(alert["labels"]) == {"alertname", "topic", "severity", "target", "source"}

    def test_a_new_severity_ends_the_alert_before_it(self) -> None:
        eased = group(SeverityPeriod(Severity.P1, NOON, after(100)), SeverityPeriod(Severity.P3, after(100)))
        worst, now = self.alerts(eased, 120)
        assert (worst["labels"]["severity"], worst["endsAt"]) == ("P1", after(100).isoformat())
        assert (now["labels"]["severity"], now["endsAt"]) == ("P3", after(360).isoformat())

    def test_what_is_over_is_reported_again_for_a_quarter_of_an_hour(self) -> None:
        over = group(SeverityPeriod(Severity.P1, NOON), closed_at=after(300))
        assert [alert["endsAt"] for alert in self.alerts(over, 900)] == [after(300).isoformat()]
        assert self.alerts(over, 300 + 901) == []

    def test_a_severity_that_comes_back_is_one_alert(self) -> None:
        spells = (
            SeverityPeriod(Severity.P1, NOON, after(100)),
            SeverityPeriod(Severity.P3, after(100), after(200)),
            SeverityPeriod(Severity.P1, after(200)),
        )
        labels = [alert["labels"]["severity"] for alert in self.alerts(group(*spells), 210)]
        assert sorted(labels) == ["P1", "P3"]

    @pytest.mark.parametrize("suffix", ["", "/", "/api/v2/alerts"])
    async def test_it_is_posted_as_a_list(self, suffix: str) -> None:
        async with WireServer(response()) as server:
            route = Route("am", RouteKind.ALERTMANAGER, server.url + suffix)
            receiver = Alertmanager(route, poster(), QUICK)
            tried = await receiver.push(self.alerts(group(SeverityPeriod(Severity.P1, NOON)), 0))  # type: ignore[arg-type]
            await receiver.aclose()
        assert tried.failure is None
        assert server.requests[0].line.split()[1] == "/api/v2/alerts"
        assert isinstance(json.loads(server.requests[0].body), list)


async def test_a_transport_can_stand_in_for_the_network() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["user-agent"] == "claude-top"
        return httpx.Response(202)

    wire = JsonPoster(redactor=Redactor(), now=lambda: NOON, transport=httpx.MockTransport(answer))
    assert await wire.post("https://events.example.test/v2/enqueue", {"a": 1}) == 202
    await wire.aclose()
