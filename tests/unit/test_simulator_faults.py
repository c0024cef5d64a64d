"""What the simulator answers when something is wrong, and what its status page says of it."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest

from claude_tui.simulator.exchange import Answer, Ending
from claude_tui.simulator.scenario import Scenario, load
from claude_tui.simulator.script import Playhead
from claude_tui.simulator.statuspage import StatusPage
from tests.simulated import MESSAGE, START, api, ask, error, events, get, scenario

# -- faults ----------------------------------------------------------------------


def forced(reply: str, *, stream: bool = True) -> Answer:
    script = scenario(messages={"mix": {reply: 1}})
    return ask(api(script), {**MESSAGE, "stream": stream})


@pytest.mark.parametrize(
    ("reply", "status", "type_", "code", "retry"),
    [
        ("overloaded", 529, "overloaded_error", None, "true"),
        ("server_error", 500, "api_error", None, "true"),
        ("overloaded_as_500", 500, "api_error", None, "true"),
        ("unavailable", 503, "api_error", None, "true"),
        ("timed_out", 504, "timeout_error", None, "true"),
        ("rate_limited", 429, "rate_limit_error", None, "true"),
        ("ramp_limited", 429, "rate_limit_error", "ramp_limit_exceeded", "true"),
        ("spend_limit", 429, "rate_limit_error", "enforced_spend_limit_reached", "false"),
        ("contract_spend_limit", 429, "rate_limit_error", "contract_spend_limit_reached", "false"),
        ("usage_limit", 400, "invalid_request_error", None, "false"),
        ("billing", 402, "billing_error", None, "false"),
        ("key_rejected", 401, "authentication_error", None, "false"),
        ("not_permitted", 403, "permission_error", None, "false"),
        ("model_not_found", 404, "not_found_error", None, "false"),
        ("too_large", 413, "request_too_large", None, "false"),
    ],
)
def test_each_error_has_its_status_type_and_advice(
    reply: str, status: int, type_: str, code: str | None, retry: str
) -> None:
    answer = forced(reply)
    body = json.loads(answer.body)
    assert (answer.status, body["type"], body["error"]["type"]) == (status, "error", type_)
    assert body["error"].get("details", {}).get("error_code") == code
    assert answer.header("x-should-retry") == retry


def test_spend_limits_name_no_time_to_retry_and_other_429s_do() -> None:
    assert forced("spend_limit").header("retry-after") is None
    assert forced("contract_spend_limit").header("retry-after") is None
    assert int(forced("ramp_limited").header("retry-after") or 0) > 0
    assert int(forced("rate_limited").header("retry-after") or 0) > 0


def test_an_overload_dressed_as_a_500_has_no_request_id() -> None:
    answer = forced("overloaded_as_500")
    assert error(answer)[2] == "Overloaded"
    assert answer.header("request-id") is None
    assert "request_id" not in json.loads(answer.body)


def test_streams_fail_in_each_of_their_ways() -> None:
    first, later, cut, reset = (
        forced(reply) for reply in ("stream_error_first", "stream_error", "stream_cut", "stream_reset")
    )
    assert {answer.status for answer in (first, later, cut, reset)} == {200}
    assert [event["type"] for event in events(first)] == ["error"]
    assert events(later)[0]["type"] == "message_start"
    assert events(later)[-1]["error"]["type"] == "overloaded_error"
    assert events(later)[-1]["request_id"] == later.header("request-id")
    for answer in (cut, reset):
        kinds = [event["type"] for event in events(answer)]
        assert "content_block_delta" in kinds
        assert "message_stop" not in kinds
    assert (cut.ending, reset.ending) == (Ending.COMPLETE, Ending.ABORT)


def test_without_a_stream_the_same_faults_break_the_answer() -> None:
    assert forced("stream_error_first", stream=False).status == 529
    cut = forced("stream_cut", stream=False)
    assert cut.ending is Ending.ABORT
    assert cut.length is not None
    assert len(cut.body) < cut.length


def test_what_stands_on_the_way_answers_even_without_a_key() -> None:
    shapes = {
        "bad_gateway": (502, b"error code"),
        "region_blocked": (403, b'{"error":{"type":"forbidden"'),
        "challenge": (403, b"<!DOCTYPE html>"),
        "captive_portal": (200, b"<!DOCTYPE html>"),
        "empty": (200, b""),
        "not_an_object": (200, b"["),
    }
    for reply, (status, begin) in shapes.items():
        answer = ask(api(scenario(messages={"mix": {reply: 1}})), headers={})
        assert answer.status == status
        assert answer.body.startswith(begin)
        assert answer.header("request-id") is None
    assert forced("challenge").header("cf-mitigated") == "challenge"
    assert forced("refused").ending is Ending.ABORT
    assert forced("hang").ending is Ending.HANG


def test_a_gateway_hides_429_and_529_in_a_500_and_renames_headers() -> None:
    script = load("gateway-masked")
    server = api(script)
    seen: Counter[str] = Counter()
    for at_s, hidden in ((10, "overloaded_error"), (200, "rate_limit_error")):
        for _ in range(40):
            answer = ask(server, at_s=at_s)
            assert answer.header("retry-after") is None
            assert answer.header("anthropic-ratelimit-tokens-limit") is None
            if answer.status == 200:
                assert answer.header("llm_provider-anthropic-ratelimit-tokens-limit") == "2400000"
                assert answer.header("x-ratelimit-limit-tokens") == "2400000"
                assert answer.header("llm_provider-request-id") is not None
                seen["ok"] += 1
                continue
            status, type_, message = error(answer)
            assert (status, type_) == (500, "api_error")
            inner = json.loads(message[message.index("{") :])
            assert inner["error"]["type"] == hidden
            seen[hidden] += 1
    assert set(seen) == {"ok", "overloaded_error", "rate_limit_error"}
    model = json.loads(get(server, "/v1/models").body)["data"][0]
    assert set(model) == {"type", "id", "display_name", "created_at"}


def test_one_request_in_fifty_fails_intermittently() -> None:
    server = api(load("intermittent"))
    seen = Counter(ask(server, at_s=n).status for n in range(1000))
    assert set(seen) == {200, 500}
    assert 8 <= seen[500] <= 36


def test_slow_means_five_times_as_long_and_speed_does_not_change_that() -> None:
    waits = {}
    for name, speed in (("healthy", 1.0), ("slow", 1.0), ("slow", 10.0)):
        server = api(load(name), speed=speed)
        drawn = sorted(ask(server, {**MESSAGE, "stream": True}, at_s=10).wait_s for _ in range(300))
        waits[name, speed] = drawn[150]
    assert 4 < waits["slow", 1.0] / waits["healthy", 1.0] < 6
    assert waits["slow", 1.0] == waits["slow", 10.0]


# -- the status page ---------------------------------------------------------------


def page(script: Scenario, at_s: float, path: str = "summary", *, speed: float = 1.0) -> dict[str, Any]:
    body = StatusPage(script, Playhead(START, speed), at_s).body(f"/api/v2/{path}.json")
    assert body is not None
    return json.loads(json.dumps(body))  # type: ignore[no-any-return]


def test_a_healthy_page_has_all_components_and_nothing_open() -> None:
    summary = page(load("healthy"), 10)
    assert summary["status"] == {"indicator": "none", "description": "All Systems Operational"}
    assert [component["id"] for component in summary["components"]][:3] == [
        "rwppv331jlwc",
        "0qbwn08sd68x",
        "k8w3r06qmzrp",
    ]
    assert {component["status"] for component in summary["components"]} == {"operational"}
    assert summary["incidents"] == summary["scheduled_maintenances"] == []
    assert summary["page"]["id"] == "tymt9n04zgry"
    resolved = page(load("healthy"), 10, "incidents")["incidents"]
    assert [incident["status"] for incident in resolved] == ["resolved"]
    assert page(load("healthy"), 10, "incidents/unresolved")["incidents"] == []


def test_the_page_wakes_up_updates_and_calms_down_with_the_tour() -> None:
    tour = load("tour")
    wakes, calm = tour.starts_s[4], tour.starts_s[6]
    assert page(tour, wakes - 1)["incidents"] == []
    early, late = page(tour, wakes + 1), page(tour, calm + 30)
    assert [update["status"] for update in early["incidents"][0]["incident_updates"]] == ["investigating"]
    updates = late["incidents"][0]["incident_updates"]
    assert [update["status"] for update in updates] == ["monitoring", "identified", "investigating"]
    assert late["incidents"][0]["monitoring_at"] == updates[0]["created_at"]
    assert late["status"]["indicator"] == "none"
    affected = early["incidents"][0]["incident_updates"][0]["affected_components"]
    assert (affected[0]["old_status"], affected[0]["new_status"]) == ("operational", "partial_outage")
    assert page(tour, calm + 41)["incidents"] == []


def test_updated_at_moves_with_the_incident_and_not_with_the_poll() -> None:
    tour = load("tour")
    wakes = tour.starts_s[4]
    moments = [page(tour, at)["page"]["updated_at"] for at in (5, 100, wakes + 1, wakes + 10, wakes + 20)]
    assert moments[0] == moments[1]
    assert moments[2] == moments[3]
    assert moments[0] < moments[2] < moments[4]


def test_updates_can_come_oldest_first() -> None:
    lag = load("status-lag")
    updates = page(lag, lag.starts_s[2] + 1000)["incidents"][0]["incident_updates"]
    assert [update["status"] for update in updates] == ["identified", "monitoring"]


def test_a_page_played_fast_is_dated_in_real_time() -> None:
    tour = load("tour")
    incident = page(tour, tour.starts_s[4] + 1, speed=10)["incidents"][0]
    started = datetime.fromisoformat(incident["started_at"])
    assert started == START + timedelta(seconds=tour.starts_s[4] / 10)


def test_a_maintenance_is_scheduled_then_in_progress_then_completed() -> None:
    item = {"name": "m", "components": ["console"], "after_s": 100, "for_s": 50, "body": "."}
    script = scenario(maintenance=[item])
    statuses = [
        [m["status"] for m in page(script, at, "scheduled-maintenances")["scheduled_maintenances"]]
        for at in (0, 100, 150)
    ]
    assert statuses == [["scheduled"], ["in_progress"], ["completed"]]
    summary = page(script, 0)["scheduled_maintenances"][0]
    assert summary["scheduled_for"] == "2026-11-20T14:07:13.000Z"
    assert summary["scheduled_until"] == "2026-11-20T14:08:03.000Z"
    assert page(script, 150)["scheduled_maintenances"] == []


def test_a_mix_may_be_for_some_of_the_models_only() -> None:
    other = "claude-opus-5-5"
    script = scenario(messages={"mix": {"overloaded": 1}}, mix_of=[other])
    answers = [ask(api(script), {**MESSAGE, "model": model}).status for model in (other, MESSAGE["model"])]
    assert answers == [529, 200]
