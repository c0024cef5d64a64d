"""Where a status page may send us: what is asked then, as whom, and what is shown of it."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import pytest

from claude_tui.analysis.options import Options
from claude_tui.analysis.snapshot import build_snapshot
from claude_tui.engine import Endpoint, Pace
from claude_tui.engine.plans import make_plans
from claude_tui.model.provider import ProviderStatus
from claude_tui.probes.clock import SystemClock
from claude_tui.probes.report import Report
from claude_tui.settings import load
from claude_tui.tui.panels.status import status_lines
from claude_tui.tui.panels.summary_text import summary_text
from claude_tui.tui.render.lines import plain
from tests.builders import engine, history_of
from tests.store_values import opened
from tests.unit.test_status_page import SUMMARY, probe
from tests.wire_server import Answer, Request, WireServer, response

PAGE = response(SUMMARY)
# What an ordinary GET needs, and the two that say how the answer may come.
ORDINARY = {"host", "cache-control", "user-agent", "accept", "accept-encoding", "connection"}
PLACE = "/api/v2/summary.json"


def moved(location: str) -> bytes:
    return response(status="302 Found", headers={"location": location})


async def report_of(location: str) -> Report:
    """What comes of a page that answers with this Location, PORT in it being that of another server."""
    async with (
        WireServer(PAGE) as other,
        WireServer(moved(location.replace("PORT", str(other.port)))) as first,
    ):
        return await probe([first.url], timeout_s=2.0)


def kept(report: Report, directory: Path) -> ProviderStatus:
    """The status as it comes back from a store."""
    assert report.status is not None
    with opened(directory) as store:
        store.write(report.status)
    with opened(directory) as store:
        (found,) = store.status_reports(report.status.fetched_at)
    assert found == report.status
    return found


def shown(status: ProviderStatus) -> str:
    snapshot = build_snapshot(history_of(status), status.fetched_at, engine(), Options())
    drawn = [*status_lines(snapshot, 60, 10), *status_lines(snapshot, 60, 2)]
    return "\n".join((*map(plain, drawn), summary_text(snapshot)))


@pytest.mark.parametrize(
    "location",
    [
        "http://user:pw@127.0.0.1:PORT/api/v2/summary.json",
        "http://user:p%40w@127.0.0.1:PORT/",
        "http://user:pw@[::1",
        "http://user:pw@[redacted]/",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:0/",
        "http://127.0.0.1:x/",
        "http://[not-an-address]/",
        "http://]/",
        "http://a]b[c/",
        "http://\xe9t\xe9.invalid/\xff",
        "http://%00%1b/",
        "http://a b/",
        "http:///nowhere",
        "//",
        "///",
        "/again",
        "again",
        "?",
        "http://x.invalid/" + "a" * 10_000,
        "http://" + "h" * 10_000 + "/",
        "http://user:pw@" + "[" * 10_000,
        "[bold]x[/bold]",
        "http://127.0.0.1:PORT/\x0b\x0c",
        "\x1b[2Jhttp://127.0.0.1:PORT/",
    ],
)
async def test_wherever_it_sends_us_the_panel_can_be_drawn_also_from_the_store(
    tmp_path: Path, location: str
) -> None:
    report = await report_of(location)
    status = kept(report, tmp_path)
    drawn = shown(status)
    assert "pw" not in drawn
    assert "pw" not in repr(report)
    assert all(char.isprintable() or char == "\n" for char in drawn)


async def test_user_and_password_of_a_redirect_are_neither_sent_nor_kept() -> None:
    async with WireServer(PAGE) as other:
        host = f"127.0.0.1:{other.port}"
        location = f"http://user:pw@{host}{PLACE}"
        async with WireServer(moved(location)) as first:
            report = await probe([first.url])
    assert report.status is not None
    assert report.status.known
    assert (report.status.source, report.status.server) == (f"http://{host}{PLACE}", host)
    (request,) = other.requests
    assert "authorization" not in request.headers


async def test_the_password_of_the_first_address_stays_with_its_server() -> None:
    async with WireServer(PAGE) as other:

        async def respond(request: Request, answer: Answer) -> None:
            await answer.send(moved("/next" if "summary" in request.line else f"{other.url}{PLACE}"))

        async with WireServer(respond) as first:
            report = await probe([first.url.replace("//", "//me:secret@")])
    assert report.status is not None
    assert report.status.known
    ours = "Basic " + b64encode(b"me:secret").decode()
    assert [request.headers.get("authorization") for request in first.requests] == [ours, ours]
    (request,) = other.requests
    assert "authorization" not in request.headers


async def test_a_redirected_request_carries_no_header_of_ours(tmp_path: Path) -> None:
    """Neither the key nor ANTHROPIC_CUSTOM_HEADERS: the endpoint's own are for the endpoint alone."""
    environ = {
        "ANTHROPIC_API_KEY": "sk-ant-api03-TOPSECRET",
        "ANTHROPIC_AUTH_TOKEN": "token-TOPSECRET",
        "ANTHROPIC_CUSTOM_HEADERS": "x-gateway: TOPSECRET\ncookie: a=TOPSECRET",
    }
    async with WireServer(PAGE) as other:
        cookie = {"set-cookie": "s=TOPSECRET", "location": f"{other.url}{PLACE}"}
        async with WireServer(response(status="302 Found", headers=cookie)) as first:
            settings = load({"data_dir": str(tmp_path), "status_urls": first.url}, environ, config=None)
            endpoint = Endpoint.of(settings, environ)
            plans = make_plans(
                settings,
                endpoint,
                Pace.of(settings),
                lambda: None,
                clock=SystemClock(),
                models_tried=lambda: True,
            )
            report = await plans[0].probe.run()
            for plan in plans:
                await plan.probe.aclose()
    assert report.status is not None
    assert report.status.known
    for request in (*first.requests, *other.requests):
        assert set(request.headers) <= ORDINARY
        assert "TOPSECRET" not in f"{request.line} {request.headers}"
    assert len(other.requests) == 1
