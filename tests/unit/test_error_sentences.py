"""What is kept of somebody else's error: what the API says, never what the application sent."""

from __future__ import annotations

import re
import tomllib
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.knowledge import KnowledgeError
from claude_tui.knowledge.sentences import ELLIPSIS, parse_sentences, sentences
from claude_tui.traffic.cleaned import error_message

SHIPPED = tomllib.loads(resources.files("claude_tui.knowledge").joinpath("sentences.toml").read_text("utf-8"))
KNOWN = [sentence for key in ("api", "gateways", "own") for sentence in SHIPPED[key]]
FILLED = {
    "{n}": "200000",
    "{date}": "2026-12-01",
    "{time}": "00:00",
    "{path}": "messages.3.content",
    "{model}": "claude-haiku-5-5",
}
# Words of applications, none of which is in any sentence.
WORDS = (
    "canary",
    "Müller",
    "patient",
    "zebra",
    "hunter2",
    "Wien",
    "bitte",
    "j.doe@example.org",
    "+431234567",
)


def filled(sentence: str) -> str:
    return re.sub(r"\{\w+\}", lambda slot: FILLED[slot[0]], sentence)


# -- what an engineer needs ----------------------------------------------------------


@pytest.mark.parametrize("sentence", [filled(known) for known in KNOWN if ELLIPSIS not in known])
def test_a_known_sentence_is_kept_as_it_is(sentence: str) -> None:
    assert sentences().kept(sentence) == sentence


@pytest.mark.parametrize(
    "message",
    [
        "max_tokens: 200000 > 8192, which is the maximum allowed number of output tokens for claude-haiku-4",
        "prompt is too long: 210000 tokens > 200000 maximum",
        "messages.3.content: text content blocks must be non-empty",
        "messages.1.content.0.source.base64: image exceeds 5 MB maximum: 6000000 bytes > 5242880 bytes",
        "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000, decrease input length",
        'messages: roles must alternate between "user" and "assistant", but found multiple "user" roles',
        "thinking.budget_tokens: Input should be greater than or equal to 1024",
        "A maximum of 4 blocks with cache_control may be provided. Found 5.",
        "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing",
        "You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00",
        "model: claude-haiku-9",
        "Overloaded",
    ],
)
def test_what_tells_an_engineer_what_to_change_is_kept(message: str) -> None:
    assert error_message(message) == message


PARTS = {
    "This request would exceed your organization's rate limit of 40,000 input tokens per minute "
    "(org: 5c0f-77, model: claude-opus-4). For details, refer to: https://docs.example/limits.": (
        "This request would exceed your organization's rate limit of 40,000 input tokens per minute "
        "(org: …, model: claude-opus-4). For details, refer to: …"
    ),
    "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_1. "
    "Each `tool_use` block must have a corresponding `tool_result` block in the next message.": (
        "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: …. "
        "Each `tool_use` block must have a corresponding `tool_result` block in the next message."
    ),
    "tools.0.custom.input_schema.properties.diagnosis.type: Field required": (
        "tools.0.custom.input_schema.properties.…: Field required"
    ),
    "messages.0.content: Jane from Vienna is not valid for key 12345": "messages.0.content: … is not valid …",
    "HTTP 502 Bad Gateway: upstream request timeout for jane": (
        "HTTP 502 Bad Gateway: upstream request timeout …"
    ),
    "HTTP 403 Forbidden: Dear Jane, go away": "HTTP 403 Forbidden: …",
    'HTTP 503 Service Unavailable: a web page titled "Jane"': (
        'HTTP 503 Service Unavailable: a web page titled "…"'
    ),
    "HTTP 307 redirect to https://login.example:8443/jane": ("HTTP 307 redirect to another address"),
    "HTTP 307 redirect to https://jane-doe.example": "HTTP 307 redirect to another address",
    "litellm.BadRequestError: AnthropicException - Jane asked": (
        "litellm.BadRequestError: AnthropicException - …"
    ),
    "Invalid input: 123-45-6789": "Invalid input…",
    "Unknown model: us.anthropic.claude-haiku-5-5": "Unknown model: us.anthropic.claude-haiku-5-5",
    "Unknown model: jane.claude-haiku-5-5": "Unknown model: …",
    "Unknown model: claude-jane-doe": "Unknown model: …",
}


@pytest.mark.parametrize(("message", "kept"), PARTS.items())
def test_the_known_part_of_a_message_is_kept(message: str, kept: str) -> None:
    assert error_message(message) == kept


# -- what must not be kept -----------------------------------------------------------


@pytest.mark.parametrize(
    "message",
    [
        "Jane Doe is a patient of ours",
        "my card is 4111 1111 1111 1111",
        "123456789",
        "the maximum is 1234",
        "call +43 1 234567 or write to j.doe@example.org",
        "no",
        "…",
        "{n} {path} {model}",
        "",
    ],
)
def test_words_of_nobody_known_are_dropped(message: str) -> None:
    assert error_message(message) is None


@pytest.mark.parametrize(
    "name", ["claude-jane.doe@clinic.example", "claude-x:pw-1234", "claude-x@5551234567"]
)
def test_what_no_model_is_called_is_dropped(name: str) -> None:
    assert error_message(f"Unknown model: {name}") == "Unknown model: …"


@pytest.mark.parametrize(
    "name",
    [
        "claude-opus-4-1@20250805",
        "us.anthropic.claude-3-5-sonnet-20241022-v2:0",
        "anthropic/claude-3.7-sonnet:thinking",
    ],
)
def test_names_of_models_are_kept(name: str) -> None:
    assert error_message(f"Unknown model: {name}") == f"Unknown model: {name}"


@pytest.mark.parametrize(
    ("message", "kept"),
    [
        ("HTTP 400 Jane Doe has diabetes: x", None),
        ("HTTP 400 Jane Doe has diabetes: Overloaded", None),
        ("HTTP 429 Bad Request: x", None),
        ("HTTP 400 Bad Request: Jane", "HTTP 400 Bad Request: …"),
        ("HTTP 529: Jane", "HTTP 529: …"),
    ],
)
def test_only_the_phrase_that_belongs_to_a_status_is_kept(message: str, kept: str | None) -> None:
    assert error_message(message) == kept


@pytest.mark.parametrize(
    "message",
    [
        "messages.0.content: 4111111111111111 is not valid",
        "messages.0.content: 123456789",
        "max_tokens: 5551234",
        "Found 5551234 in 5551234",
        "prompt is too long: 5551234 of 99999999999999",
    ],
)
def test_a_number_counts_only_between_what_the_api_says_around_it(message: str) -> None:
    kept = error_message(message) or ""
    assert "5551234" not in kept
    assert "4111" not in kept
    assert "123456789" not in kept


GLUE = ("", " ", ":", ".", "'", '"', "`", "(", "-", "\n")


@given(st.sampled_from(KNOWN), st.sampled_from(WORDS), st.sampled_from(GLUE), st.integers(0, 40))
def test_a_word_of_the_application_is_never_kept_wherever_it_stands(
    sentence: str, word: str, glue: str, place: int
) -> None:
    words = filled(sentence).split(" ")
    place %= len(words) + 1
    message = " ".join([*words[:place], f"{glue}{word}{glue}", *words[place:]])
    assert word not in (error_message(message) or "")
    assert word not in (error_message(message.replace(f" {glue}{word}{glue} ", f"{glue}{word}{glue}")) or "")


@given(st.text(max_size=300))
def test_any_text_is_reduced_to_itself_with_gaps(message: str) -> None:
    kept = sentences().kept(message)
    if kept is None:
        return
    rest = message
    for part in kept.removesuffix('"').split(ELLIPSIS):
        if part.strip():
            before, found, rest = rest.partition(part.strip())
            assert found == part.strip(), before


# -- the file ------------------------------------------------------------------------


def test_no_sentence_is_there_twice() -> None:
    lower = [known.lower() for known in KNOWN]
    assert sorted(set(lower)) == sorted(lower)


def test_a_slot_that_is_none_would_be_taken_for_words() -> None:
    used = {slot for known in KNOWN for slot in re.findall(r"\{\w*\}", known)}
    assert used <= set(FILLED)


def test_a_file_that_is_wrong_says_where() -> None:
    with pytest.raises(KnowledgeError, match=r"here\.toml.*api"):
        parse_sentences("api = [3]\ngateways = []\nown = []\nnames = []", "here.toml")
