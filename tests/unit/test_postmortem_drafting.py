"""Drafts by a model: its prompt, what is kept of its answer, and how a draft is marked."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.engine.drafting import MAX_TOKENS, DraftError, ask, most_usd
from claude_tui.engine.sources import Endpoint
from claude_tui.incident.postmortem import FieldState, drafted, lint, markdown, prompt, read
from claude_tui.incident.postmortem.drafting import DRAFTED
from claude_tui.incident.values import TimelineEntry, TimelineKind
from claude_tui.model.incident import IncidentAct
from claude_tui.model.postmortem import DRAFTER
from claude_tui.probes.clock import SystemClock
from claude_tui.probes.credentials import Credentials
from tests.builders import after
from tests.incident_values import did
from tests.ports import unused_port
from tests.postmortem_values import RESOLVED, Writing, known_incident, wrote
from tests.wire_server import WireServer, response

KNOWN = known_incident()
ASKED = prompt(KNOWN.form(), KNOWN.timeline)
FIRST = next(name for name, entry in ASKED.entries.items() if entry.kind is TimelineKind.FIRST_FAILURE)
NOTE = next(name for name, entry in ASKED.entries.items() if entry.kind is TimelineKind.NOTE)


def reply(**fields: object) -> str:
    return json.dumps(fields)


def stated(text: str, *entries: object) -> dict[str, object]:
    return {"sentence": text, "entries": list(entries)}


def test_the_record_is_sent_with_a_name_for_each_entry_and_without_authors() -> None:
    assert f"{NOTE} 2026-11-20 12:05:20 note: checkout went to Sonnet" in ASKED.text
    assert "ben: checkout" not in ASKED.text
    assert "Duration: 2026-11-20 12:02:00 to 12:13:20 UTC (11m 20s)" in ASKED.text
    assert ASKED.whole.endswith(ASKED.text)
    assert ASKED.whole.startswith(ASKED.system)


def test_secrets_are_not_sent() -> None:
    key = "sk-ant-api03-" + "y" * 30
    known = known_incident(*RESOLVED, did(350, IncidentAct.NOTE, f"the key {key} was in the log"))
    assert key not in prompt(known.form(), known.timeline).whole


def test_of_a_long_timeline_what_people_did_is_sent_first() -> None:
    entry = next(candidate for candidate in KNOWN.timeline if candidate.kind is TimelineKind.FAILURES)
    many = [replace(entry, key=str(number), text=f"failure {number}") for number in range(500)]
    note = TimelineEntry("note", after(9000), after(9000), TimelineKind.NOTE, "the fallback holds")
    asked = prompt(KNOWN.form(), [*many, note])
    assert len(asked.entries) == 200
    assert "the fallback holds" in asked.text


def test_each_sentence_names_the_times_it_rests_on_and_one_without_is_dropped() -> None:
    answer = reply(
        impact=[
            stated("Orders failed.", FIRST, NOTE),
            stated("Everybody was angry."),
            stated("Nothing was lost.", "E999", 7),
        ],
        root_cause=[stated("Probably no capacity.", FIRST)],
        customers=[],
        weather=[stated("Rain.", FIRST)],
    )
    assert drafted(f"Here it is:\n```json\n{answer}\n```", ASKED) == {
        "impact": "Orders failed. (12:02:00, 12:05:20)",
        "root_cause": "Probably no capacity. (12:02:00)",
    }


@pytest.mark.parametrize(
    "answer",
    ["", "no", "{", "[]", "{}", reply(impact="x"), reply(impact=[1, None]), reply(impact=[{"sentence": 1}])],
)
def test_an_answer_that_is_none_drafts_nothing(answer: str) -> None:
    assert drafted(answer, ASKED) == {}


@given(st.text(max_size=200))
def test_no_answer_breaks_the_reading(text: str) -> None:
    for answer in (text, reply(impact=[stated(text, FIRST)]), f"{{{text}}}"):
        for key, kept in drafted(answer, ASKED).items():
            assert key in DRAFTED
            assert kept.endswith("(12:02:00)")
            assert "\n" not in kept


def test_a_draft_is_marked_until_a_person_accepts_it() -> None:
    writing = Writing()
    made = wrote(KNOWN.form(), "impact", "Orders failed. (12:02:00)", writing, by=DRAFTER)
    form = KNOWN.form(made)
    assert form.field("impact").state is FieldState.DRAFT
    assert "impact: a draft to accept" in form.to_do
    exported = markdown(form, KNOWN.figures, after(2000))
    assert "[drafted by a model: accept, edit or discard it]" in exported
    assert "draft" in {finding.rule for finding in lint(read(exported))}

    accepted = wrote(form, "impact", "Orders failed. (12:02:00)", writing)
    field = KNOWN.form(made, accepted).field("impact")
    assert (field.state, field.text) == (FieldState.PERSON, "Orders failed. (12:02:00)")

    dropped = wrote(form, "impact", "", writing)
    assert KNOWN.form(made, dropped).field("impact").state is FieldState.RECORD


def test_a_draft_does_not_replace_what_a_person_wrote_meanwhile() -> None:
    writing, before = Writing(), KNOWN.form()
    person = wrote(before, "impact", "Checkout was down.", writing)
    draft = wrote(before, "impact", "Orders failed.", writing, by=DRAFTER)
    field = KNOWN.form(person, draft).field("impact")
    assert field.state is FieldState.CONFLICT
    assert "Checkout was down." in field.text


# -- the request ------------------------------------------------------------------------------


def test_what_it_may_cost_grows_with_what_is_sent_and_is_never_nothing() -> None:
    least = most_usd("claude-haiku-4-5", "")
    assert 0 < least < most_usd("claude-haiku-4-5", "x" * 10_000)
    assert most_usd("a-model-nobody-knows", "x") >= most_usd("claude-haiku-4-5", "x")


def endpoint(url: str) -> Endpoint:
    credentials = Credentials.from_environ({"ANTHROPIC_API_KEY": "none-at-all"}, base_url=url)
    return Endpoint(credentials, ())


def message(text: str) -> bytes:
    return response(
        {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "claude-x",
            "content": [{"type": "text", "text": text}],
            "stop_reason": "end_turn",
            "stop_sequence": None,
            "usage": {"input_tokens": 1000, "output_tokens": 200},
        }
    )


async def answer_of(url: str) -> str:
    import asyncio

    found = await asyncio.to_thread(ask, endpoint(url), "claude-x", "be brief", "the record", SystemClock())
    assert found.cost_usd > 0
    return found.text


async def test_one_request_with_exactly_what_was_shown() -> None:
    async with WireServer(message('{"impact": []}')) as server:
        assert await answer_of(server.url) == '{"impact": []}'
        (request,) = server.requests
        sent = json.loads(request.body)
        assert sent["system"] == "be brief"
        assert sent["messages"] == [{"role": "user", "content": "the record"}]
        assert (sent["model"], sent["max_tokens"]) == ("claude-x", MAX_TOKENS)


async def test_a_refusal_is_reported_and_not_tried_again() -> None:
    body = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    async with WireServer(response(body, status="529 Overloaded")) as server:
        with pytest.raises(DraftError, match="Overloaded"):
            await answer_of(server.url)
        assert len(server.requests) == 1


async def test_an_endpoint_that_is_not_there_is_reported() -> None:
    with pytest.raises(DraftError, match="gave no answer"):
        await answer_of(f"http://127.0.0.1:{unused_port()}")


async def test_an_answer_that_is_no_message_is_reported() -> None:
    for answer in (response(b"[]"), response({"content": 7}), response(b"<html>", content_type="text/html")):
        async with WireServer(answer) as server:
            with pytest.raises(DraftError):
                await answer_of(server.url)
