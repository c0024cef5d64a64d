"""The plain text of `check`: one screen, the verdict first, nothing that a terminal would obey."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from claude_tui.model.observation import Outcome
from claude_tui.model.provider import Component, ProviderStatus
from claude_tui.model.text import inert
from tests.builders import MODEL, NOON, after, bucket, catalogue, incident, messages, models, page, status
from tests.checked import findings, screen

OVERLOADED = [messages(second, Outcome.OVERLOADED, message="Overloaded") for second in (1, 3, 5)]
WELL = [messages(second) for second in (1, 2, 3)]


def test_the_first_line_carries_the_verdict() -> None:
    text = screen(findings(models(0), *OVERLOADED, page(0), status(0)))
    first, second, *_ = text.split("\n")
    assert first == "[P1] It's them. The API is overloaded (529). Since 12:00 UTC or earlier."
    assert second == "respond now · api.anthropic.com · claude-haiku-5-5 · 2026-11-20 12:00:06 UTC"


def test_it_goes_on_with_the_evidence_the_next_step_and_the_probes() -> None:
    text = screen(findings(models(0), *OVERLOADED, page(0), status(0)))
    evidence = "3 of 3 failed: overloaded_error; model list ok, 182 ms."
    following = "Next: Back off 30–60 s, shed load, use the fallback. Retry after 30s."
    assert text.index(evidence) < text.index(following) < text.index("✗ messages    3 of 3: 529")
    assert "“Overloaded”" in text
    assert "✓ models      answered · 182 ms" in text
    assert "✓ status page in words" in text
    assert "? headroom    no response stated any limits" in text


def test_all_is_well_in_a_few_lines() -> None:
    limits = [bucket("requests", 810), bucket("input", 15_000, 20_000)]
    seen = [*WELL[:2], messages(3, limits=limits)]
    text = screen(findings(models(0), *seen, page(0), status(0)))
    assert text.startswith("[OK] All is well. Messages succeed, first token after 400 ms.\n")
    assert "Next: Nothing to do.\n" in text
    assert "✓ headroom    input 75%, requests 81% left" in text


def test_what_ends_within_a_month_is_shown() -> None:
    """A check from cron said "all is well" up to the day on which the model was gone."""
    (model,) = catalogue(0, MODEL).models
    gone, later = (
        replace(catalogue(0), models=(replace(model, retires_at=after(days * 86_400)),)) for days in (2, 99)
    )
    expiring = replace(models(0), tls_expires_at=after(5 * 86_400))
    text = screen(findings(expiring, *WELL, gone, page(0), status(0)))
    assert text.startswith("[OK] All is well.")
    assert f"▲ soon        {MODEL} retires in 1d 23h; certificate expires in 4d 23h" in text
    assert "soon" not in screen(findings(models(0), *WELL, later, page(0), status(0)))


def test_the_name_of_the_target_comes_first_and_else_a_host_that_is_not_the_apis() -> None:
    assert screen(findings(models(0), *WELL, name="prod")).startswith("[OK] prod: All is well.")
    gateway = findings(models(0), *WELL, base_url="https://gateway.example.com")
    assert screen(gateway).startswith("[OK] gateway.example.com: All is well.")


def test_since_when_goes_to_the_second_line_where_the_first_is_full() -> None:
    found = findings(models(0), *OVERLOADED, base_url="https://gateway.example.com")
    first, second, *_ = screen(found).split("\n")
    assert first == "[P1] gateway.example.com: It's them. The API is overloaded (529)."
    assert second.startswith("Since 12:00 UTC or earlier · respond now ·")


def test_a_page_that_spoke_before_says_since_when() -> None:
    reported = status(0, "partial_outage", incidents=[replace(incident(), started_at=after(-900))])
    text = screen(findings(models(0), *OVERLOADED, page(0), reported))
    first, second, *_ = text.split("\n")
    assert first == "[P1] It's them. The API is overloaded (529)."
    assert second.startswith("Since 11:45 UTC, says the status page · respond now ·")
    assert "▲ status page in words; Elevated errors (investigating, major); Claude API" in text


def test_unknown_is_shown_once() -> None:
    found = findings(models(0), page(0), not_run="ANTHROPIC_API_KEY is not set (nor ANTHROPIC_AUTH_TOKEN)")
    text = screen(found)
    assert text.startswith("[UNKNOWN] Inference is not probed: there is no usable key.\n")
    assert "Next: Set ANTHROPIC_API_KEY and start again." in text
    assert text.count("not probed: ANTHROPIC_API_KEY") == 1
    assert "? status page unknown: not read" in text


def test_the_reason_why_the_page_could_not_be_read_is_given_once() -> None:
    reason = "the name status.claude.com was not resolved: Name or service not known"
    unread = replace(status(0), unknown_reason=reason)
    failed = replace(page(0, Outcome.NETWORK), error_type="dns", message=reason)
    text = " ".join(screen(findings(models(0), *OVERLOADED, failed, unread)).split())
    assert text.count("not resolved") == 1
    assert f"? status page unknown: {reason}" in text


def test_a_message_that_two_probes_got_is_given_once() -> None:
    message = "127.0.0.1:9 refused the connection"
    lost = [messages(second, Outcome.NETWORK, error_type="refused", message=message) for second in (1, 3, 5)]
    unlisted = replace(models(0, Outcome.NETWORK), error_type="refused", message=message)
    text = screen(findings(unlisted, *lost))
    assert text.count(f"“{message}”") == 1
    assert "✗ models" in text


def test_a_limit_is_not_asked_again_and_how_much_is_left_is_reported() -> None:
    refused = messages(
        1, Outcome.RATE_LIMITED, limits=[bucket("requests", 0), bucket("output", 950)], message="Too many"
    )
    found = findings(models(0), replace(refused, retry_after_s=41.0), not_run="2 of 3 left out after 429")
    text = screen(found)
    assert text.startswith("[P2] It's us. Our rate limit is reached: requests (429).")
    assert "Not asked again: 2 of 3 left out after 429." in " ".join(text.split())
    assert "Retry after 40s." in " ".join(text.split())
    assert "▲ headroom    requests 0% (0 of 1,000), output 95% left" in text
    assert "not probed" not in text


def test_alike_answers_are_reported_as_one() -> None:
    seen = [messages(number, ttft=0.2 + number / 100) for number in range(1, 101)]
    text = screen(findings(models(0), *seen))
    assert "✓ messages    100 of 100: answered · first token 210 ms–1.20 s" in text


def test_a_slow_name_lookup_or_handshake_is_named() -> None:
    listed = models(0)
    slow = replace(listed, timings=replace(listed.timings, dns=4.012, connect=0.999, tls=1.0))
    text = screen(findings(slow, *WELL))
    assert "answered · 182 ms · name lookup 4.01 s · TLS 1.00 s" in text
    assert "name lookup" not in screen(findings(listed, *WELL))


def test_a_key_that_looks_wrong_and_a_page_of_somebody_elses_are_reported() -> None:
    other = ProviderStatus(NOON, "https://x.test", "none", "fine", (Component("x", "Shop", "operational"),))
    text = screen(findings(models(0), *WELL, page(0), other, key_problem="ANTHROPIC_API_KEY contains …"))
    assert "▲ key         ANTHROPIC_API_KEY contains …" in text
    assert "none of its components is yours" in text


def test_where_only_ascii_can_be_written_nothing_else_is() -> None:
    text = screen(findings(models(0), *OVERLOADED, page(0), status(0)), ascii_only=True)
    assert text.isascii()
    assert text.startswith("[P1] It's them. The API is overloaded (529).")


def test_a_monitoring_plugins_bar_is_never_written() -> None:
    seen = [messages(second, Outcome.BAD_REQUEST, message="a | b=1") for second in (1, 2, 3)]
    assert "|" not in screen(findings(models(0), *seen))


HOSTILE = st.text(alphabet=st.sampled_from("a \x1b[31m\x07\x9b\n\r\t|\u202e\u2028[bold]é漢"), max_size=400)


@settings(max_examples=60)
@given(message=HOSTILE, words=HOSTILE, kinds=st.integers(1, 9))
def test_whatever_servers_say_it_stays_one_screen_of_printable_text(
    message: str, words: str, kinds: int
) -> None:
    failures = [
        messages(
            number,
            Outcome.SERVER_ERROR,
            http_status=500 + number,
            error_type=inert(words, 80) or None,
            message=inert(message, 300),
        )
        for number in range(1, kinds + 1)
    ]
    parts = tuple(Component(str(number), inert(words, 80), inert(message, 80)) for number in range(30))
    reported = ProviderStatus(NOON, "https://s.test", inert(words), inert(message), parts)
    screen(findings(models(0, Outcome.SERVER_ERROR), *failures, page(0), reported))
