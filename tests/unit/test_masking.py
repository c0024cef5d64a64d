"""What a shared screen must not show is masked in any text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.model.masking import HOST, ID, KEY, NAME, Mask

HOSTS = ("ops-1", "llm.acme.internal")
MASK = Mask.of(names=("acme-prod",), hosts=HOSTS)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("request req_011CUAabcDEF failed", f"request {ID} failed"),
        ("req_011C… (first)", f"{ID} (first)"),
        ("msg_01XyZ9 and wrkspc_01abc", f"{ID} and {ID}"),
        ("org-7f3a refused", f"{ID} refused"),
        ("limit of 80,000 (org: 8b6e0c1e-aaaa-4bbb-8ccc-123456789abc)", f"limit of 80,000 ({ID})"),
        ("Organization ID: acme_7", ID),
        ("trace 4bf92f3577b34da6a3ce929d0e0e4736", f"trace {ID}"),
        ("see https://acme.slack.com/archives/C1?x=2", f"see {HOST}"),
        ("could not resolve api.anthropic.com.", f"could not resolve {HOST}."),
        ("via 10.0.0.12:8443 and fe80::1", f"via {HOST} and {HOST}"),
        ("proxy at localhost:3128, gateway:4000", f"proxy at {HOST}, {HOST}"),
        ("ben@build-7 has it", f"ben@{HOST} has it"),
        ("mail ana@acme.example", f"mail ana@{HOST}"),
        ("ops-1 pages; LLM.ACME.INTERNAL is down", f"{HOST} pages; {HOST} is down"),
        ("[P1] acme-prod (llm.acme.internal): It's them.", f"[P1] {NAME} ({HOST}): It's them."),
        ("used sk-ant-api03-abcdefghijk", f"used {KEY}"),
        ("xoxb-123456789012 leaked, AKIAABCDEFGHIJKLMNOP too", f"{KEY} leaked, {KEY} too"),
        ("SK-ANT-API03-ABCDEFGH and sk_live_abcdefgh1234", f"{KEY} and {KEY}"),
        ("github_pat_11AAAA22, glpat-abcdefgh1234", f"{KEY}, {KEY}"),
        ("x-api-key: abcdefgh12345", f"x-{KEY}"),
        ("ANTHROPIC_API_KEY=abc123def456", f"ANTHROPIC_{KEY}"),
        ("REQ_011CQABC, request id: 011CQabc", f"{ID}, {ID}"),
        ("org_acme, anthropic-organization-id: abc", f"{ID}, anthropic-{ID}"),
        ("toolu_01ABCd and msgbatch_01ABCd", f"{ID} and {ID}"),
        ("trace 4BF92F3577B34DA6A3CE929D0E0E4736", f"trace {ID}"),
        ("bücher.example and 日本.example.jp:443", f"{HOST} and {HOST}"),
        ("via ::ffff:10.0.0.1", f"via {HOST}"),
        ("via fe80::1%eth0, fe80:1:2:3:4:5:6:7%wlan0.1", f"via {HOST}, {HOST}"),
        ("Organization: Acme Corp", ID),
        ("organisation name: Acme Corp Ltd is disabled, ask", f"{ID} is disabled, ask"),
        ("org=acme x, workspace: “Acme Corp”", f"{ID} x, {ID}"),
        ("[acme-prod] is down, see my_acme-prod_notes", f"[{NAME}] is down, see my_{NAME}_notes"),
        ("gw.acme-prod.corp.com, ops-1.local", f"{HOST}, {HOST}"),
        ("eve@acme-prod.corp.com", f"eve@{HOST}"),
        ("Authorization: Bearer abcdefghijklmnop", f"Authorization: Bearer {KEY}"),
    ],
)
def test_what_is_nobodys_business_is_masked(text: str, masked: str) -> None:
    assert MASK(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "It's them. Opus is overloaded (529); Haiku and Sonnet answer.",
        "since 14:02:11, 3m 22s ago; TTFT 4.10s (9.8× usual)",
        "24 of 26 failed: overloaded_error, e.g. request_too_large",
        "ana: checkout is on claude-sonnet-4.5 since 14:05, batch-2 waits until 14:30",
        "claude.ai is fine, Claude API partial outage",
        "2026-11-20T14:05:33Z and 12:00-13:00",
        "INC-7 is P2; key rejected? no: 3/4 answer",
    ],
)
def test_what_responders_say_stays_readable(text: str) -> None:
    assert MASK(text) == text


WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=30)
ALNUM = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789"
REQUEST_IDS = st.text(ALNUM, min_size=8, max_size=24).map("req_011C".__add__)
KEYS = st.text(ALNUM, min_size=12, max_size=40).map("sk-ant-api03-".__add__)
LABELS = st.text("abcdefghijklmnopqrstuvwxyz", min_size=4, max_size=12)
FQDNS = st.tuples(LABELS, LABELS, st.sampled_from(("com", "internal", "example"))).map(".".join)
ORGANISATIONS = st.uuids().map(str)


@given(WORDS, REQUEST_IDS | KEYS | FQDNS | ORGANISATIONS | st.sampled_from(HOSTS), WORDS)
def test_a_secret_between_any_words_is_gone(before: str, secret: str, after: str) -> None:
    assert secret not in MASK(f"{before} {secret} {after}")


@given(st.text(max_size=200) | st.tuples(WORDS, REQUEST_IDS | KEYS | FQDNS, WORDS).map(" ".join))
def test_masking_what_is_masked_changes_nothing(text: str) -> None:
    once = MASK(text)
    assert MASK(once) == once


@given(LABELS.filter(lambda label: label not in "name host key id"), WORDS)
def test_every_known_name_is_masked_whatever_its_case(name: str, after: str) -> None:
    shown = Mask.of(names=(name,))(f"the {name.upper()} {after}")
    assert f" {name.upper()} " not in shown


def test_short_names_are_ordinary_words() -> None:
    assert Mask.of(names=("p",), hosts=("it",))("p is it") == "p is it"


@pytest.mark.parametrize("text", ["a." + "b" * 200 + "_", "a." * 200 + "_"])
def test_what_is_too_long_for_a_host_is_left(text: str) -> None:
    assert MASK(text) == text
