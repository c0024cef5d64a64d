"""The table of errors: complete, consistent, and refused with a reason when it is not."""

from __future__ import annotations

import re
from dataclasses import replace
from importlib import resources

import pytest

from claude_tui.analysis.history.failure_kinds import failure_name, failure_words
from claude_tui.knowledge import Knowledge, KnowledgeError, Reach, knowledge, parse_knowledge
from claude_tui.model.observation import Outcome
from claude_tui.model.text import Redactor
from claude_tui.model.verdict import Cause, Side
from claude_tui.probes.classify import classify_error
from claude_tui.probes.transport_errors import FaultCode
from claude_tui.runbook.facts_failures import broken_at
from tests import manual_tables
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
ENTRIES = f"""
[[break]]
id = "halfway"
words = "halfway"
[[class]]
id = "all"
label = "all of them"
bad_share = 0.05
outcomes = {[outcome.value for outcome in Outcome if outcome.failed]}
"""
ANY_STATUS = """
id = "any_status"
outcome = "invalid_response"
status = 999
untyped = ["4xx", "5xx", "xxx"]
advice = "a"
meaning = "."
"""
ROW = 'id = "r"\noutcome = "timeout"\nstatus = 408\nadvice = "a"\nmeaning = "."\n'


def small(*rows: str) -> Knowledge:
    """A table with one advice, one class, a general entry for every outcome, and `rows`."""
    rest = "".join(
        f'[[error]]\nid = "{outcome}"\noutcome = "{outcome}"\nadvice = "a"\nmeaning = "."\n'
        for outcome in Outcome
        if outcome.failed
    )
    entries = "".join(f"[[error]]\n{row}\n" for row in (*rows, ANY_STATUS))
    return parse_knowledge(SMALL + ENTRIES + rest + entries, "x.toml")


def test_every_outcome_has_a_row_and_every_row_says_what_to_do() -> None:
    for row in knowledge().errors:
        assert row.meaning.endswith(".")
        assert row.steps
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


def test_the_probes_own_words_are_not_taken_for_a_gateways() -> None:
    message = "10.0.0.1 is unreachable (EHOSTUNREACH): no route to host"
    lost = replace(messages(0, Outcome.NETWORK, error_type="unreachable", message=message), http_status=None)
    assert knowledge().of(lost).id == "unreachable"
    relayed = replace(lost, http_status=502, error_type=None, target="https://gateway.example")
    assert knowledge().of(relayed).id == "gateway_unreached"


def test_limits_of_ours_are_ours_and_overloads_are_theirs() -> None:
    assert knowledge().of(messages(0, Outcome.RATE_LIMITED)).side is Side.US
    assert knowledge().of(messages(0, Outcome.OVERLOADED)).side is Side.THEM
    assert knowledge().of(messages(0, Outcome.NETWORK)).side is Side.PATH


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
    for advised in advice.values():
        text = advised.summary()
        assert not re.search(r"[{}]|\(\)|  | \.|,\.|:\.", text), text


def test_a_host_is_not_named_twice() -> None:
    advice, host = knowledge().advice["unreachable"], "127.0.0.1:9"
    refused = advice.summary(host=host, what="127.0.0.1:9 refused the connection")
    assert refused.endswith("Can't connect: 127.0.0.1:9 refused the connection.")
    assert advice.summary(host=host, what="no answer").endswith("Can't connect (127.0.0.1:9): no answer.")


def test_braces_in_a_fact_are_text() -> None:
    text = knowledge().advice["tls"].summary(host="{what}", what="{host}")
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
        ('id = "timeout"\noutcome = "timeout"\nadvice = "a"\nmeaning = "."', "the id occurs twice"),
        ('id = "r"\noutcome = "timeout"\nadvice = "a"\nmeaning = "."', "is for the same error as"),
        (f"{ROW}message = '('", 'message: got "(", expected a regular expression'),
        (f"{ROW}sentence.x = '{{y}}'", "sentence.x: got {y}, expected one of host"),
        (f"{ROW}types = 'x'", 'types: got "x", expected a list of names'),
        (f"{ROW}broken_at = 'x'", 'broken_at: got "x", expected one of halfway'),
        (f"{ROW}instead_of = ['x']", 'instead_of "x"'),
        (f"{ROW}gateway_classes = ['X']", "gateway_classes without a type"),
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


def test_the_shipped_table_is_what_its_reader_is_told_it_is() -> None:
    # The program itself takes it on trust that every pattern in it is valid.
    text = resources.files("claude_tui.knowledge").joinpath("errors.toml").read_text("utf-8")
    strict = parse_knowledge(text, "errors.toml")
    assert [row.recognition for row in strict.errors] == [row.recognition for row in knowledge().errors]
    assert any(row.recognition.words for row in strict.errors)


@pytest.mark.parametrize("field", ["message = '('", "words = ['fine', '(']"])
def test_a_pattern_that_is_none_is_refused(field: str) -> None:
    with pytest.raises(KnowledgeError, match=re.escape("unterminated subpattern")):
        small(f"{ROW}{field}\ninstead_of = ['r']")


def test_an_outcome_without_a_row_is_refused() -> None:
    row = '[[error]]\nid = "r"\noutcome = "timeout"\nadvice = "a"\nmeaning = "."\n'
    with pytest.raises(KnowledgeError, match='none with outcome "overloaded"'):
        parse_knowledge(SMALL + ENTRIES + row, "x.toml")


def test_an_outcome_in_no_class_or_in_two_is_refused() -> None:
    twice = '[[class]]\nid = "more"\nlabel = "more"\nbad_share = 0\noutcomes = ["timeout"]\n'
    row = '[[error]]\nid = "r"\noutcome = "timeout"\nadvice = "a"\nmeaning = "."\n'
    with pytest.raises(KnowledgeError, match='outcome "timeout" is in all and more, expected one class'):
        parse_knowledge(SMALL + ENTRIES + twice + row, "x.toml")
    with pytest.raises(KnowledgeError, match='outcome "overloaded" is in no class'):
        parse_knowledge(SMALL + ENTRIES.replace("'overloaded', ", "") + row, "x.toml")


def test_a_word_of_a_server_that_would_mean_two_outcomes_is_refused() -> None:
    other = ROW.replace('"r"', '"s"').replace('"timeout"', '"overloaded"')
    with pytest.raises(KnowledgeError, match='type "late" means both "r" and "s", expected one'):
        small(f"{ROW}types = ['late']", f"{other}types = ['late']")


NEW = """
[[error]]
id = "quota_pool"
outcome = "rate_limited"
type = "quota_pool_error"
advice = "window"
short = "quota pool empty"
broken_at = "edge"
meaning = "The quota pool that several organisations share is empty."
"""


class TestOneNewEntryIsEnough:
    """A new kind of failure is one `[[error]]`: everything that names failures knows it from then on."""

    table = parse_knowledge(
        resources.files("claude_tui.knowledge").joinpath("errors.toml").read_text("utf-8") + NEW,
        "errors.toml",
    )
    seen = messages(0, Outcome.RATE_LIMITED, http_status=418, error_type="quota_pool_error")

    def test_for_the_classification(self) -> None:
        error = {"type": "quota_pool_error", "message": "empty"}
        found = classify_error(error, 418, redactor=Redactor(), table=self.table)
        assert (found.outcome, found.error_type) == (Outcome.RATE_LIMITED, "quota_pool_error")
        assert classify_error(error, 418, redactor=Redactor()).outcome is Outcome.BAD_REQUEST

    def test_for_the_advice_of_a_verdict(self) -> None:
        assert self.table.of(self.seen).advice.next.startswith("Wait for the window")

    def test_for_the_wording_of_an_event(self) -> None:
        assert failure_words(self.seen, self.table) == "418 quota pool empty"
        assert failure_name(self.seen, self.table) == "418 quota_pool_error"

    def test_for_a_row_of_the_errors_panel(self) -> None:
        assert self.table.class_of(self.table.of(self.seen).outcome).label == "429 rate limit"

    def test_for_the_runbook(self) -> None:
        assert broken_at(self.seen.kind, self.table).value == "edge"

    def test_for_the_manual(self) -> None:
        assert "`quota_pool_error` (us): The quota pool that several" in manual_tables.errors(self.table)


def test_no_advice_names_a_key() -> None:
    """Advice is shown in read-only dashboards, by `check` and in notifications, where no key works."""
    texts = [text for advised in knowledge().advice.values() for text in (advised.next, advised.then) if text]
    assert len(texts) > 50
    assert [text for text in texts if re.search(r"\bpress\b", text, re.IGNORECASE)] == []
