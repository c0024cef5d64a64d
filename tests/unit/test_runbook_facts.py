"""Facts: values to compare and sentences with the numbers in them; the unknown is stated, never invented."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from claude_tui.analysis.history.history import History
from claude_tui.analysis.snapshot import Options, build_snapshot
from claude_tui.model.observation import Outcome, Timings, WindowReading
from claude_tui.model.provider import Catalogue, ModelInfo
from claude_tui.model.snapshot import Level, Notice
from claude_tui.model.verdict import Cause, PageAgreement, Severity
from claude_tui.runbook import facts_of
from claude_tui.runbook.conditions import Type
from claude_tui.runbook.facts import FACT_DEFINITIONS
from tests.builders import (
    MODEL,
    NOON,
    after,
    bucket,
    catalogue,
    engine,
    healthy,
    history_of,
    messages,
    models,
    status,
    unread,
)
from tests.runbook_values import facts, failing, verdict

OVERLOADED = verdict(Cause.PROVIDER_OVERLOADED, since=after(60), retry_after_s=30.0)


def test_with_no_data_nothing_is_claimed() -> None:
    found = facts_of(build_snapshot(History(), after(0), engine(), Options()), None)
    claims = {name: fact.value for name, fact in found.items() if fact.value is not None}
    assert claims == {
        "messages": "unknown",
        "models": "unknown",
        "status_page": "unknown",
        "key": "unknown",
        "model_state": "unknown",
        "slow_part": "unknown",
        "gateway": True,
        "budget_spent": False,
    }
    assert found["cause"].words == "No verdict yet"
    assert found["messages"].words == "Messages: not probed in 15m"
    assert found["least_headroom"].words == "Headroom: not reported yet"


def test_values_are_what_is_declared() -> None:
    seen = [
        *healthy(0, 300),
        messages(295, limits=[bucket("input", 10)], windows=[WindowReading("5h", 0.9, None, None)]),
    ]
    for case in (
        facts(verdict(Cause.HEALTHY), *seen, status(290), catalogue(0, MODEL)),
        facts(OVERLOADED, *failing(Outcome.OVERLOADED)),
        facts(verdict(Cause.NETWORK), *failing(Outcome.INVALID_RESPONSE, error_type="html_page"), unread(9)),
    ):
        for definition in FACT_DEFINITIONS:
            value = case[definition.name].value
            assert case[definition.name].words
            if value is None:
                continue
            kind = {str: Type.TEXT, float: Type.NUMBER, bool: Type.FLAG}[type(value)]
            assert kind is definition.kind.type, definition.name
            assert not definition.kind.choices or value in definition.kind.choices, definition.name


def test_the_verdict_in_words() -> None:
    found = facts(replace(OVERLOADED, also=(Cause.RATE_LIMITED,)), *failing(Outcome.OVERLOADED))
    assert found["cause"].words == "Verdict: provider overloaded, 90% sure; also rate limited"
    assert found["side"].words == "Whose: theirs"
    assert found["severity"].words == "Severity: P1, respond now; since 12:01:00 UTC, 4m 00s ago"
    assert found["retry_after_s"].words == "Retry in 30s, not sooner"
    spent = facts(verdict(Cause.SPEND_LIMIT, severity=Severity.P1))
    assert spent["retry_after_s"].value is None


def test_what_fails_in_words() -> None:
    found = facts(OVERLOADED, *failing(Outcome.OVERLOADED), *(models(15.0 * n) for n in range(20)))
    assert found["outcome"].value == "overloaded"
    assert found["outcome"].words == "8 of 8 messages failed in 5m, most with 529 overloaded_error"
    assert found["status"].value == 529
    assert found["messages"].words == "Messages: 8 of 8 failed in 15m, the last 8 in a row"
    assert found["models"].words == "Models: all 20 answered in 15m"
    assert found["says"].words.startswith("12:04:30 messages 529 overloaded_error, req_")
    assert found["meaning"].words.startswith("Meaning: ")


def test_a_single_failure_is_not_called_a_row() -> None:
    found = facts(None, *(messages(30.0 * n) for n in range(9)), messages(280, Outcome.OVERLOADED))
    assert found["messages"].words == "Messages: 1 of 10 failed in 15m, the last one failed"


def test_the_failures_are_those_that_the_verdict_is_about() -> None:
    mixed = [*failing(Outcome.OVERLOADED, 6), *(messages(100.0 + n, Outcome.RATE_LIMITED) for n in range(9))]
    overloaded = replace(OVERLOADED, failures=tuple(mixed[:6]))
    assert facts(overloaded, *mixed)["outcome"].value == "overloaded"
    limited = replace(verdict(Cause.RATE_LIMITED), failures=tuple(mixed[6:]))
    assert facts(limited, *mixed)["outcome"].value == "rate_limited"
    assert facts(verdict(Cause.UNKNOWN), *mixed)["outcome"].value == "rate_limited"


def test_an_hour_is_looked_at_where_five_minutes_have_nothing() -> None:
    rare = [*healthy(0, 1800), messages(301, Outcome.SERVER_ERROR), messages(601, Outcome.SERVER_ERROR)]
    found = facts(verdict(Cause.PROVIDER_ERRORS), *rare, at=1800)
    assert found["outcome"].words.startswith("2 of 62 messages failed in 1h")


def test_a_stream_that_broke_differs_from_a_foreign_page() -> None:
    cut = [*failing(Outcome.TRUNCATED_STREAM, 3), *failing(Outcome.SERVER_ERROR, 8)[3:4]]
    found = facts(verdict(Cause.PROVIDER_ERRORS), *cut)
    assert found["after_200"].value == 0.75
    assert found["after_200"].words == "3 of 4 failures came after HTTP 200, inside the stream"
    assert found["broken_at"].value == "stream"
    page = facts(verdict(Cause.NETWORK), *failing(Outcome.INVALID_RESPONSE, error_type="html_page"))
    assert page["after_200"].value == 0
    assert page["broken_at"].value == "foreign"


def test_a_500_that_says_overloaded_is_no_gateways_doing() -> None:
    plain = failing(Outcome.OVERLOADED, http_status=500, error_type="api_error", message="Overloaded")
    assert facts(OVERLOADED, *plain)["masked"].value is False
    found = facts(OVERLOADED, *failing(Outcome.OVERLOADED, http_status=500))["masked"]
    assert found.words == "A gateway turned 529 into HTTP 500 and dropped retry-after"


def test_headroom_names_the_emptiest_bucket_with_figures() -> None:
    limits = [bucket("requests", 900), bucket("input", 120, reset_in=20, at=290)]
    found = facts(verdict(Cause.HEALTHY), messages(290, limits=limits), at=295)
    assert found["least_headroom"].value == 0.12
    assert found["least_headroom"].words == (
        "Least headroom: input, 120 of 1,000 left (12%), full again in 15s"
    )


def test_old_headroom_is_not_shown_as_live() -> None:
    found = facts(verdict(Cause.HEALTHY), messages(0, limits=[bucket("input", 120)]), at=900)
    assert found["least_headroom"].value is None
    assert found["least_headroom"].words == "Headroom: last reported 12:00:00, too old"


def test_the_key_is_judged_by_what_is_known_of_it() -> None:
    def key(*notices: Notice, held: str | None = None) -> str:
        state = replace(engine(held=held), notices=notices)
        return facts(verdict(Cause.UNKNOWN), state=state)["key"].words

    assert key() == "Key: not tried yet"
    assert key(Notice("key", Level.WARN, "ANTHROPIC_API_KEY contains white space", NOON)) == (
        "Key: ANTHROPIC_API_KEY contains white space"
    )
    assert key(held="ANTHROPIC_API_KEY is not set (nor ANTHROPIC_AUTH_TOKEN)").startswith("Key: ANTHROPIC")
    for words in ("ANTHROPIC_API_KEY is not set", "no key: set ANTHROPIC_API_KEY"):
        assert facts(verdict(Cause.UNKNOWN), state=engine(held=words))["key"].value == "missing"
    assert key(held="waiting for the list of models") == "Key: not tried yet"
    rejected = facts(verdict(Cause.KEY_REJECTED), *failing(Outcome.KEY_REJECTED))["key"]
    assert (rejected.value, rejected.words[:22]) == ("rejected", "Key: rejected at 12:04")
    assert facts(verdict(Cause.HEALTHY), *healthy(0, 300))["key"].value == "fine"


def test_a_models_end_is_counted_in_days() -> None:
    ends = NOON + timedelta(days=12)
    seen = Catalogue(NOON, (ModelInfo(MODEL, MODEL, NOON, "deprecated", ends),))
    found = facts(verdict(Cause.HEALTHY), seen, at=0)
    assert (found["model_state"].value, found["retires_in_days"].value) == ("deprecated", 12)
    assert found["retires_in_days"].words == f"{MODEL} retires 2026-12-02, in 12 days"


def test_whose_the_slow_part_is() -> None:
    slow = Timings(dns=1.0, connect=0.5, tls=0.5, first_byte=0.3, total=2.3)
    found = facts(verdict(Cause.NETWORK), models(290, timings=slow, server_s=0.2))
    assert found["slow_part"].value == "network"
    assert found["slow_part"].words.startswith("New connection: dns 1.00 s · connect 500 ms")
    quick = replace(slow, dns=0.01, connect=0.01, tls=0.02, first_byte=2.0)
    assert (
        facts(verdict(Cause.NETWORK), models(290, timings=quick, server_s=1.9))["slow_part"].value == "server"
    )


def test_the_page_speaks_of_ours_and_of_others_apart() -> None:
    found = facts(verdict(Cause.HEALTHY), status(290, chat="major_outage"))
    assert (found["status_page"].value, found["others_trouble"].value) == ("fine", True)
    assert found["others_trouble"].words == "Not what we use: claude.ai major outage"
    assert facts(verdict(Cause.HEALTHY), unread(290))["status_page"].words == "Status page: unknown, timeout"
    silent = facts(verdict(Cause.PROVIDER_OUTAGE, page=PageAgreement.SILENT), *failing(Outcome.SERVER_ERROR))
    assert silent["page"].words.startswith("Status page: nothing posted yet")
    resolved = verdict(Cause.PROVIDER_OUTAGE, page=PageAgreement.RESOLVED)
    assert facts(resolved)["page"].words == "The status page reported it, and says it is resolved"


def test_a_gateway_is_what_is_not_the_api_itself() -> None:
    def gateway(host: str, demo: str | None = None) -> object:
        state = replace(engine(), target=replace(engine().target, host=host), demo=demo)
        return facts(None, state=state)["gateway"].value

    assert gateway("api.anthropic.com") is False
    assert gateway("api.anthropic.com.evil.test") is True
    assert gateway("notanthropic.com") is True
    assert gateway("127.0.0.1:4000") is True
    assert gateway("[::1]:4000") is True
    assert gateway("127.0.0.1:4000", demo="tour") is False


def test_long_foreign_text_is_cut_with_a_visible_ellipsis() -> None:
    found = facts(OVERLOADED, *failing(Outcome.OVERLOADED, message="x" * 5000))
    assert len(found["says"].words) < 250
    assert found["says"].words.endswith("…")


@given(st.lists(st.sampled_from(sorted(Outcome)), max_size=30), st.sampled_from(sorted(Cause)))
def test_any_mixture_gives_every_fact(outcomes: list[Outcome], cause: Cause) -> None:
    seen = [messages(300 - 10.0 * n, outcome) for n, outcome in enumerate(outcomes)]
    found = facts_of(build_snapshot(history_of(*seen), after(305), engine(), Options()), verdict(cause))
    assert set(found) == {definition.name for definition in FACT_DEFINITIONS}
    assert all(fact.words for fact in found.values())
