"""Walking the tree: the data suggests, the person decides; every verdict leads to its answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.model.observation import Observation, Outcome, Timings
from claude_tui.model.provider import Catalogue, ProviderStatus
from claude_tui.model.snapshot import Level, Notice
from claude_tui.model.verdict import Cause, Severity, Side, Verdict
from claude_tui.runbook import (
    NO_FACTS,
    Facts,
    back,
    begin,
    follow,
    playbook_now,
    shipped,
    suggest,
    take,
)
from claude_tui.runbook.walk import Taken
from tests.builders import (
    MODEL,
    after,
    bucket,
    catalogue,
    engine,
    healthy,
    incident,
    messages,
    models,
    status,
    unread,
)
from tests.runbook_values import facts, failing, verdict

RUNBOOK = shipped()
MODELS_FINE = [models(270 - 15.0 * n) for n in range(12)]
MODELS_FAIL = [models(275 - 15.0 * n, Outcome.NETWORK, error_type="dns", http_status=None) for n in range(6)]
FINE = healthy(0, 300)
NO_KEY = Notice("key", Level.BAD, "ANTHROPIC_API_KEY is not set (nor ANTHROPIC_AUTH_TOKEN)", after(0))
QUOTED = Notice("key", Level.WARN, "ANTHROPIC_API_KEY contains quotation marks", after(0))


def coded(observations: Sequence[Observation], code: str) -> list[Observation]:
    return [replace(observation, error_code=code) for observation in observations]


def listed(ident: str, lifecycle: str) -> Catalogue:
    return catalogue(0, ident, lifecycle=lifecycle)


@dataclass(frozen=True)
class Case:
    """What was seen, what the verdict says of it, and the answer the data must lead to."""

    answer: str
    found: Verdict
    items: Sequence[Observation | ProviderStatus | Catalogue]
    notice: Notice | None = None
    playbook: str | None = None


def broken(error_type: str, outcome: Outcome = Outcome.NETWORK) -> list[Observation]:
    return [replace(observation, http_status=None) for observation in failing(outcome, error_type=error_type)]


LIMITED = failing(Outcome.RATE_LIMITED, message="Too many requests")
SPENT = failing(Outcome.SPEND_LIMIT)
PATH = verdict(Cause.NETWORK)
CASES = [
    Case("all_well", verdict(Cause.HEALTHY), [*FINE, status(290)], playbook="app_only"),
    Case(
        "other_product", verdict(Cause.HEALTHY), [*FINE, status(290, chat="major_outage", indicator="major")]
    ),
    Case(
        "headroom_low",
        verdict(Cause.HEALTHY),
        [*FINE, messages(295, limits=[bucket("input", 150)]), status(290)],
    ),
    Case(
        "notice",
        verdict(Cause.PROVIDER_NOTICE),
        [*FINE, status(290, "degraded_performance", incidents=[incident()])],
        playbook="notice",
    ),
    Case("outage", verdict(Cause.PROVIDER_OUTAGE), [*failing(Outcome.SERVER_ERROR), *MODELS_FINE]),
    Case(
        "overloaded",
        verdict(Cause.PROVIDER_OVERLOADED),
        [*failing(Outcome.OVERLOADED), *MODELS_FINE],
        playbook="outage",
    ),
    Case(
        "overloaded",
        verdict(Cause.PROVIDER_OVERLOADED),
        failing(Outcome.OVERLOADED, http_status=500, error_type="api_error", message="Overloaded"),
    ),
    Case(
        "overloaded_masked",
        verdict(Cause.PROVIDER_OVERLOADED),
        failing(Outcome.OVERLOADED, http_status=500, message="litellm.InternalServerError"),
    ),
    Case(
        "intermittent",
        verdict(Cause.PROVIDER_ERRORS),
        [*failing(Outcome.SERVER_ERROR, 2), *healthy(0, 200), *MODELS_FINE],
    ),
    Case(
        "server_timeout",
        verdict(Cause.PROVIDER_ERRORS),
        [*failing(Outcome.SERVER_ERROR, 3, http_status=504, error_type="timeout_error"), *healthy(0, 180)],
        playbook="timeouts",
    ),
    Case(
        "models_only",
        verdict(Cause.PROVIDER_ERRORS, severity=Severity.P4),
        [*healthy(0, 300, models_s=900), *(models(200 + 15.0 * n, Outcome.SERVER_ERROR) for n in range(6))],
    ),
    Case(
        "no_reply",
        verdict(Cause.PROVIDER_OUTAGE),
        [*broken("read_timeout", Outcome.TIMEOUT), *MODELS_FINE],
        playbook="outage",
    ),
    Case(
        "streams_cut",
        verdict(Cause.PROVIDER_ERRORS),
        [*failing(Outcome.TRUNCATED_STREAM), *MODELS_FINE],
        playbook="streams",
    ),
    Case(
        "stream_errors",
        verdict(Cause.PROVIDER_ERRORS),
        [*failing(Outcome.SERVER_ERROR, http_status=200), *MODELS_FINE],
        playbook="streams",
    ),
    Case(
        "slow_theirs",
        verdict(Cause.PROVIDER_SLOW),
        [*FINE, *(messages(300 + 30.0 * n, ttft=4.0) for n in range(4))],
        playbook="slow",
    ),
    Case("limit_unnamed", verdict(Cause.RATE_LIMITED), LIMITED, playbook="rate_limited"),
    Case("limit_input", verdict(Cause.RATE_LIMITED, bucket="input"), LIMITED),
    Case("limit_output", verdict(Cause.RATE_LIMITED, bucket="output"), LIMITED),
    Case("limit_requests", verdict(Cause.RATE_LIMITED, bucket="requests"), LIMITED),
    Case(
        "limit_input",
        verdict(Cause.RATE_LIMITED),
        failing(Outcome.RATE_LIMITED, message="would exceed the limit of 30,000 input tokens per minute"),
    ),
    Case(
        "limit_requests",
        verdict(Cause.RATE_LIMITED),
        [*LIMITED, messages(280, limits=[bucket("requests", 0), bucket("input", 900)])],
    ),
    Case("limit_window", verdict(Cause.RATE_LIMITED, bucket="5h"), LIMITED),
    Case("limit_ramp", verdict(Cause.RATE_LIMITED, bucket="input"), coded(LIMITED, "ramp_limit_exceeded")),
    Case(
        "limit_masked",
        verdict(Cause.RATE_LIMITED),
        failing(Outcome.RATE_LIMITED, http_status=500, message="litellm.RateLimitError: AnthropicException"),
    ),
    Case(
        "spend_tier",
        verdict(Cause.SPEND_LIMIT),
        coded(SPENT, "enforced_spend_limit_reached"),
        playbook="spend_limit",
    ),
    Case("spend_contract", verdict(Cause.SPEND_LIMIT), coded(SPENT, "contract_spend_limit_reached")),
    Case(
        "spend_own",
        verdict(Cause.SPEND_LIMIT),
        failing(
            Outcome.SPEND_LIMIT,
            http_status=400,
            error_type="invalid_request_error",
            message="You have reached your specified workspace API usage limits.",
        ),
    ),
    Case(
        "spend_credit",
        verdict(Cause.SPEND_LIMIT),
        failing(Outcome.SPEND_LIMIT, http_status=400, message="Your credit balance is too low"),
    ),
    Case(
        "spend_billing",
        verdict(Cause.SPEND_LIMIT),
        failing(Outcome.SPEND_LIMIT, http_status=402, error_type="billing_error"),
    ),
    Case(
        "spend_gateway",
        verdict(Cause.SPEND_LIMIT),
        failing(Outcome.SPEND_LIMIT, http_status=400, error_type="budget_exceeded"),
    ),
    Case("spend_unnamed", verdict(Cause.SPEND_LIMIT), SPENT),
    Case("key_revoked", verdict(Cause.KEY_REJECTED), failing(Outcome.KEY_REJECTED), playbook="key_rejected"),
    Case("key_faulty", verdict(Cause.KEY_REJECTED), failing(Outcome.KEY_REJECTED), notice=QUOTED),
    Case(
        "not_permitted",
        verdict(Cause.NOT_PERMITTED),
        failing(Outcome.NOT_PERMITTED),
        playbook="not_permitted",
    ),
    Case(
        "on_hold", verdict(Cause.NOT_PERMITTED), coded(failing(Outcome.NOT_PERMITTED), "organization_on_hold")
    ),
    Case(
        "edge_block",
        verdict(Cause.NOT_PERMITTED, side=Side.PATH),
        failing(Outcome.INVALID_RESPONSE, http_status=403, error_type="challenge_page"),
        playbook="not_permitted",
    ),
    Case("edge_block", PATH, failing(Outcome.INVALID_RESPONSE, http_status=403, error_type="edge_block")),
    Case(
        "malformed",
        verdict(Cause.BAD_REQUEST),
        failing(Outcome.BAD_REQUEST, message="messages.0.content: Input should be a valid string"),
        playbook="bad_request",
    ),
    Case(
        "too_many_tokens",
        verdict(Cause.BAD_REQUEST),
        failing(Outcome.BAD_REQUEST, message="prompt is too long: 333 tokens > 200 maximum"),
    ),
    Case(
        "too_large",
        verdict(Cause.BAD_REQUEST),
        failing(Outcome.BAD_REQUEST, http_status=413, error_type="request_too_large"),
    ),
    Case(
        "wrong_path",
        verdict(Cause.BAD_REQUEST),
        failing(Outcome.BAD_REQUEST, http_status=404, error_type="not_found_error"),
    ),
    Case(
        "encryption_key",
        verdict(Cause.BAD_REQUEST),
        coded(failing(Outcome.BAD_REQUEST, http_status=503), "cmek_key_disabled"),
    ),
    Case("unsendable", verdict(Cause.BAD_REQUEST), broken("unsendable", Outcome.BAD_REQUEST)),
    Case(
        "model_retired",
        verdict(Cause.MODEL_UNAVAILABLE),
        [*failing(Outcome.MODEL_NOT_FOUND), listed(MODEL, "retired")],
        playbook="model_retired",
    ),
    Case(
        "model_not_served",
        verdict(Cause.MODEL_UNAVAILABLE),
        [*failing(Outcome.MODEL_NOT_FOUND), listed(MODEL, "active")],
    ),
    Case(
        "model_unlisted",
        verdict(Cause.MODEL_UNAVAILABLE),
        [*failing(Outcome.MODEL_NOT_FOUND), listed("claude-other", "active")],
    ),
    Case("model_unlisted", verdict(Cause.MODEL_UNAVAILABLE), failing(Outcome.MODEL_NOT_FOUND)),
    Case("dns", PATH, [*broken("dns"), *MODELS_FAIL], playbook="network"),
    Case("dns", PATH, broken("dns_timeout", Outcome.TIMEOUT)),
    Case("connection", PATH, broken("refused")),
    Case("proxy", PATH, broken("proxy")),
    Case("tls", PATH, broken("tls_untrusted")),
    Case("proxy_setting", PATH, broken("proxy_setting"), playbook="network"),
    Case("wrong_scheme", PATH, broken("not_tls")),
    Case("wrong_scheme", PATH, broken("needs_tls", Outcome.INVALID_RESPONSE), playbook="network"),
    Case("cut_off", PATH, [*broken("closed"), unread(290)]),
    Case("new_connections", PATH, [*healthy(0, 300, models_s=900), *MODELS_FAIL]),
    Case("captive_portal", PATH, failing(Outcome.INVALID_RESPONSE, error_type="html_page")),
    Case("captive_portal", PATH, failing(Outcome.INVALID_RESPONSE, http_status=307, error_type="redirect")),
    Case(
        "wrong_base_url",
        PATH,
        [*failing(Outcome.INVALID_RESPONSE, http_status=307, error_type="redirect"), status(290)],
    ),
    Case(
        "wrong_base_url",
        PATH,
        failing(Outcome.INVALID_RESPONSE, http_status=404, error_type="not_the_api"),
    ),
    Case("own_proxy", PATH, failing(Outcome.INVALID_RESPONSE, error_type="empty_body")),
    Case(
        "slow_network",
        verdict(Cause.NETWORK, severity=Severity.P4),
        [
            *healthy(0, 300, models_s=900),
            models(290, timings=Timings(dns=2.0, connect=1.0, tls=1.0, first_byte=0.2, total=4.2)),
        ],
    ),
    Case("key_missing", verdict(Cause.UNKNOWN), MODELS_FINE, notice=NO_KEY),
    Case("too_early", verdict(Cause.UNKNOWN), [messages(295)], playbook="blind"),
]


def facts_of_case(case: Case) -> Facts:
    """Five seconds after the newest observation, and at 300 s at the earliest."""
    state = engine()
    if case.notice is not None:
        state = replace(state, notices=(case.notice,))
    newest = max((item.at for item in case.items if isinstance(item, Observation)), default=after(300))
    at = max((newest - after(0)).total_seconds() + 5, 300.0)
    return facts(case.found, *case.items, at=at, state=state)


@pytest.mark.parametrize("case", CASES, ids=[f"{case.found.cause}-{case.answer}" for case in CASES])
def test_the_data_leads_to_the_right_answer(case: Case) -> None:
    found = facts_of_case(case)
    walk = follow(RUNBOOK, found)
    answer = RUNBOOK.nodes[walk.node]
    assert walk.node == case.answer
    assert answer.is_answer
    assert case.found.cause in answer.causes
    if case.playbook is not None:
        assert playbook_now(RUNBOOK, found, case.found.cause).id == case.playbook


def test_every_cause_is_among_the_cases() -> None:
    assert {case.found.cause for case in CASES} == set(Cause)


@pytest.mark.parametrize("case", CASES, ids=[f"{case.found.cause}-{case.answer}" for case in CASES])
def test_each_suggestion_says_what_it_rests_on(case: Case) -> None:
    found = facts_of_case(case)
    walk = begin(RUNBOOK)
    while (suggestion := suggest(RUNBOOK.nodes[walk.node], found)) is not None:
        assert suggestion.because
        assert all(words.strip() for words in suggestion.because)
        walk = take(RUNBOOK, walk, suggestion.branch)


def test_without_data_nothing_is_suggested() -> None:
    assert all(suggest(node, NO_FACTS) is None for node in RUNBOOK.nodes.values())
    assert follow(RUNBOOK, NO_FACTS) == begin(RUNBOOK)


def test_before_the_first_verdict_nothing_is_suggested_at_the_start() -> None:
    assert suggest(RUNBOOK.nodes["start"], facts(None)) is None


def test_the_person_may_go_elsewhere_and_back() -> None:
    walk = begin(RUNBOOK)
    labels = [branch.to for branch in RUNBOOK.nodes["start"].branches]
    walk = take(RUNBOOK, walk, labels.index("slow"))
    walk = take(RUNBOOK, walk, 2)
    assert walk.node == "slow_ours"
    assert walk.path == (Taken("start", labels.index("slow")), Taken("slow", 2))
    assert back(back(walk)) == begin(RUNBOOK) == back(begin(RUNBOOK))


def test_there_is_no_branch_beyond_the_last() -> None:
    with pytest.raises(ValueError, match="no number 99"):
        take(RUNBOOK, begin(RUNBOOK), 99)
    with pytest.raises(ValueError, match="no number -1"):
        take(RUNBOOK, begin(RUNBOOK), -1)


@given(st.data())
def test_any_walk_can_be_walked_back(data: st.DataObject) -> None:
    walk = begin(RUNBOOK)
    while branches := RUNBOOK.nodes[walk.node].branches:
        if len(walk.path) > 12:
            break
        further = take(RUNBOOK, walk, data.draw(st.integers(0, len(branches) - 1)))
        assert back(further) == walk
        walk = further


def test_following_goes_on_from_where_one_is() -> None:
    case = next(case for case in CASES if case.answer == "limit_input")
    at = take(RUNBOOK, begin(RUNBOOK), 1)
    assert follow(RUNBOOK, facts_of_case(case), at).path[0] == Taken("start", 1)
