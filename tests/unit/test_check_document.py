"""The object of `check --json` and the schema that ships with it: an exact contract."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from claude_tui.check import exit_code
from claude_tui.check.document import to_json
from claude_tui.model.observation import Outcome, Source, WindowReading
from claude_tui.model.verdict import Cause, PageAgreement, Severity, Side, Verdict
from tests.builders import after, bucket, messages, models, page, status
from tests.checked import VALIDATOR, findings
from tests.documents import blocks
from tests.manual_tables import PAGES

SCHEMA: Any = VALIDATOR.schema


def document() -> dict[str, Any]:
    refused = messages(1, Outcome.RATE_LIMITED, limits=[bucket("requests", 0, reset_in=27)])
    return to_json(findings(models(0), refused, page(0), status(0)))


def test_the_object_is_the_one_of_the_design() -> None:
    made = document()
    VALIDATOR.validate(made)
    assert list(made) == [
        "schema",
        "at",
        "target",
        "verdict",
        "probes",
        "status_page",
        "headroom",
        "windows",
        "models",
    ]
    assert made["schema"] == "claude-top/check@1"
    assert made["at"] == "2026-11-20T12:00:02Z"
    assert made["target"] == {"base_url": "https://api.anthropic.com", "model": "claude-haiku-5-5"}
    assert made["verdict"] == {
        "cause": "rate_limited",
        "side": "us",
        "severity": "P2",
        "confidence": 0.88,
        "summary": "It's us. Our rate limit is reached: requests (429).",
        "evidence": [
            "1 of 1 failed: rate_limit_error; model list ok, 182 ms.",
            "Key and network fine.",
            "requests: 0 of 1,000 left at the refusal.",
            "Status page: no incident on your components.",
        ],
        "next_step": "Wait for retry-after, then send less; queue or batch what can wait",
        "retry_after_s": 25.0,
        "scope": None,
        "recovering": None,
        "checking": False,
    }
    assert [probe["name"] for probe in made["probes"]] == ["models", "messages", "status"]
    assert list(made["probes"][1]["timings_s"]) == [
        "dns",
        "connect",
        "tls",
        "first_byte",
        "first_token",
        "total",
    ]
    assert made["probes"][1]["timings_s"]["first_token"] is None
    assert made["headroom"] == [
        {
            "bucket": "requests",
            "limit": 1000,
            "remaining": 0,
            "reset_at": "2026-11-20T12:00:27Z",
            "fraction": 0.0,
        }
    ]
    assert made["windows"] == []


def test_a_window_is_reported_among_the_buckets_and_by_itself() -> None:
    window = WindowReading("5h", 0.974, after(900), "allowed_warning")
    answered = [messages(second, windows=[window]) for second in (1, 2, 3)]
    made = to_json(findings(models(0), *answered, page(0), status(0)))
    VALIDATOR.validate(made)
    reset = "2026-11-20T12:15:00Z"
    assert made["headroom"] == [
        {"bucket": "5h window", "limit": 100, "remaining": 2, "reset_at": reset, "fraction": 0.026}
    ]
    assert made["windows"] == [
        {"window": "5h", "used": 0.974, "status": "allowed_warning", "reset_at": reset}
    ]


def test_the_manuals_example_is_one() -> None:
    (example,) = blocks((PAGES / "check.md").read_text("utf-8"), "json")
    assert [error.message for error in VALIDATOR.iter_errors(json.loads(example))] == []


def test_what_was_not_measured_is_null() -> None:
    made = to_json(findings(models(0), messages(1), messages(2)))
    VALIDATOR.validate(made)
    assert made["verdict"]["severity"] is None
    assert made["verdict"]["retry_after_s"] is None
    assert made["status_page"] is None
    assert made["headroom"] == []
    assert made["probes"][0]["request_id"] is None


def test_a_note_is_evidence_too() -> None:
    made = to_json(findings(models(0), messages(1), messages(2), page(0), status(0, chat="major_outage")))
    assert made["verdict"]["cause"] == "healthy"
    assert "not what we use" in made["verdict"]["evidence"][-1]


def test_the_schema_is_one_and_closed() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    objects = [schema for schema in _walk(SCHEMA) if schema.get("type") == "object"]
    assert len(objects) > 6
    for schema in objects:
        assert schema["additionalProperties"] is False
        assert sorted(schema["required"]) == sorted(schema["properties"])


def _walk(value: Any) -> Any:
    if isinstance(value, dict):
        yield value
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _walk(inner)


def test_the_schema_knows_every_word_of_the_vocabulary_and_no_other() -> None:
    verdict, probe = SCHEMA["properties"]["verdict"]["properties"], SCHEMA["$defs"]["probe"]["properties"]
    assert set(verdict["cause"]["enum"]) == set(Cause)
    assert set(verdict["side"]["enum"]) == set(Side)
    assert verdict["severity"]["enum"] == ["P1", "P2", "P3", "P4", None]
    assert set(probe["outcome"]["enum"]) == set(Outcome)
    assert set(probe["name"]["enum"]) == set(Source)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("verdict",), None),
        (("verdict", "severity"), None),
        (("verdict", "severity"), "P5"),
        (("verdict", "cause"), "healthy"),
        (("verdict", "confidence"), 1.2),
        (("verdict", "retry_after_s"), "30"),
        (("verdict", "more"), 1),
        (("at",), "2026-11-20 12:00:02"),
        (("schema",), "claude-top/check@2"),
        (("probes", 0, "outcome"), "odd"),
        (("probes", 0, "timings_s", "dns"), -1),
        (("headroom", 0, "reset_at"), 0),
        (("more",), 1),
    ],
)
def test_the_schema_refuses_anything_else(path: tuple[Any, ...], value: object) -> None:
    made = copy.deepcopy(document())
    place: Any = made
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(ValidationError):
        VALIDATOR.validate(made)


@pytest.mark.parametrize(
    ("cause", "severity", "code"),
    [
        (Cause.HEALTHY, Severity.NONE, 0),
        (Cause.PROVIDER_NOTICE, Severity.P4, 1),
        (Cause.PROVIDER_ERRORS, Severity.P3, 1),
        (Cause.RATE_LIMITED, Severity.P2, 2),
        (Cause.NETWORK, Severity.P1, 2),
        (Cause.UNKNOWN, Severity.NONE, 3),
    ],
)
def test_exit_codes_are_those_of_monitoring_plugins(cause: Cause, severity: Severity, code: int) -> None:
    assert (
        exit_code(Verdict(cause, Side.UNCLEAR, severity, 0.5, "s", (), "n", None, PageAgreement.SILENT))
        == code
    )
