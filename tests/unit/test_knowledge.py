"""The table of errors: complete, consistent, and refused with a reason when it is not."""

from __future__ import annotations

import re

import pytest

from claude_tui.knowledge import Knowledge, KnowledgeError, Reach, knowledge, parse_knowledge
from claude_tui.model.observation import Outcome
from claude_tui.model.verdict import Cause, Side
from claude_tui.probes.transport_errors import FaultCode
from tests.builders import messages

SMALL = """
[retry.never]
words = "never"
[[advice]]
id = "a"
cause = "unknown"
side = "unclear"
says = "Something."
next = "Look."
retry = "never"
"""


def small(*rows: str) -> Knowledge:
    """A table with one advice, a row for the rest of every outcome, and `rows`."""
    rest = "".join(
        f'[[error]]\nid = "{outcome}"\noutcome = "{outcome}"\nadvice = "a"\nmeaning = "."\n'
        for outcome in Outcome
        if outcome.failed
    )
    return parse_knowledge(SMALL + rest + "".join(f"[[error]]\n{row}\n" for row in rows), "x.toml")


def test_every_outcome_has_a_row_and_every_row_says_what_to_do() -> None:
    for row in knowledge().errors:
        assert row.meaning.endswith(".")
        assert row.what_to_do
        assert row.cause is not Cause.HEALTHY
    for outcome in Outcome:
        if outcome.failed:
            assert knowledge().row(outcome, 999, "unheard_of", "of").outcome is outcome


def test_every_cause_has_an_advice() -> None:
    assert {advice.cause for advice in knowledge().advice.values()} == set(Cause)


@pytest.mark.parametrize(
    ("outcome", "status", "error_type", "code", "row"),
    [
        (Outcome.OVERLOADED, 529, "overloaded_error", None, "overloaded_529"),
        (Outcome.OVERLOADED, 500, "api_error", None, "overloaded_500"),
        (Outcome.OVERLOADED, 200, "overloaded_error", None, "overloaded_stream"),
        (Outcome.RATE_LIMITED, 429, "rate_limit_error", None, "rate_limit"),
        (Outcome.RATE_LIMITED, 429, "rate_limit_error", "ramp_limit_exceeded", "ramp_limit"),
        (
            Outcome.SPEND_LIMIT,
            429,
            "rate_limit_error",
            "contract_spend_limit_reached",
            "contract_spend_limit",
        ),
        (Outcome.SPEND_LIMIT, 400, "invalid_request_error", None, "credit_or_usage_limit"),
        (Outcome.BAD_REQUEST, 503, "api_error", "cmek_key_disabled", "own_encryption_key"),
        (Outcome.BAD_REQUEST, 418, None, None, "bad_request"),
        (Outcome.SERVER_ERROR, 504, "timeout_error", None, "gateway_timeout"),
        (Outcome.TIMEOUT, None, "read_timeout", None, "read_timeout"),
    ],
)
def test_the_row_that_names_most_is_the_row(
    outcome: Outcome, status: int | None, error_type: str | None, code: str | None, row: str
) -> None:
    assert knowledge().row(outcome, status, error_type, code).id == row


def test_what_no_server_says_is_known_by_the_probes_own_words() -> None:
    """Every fault that a probe can name has a row of its own, which says how far it came."""
    rows = {row.type: row for row in knowledge().errors}
    for code in FaultCode:
        assert code in rows, code
    assert rows[FaultCode.DNS].reach is Reach.UNREACHED
    assert rows[FaultCode.READ_TIMEOUT].reach is Reach.NO_ANSWER
    assert rows[FaultCode.CUT_SHORT].reach is Reach.CUT


def test_limits_of_ours_are_ours_and_overloads_are_theirs() -> None:
    assert knowledge().of(messages(0, Outcome.RATE_LIMITED)).whose is Side.US
    assert knowledge().of(messages(0, Outcome.OVERLOADED)).whose is Side.THEM
    assert knowledge().of(messages(0, Outcome.NETWORK)).whose is Side.PATH


def test_retry_policies_have_the_numbers_that_their_words_give() -> None:
    backoff = knowledge().retries["backoff"]
    assert [backoff.wait_s(retry) for retry in (1, 2, 3, 4)] == [1, 2, 4, None]
    overloaded = knowledge().retries["overloaded"]
    assert [overloaded.wait_s(retry) for retry in (1, 2, 3)] == [30, 60, 60]
    assert overloaded.wait_s(1, retry_after_s=45) == 45
    assert overloaded.wait_s(1, retry_after_s=5) == 30
    never = knowledge().retries["never"]
    assert not never.worthwhile
    assert never.wait_s(1, retry_after_s=5) is None


def test_spend_limits_are_never_retried() -> None:
    for row in knowledge().errors:
        if row.outcome is Outcome.SPEND_LIMIT:
            assert row.retry is not None
            assert not row.retry.worthwhile, row.id


def test_a_fact_that_is_missing_leaves_no_hole() -> None:
    advice = knowledge().advice
    assert advice["overloaded"].summary(status="529").endswith("overloaded (529).")
    assert advice["overloaded"].summary().endswith("overloaded.")
    assert advice["rate_limited"].summary(status="429").endswith("limit is reached (429).")
    assert advice["blocked"].summary(type="challenge_page").endswith("blocks us (challenge_page).")
    for each in advice.values():
        text = each.summary()
        assert not re.search(r"[{}]|\(\)|  | \.|,\.|:\.", text), text


def test_braces_in_a_fact_are_text() -> None:
    text = knowledge().advice["unreachable"].summary(host="{what}", what="{host}")
    assert "{what}" in text
    assert "{host}" in text


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        (
            'id = "r"\noutcome = "oops"\nadvice = "a"\nmeaning = "."',
            'outcome: got "oops", expected one of ok',
        ),
        ('id = "r"\noutcome = "timeout"\nadvice = "b"\nmeaning = "."', 'advice: got "b", expected one of a'),
        ('id = "r"\noutcome = "timeout"\nadvice = "a"', "meaning: got nothing, expected some text"),
        (
            'id = "r"\noutcome = "timeout"\nadvice = "a"\nmeaning = "."\nstatus = "x"',
            "expected a whole number",
        ),
        ('id = "r"\noutcome = "timeout"\nadvice = "a"\nmeaning = "."\nwhy = 1', "why: got an unknown key"),
        ('id = "timeout"\noutcome = "timeout"\nadvice = "a"\nmeaning = "."', "the id is given twice"),
        ('id = "r"\noutcome = "timeout"\nadvice = "a"\nmeaning = "."', "is for the same error as"),
    ],
)
def test_a_wrong_row_is_refused_by_name(row: str, complaint: str) -> None:
    with pytest.raises(KnowledgeError, match=re.escape(complaint)) as raised:
        small(row)
    assert str(raised.value).startswith("x.toml: error")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[[advice", "not valid TOML"),
        ("[other]", "other: got an unknown key"),
        ("retry = 1", "retry: got 1, expected a table"),
        ("advice = 1", "advice: got 1, expected tables"),
        (SMALL, "no entries"),
        (SMALL.replace("Something.", "{nonsense}"), "{nonsense}, expected one of bucket"),
        (SMALL.replace('words = "never"', 'words = "w"\nretries = 2'), "retries without waits"),
        (SMALL.replace('"unclear"', '"everybody"'), 'side: got "everybody", expected one of them'),
    ],
)
def test_a_wrong_table_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(KnowledgeError, match=re.escape(complaint)):
        parse_knowledge(text, "x.toml")


def test_an_outcome_without_a_row_is_refused() -> None:
    row = '[[error]]\nid = "r"\noutcome = "timeout"\nadvice = "a"\nmeaning = "."\n'
    with pytest.raises(KnowledgeError, match='none with outcome "overloaded"'):
        parse_knowledge(SMALL + row, "x.toml")
