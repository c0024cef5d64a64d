"""`claude-top traffic`: the same figures as text and JSON, and a schema that both keep to."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from claude_tui.analysis.traffic.figures import By
from claude_tui.cli import main
from claude_tui.model.observation import Outcome
from claude_tui.model.traffic import Call, Tokens, TrafficSource
from claude_tui.report.traffic import read_traffic, schema_text
from claude_tui.report.traffic_document import traffic_json
from claude_tui.report.traffic_text import traffic_text
from claude_tui.report.values import Heading
from claude_tui.store import Store
from claude_tui.traffic.sink import StoreSink
from tests.store_values import PATIENCE_S, opened

NOW = datetime(2026, 11, 20, 14, 5, 33, tzinfo=UTC)
HEADING = Heading("prod", "https://api.example.com", "api.example.com")
VALIDATOR = Draft202012Validator(json.loads(schema_text()))


def made(ago: float, **changes: Any) -> Call:
    values: dict[str, Any] = {
        "source": TrafficSource.PROXY,
        "route": "messages",
        "application": "checkout",
        "outcome": Outcome.OK,
        "model": "claude-opus-5-5",
        "first_token_s": 0.5,
        "total_s": 2.0,
        "tokens": Tokens(1000, 100, 3000, 0, 0),
        "cost_usd": 0.01,
        "retries": 0,
        **changes,
    }
    return Call(NOW - timedelta(seconds=ago + 2), **values)


def recorded(store: Store, *calls: Call) -> None:
    sink = StoreSink(store, now=NOW.timestamp)
    for call in calls:
        sink.add(call)
    sink.close()
    assert store.flush(PATIENCE_S)


def an_hour() -> list[Call]:
    calls = [made(ago) for ago in range(0, 3000, 10)]
    calls += [
        made(
            ago,
            outcome=Outcome.OVERLOADED,
            error_type="overloaded_error",
            http_status=529,
            request_id=f"req_{ago}",
            tokens=None,
            cost_usd=None,
            first_token_s=None,
            retries=1,
        )
        for ago in range(0, 1000, 10)
    ]
    calls += [made(ago, application="batch", model="mine", cost_usd=None) for ago in range(0, 400, 10)]
    return calls


def test_text_has_a_row_for_each_application_and_one_for_all(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        recorded(store, *an_hour())
        text = traffic_text(read_traffic(store, timedelta(hours=1), By.APPLICATION, NOW), HEADING)
    lines = text.splitlines()
    assert lines[0].startswith("prod (api.example.com): own traffic from 2026-11-20 13:05:30 UTC")
    rows = {line.split()[0]: line.split() for line in lines[3:6]}
    assert list(rows) == ["checkout", "batch", "all"]
    assert rows["checkout"][1:6] == ["400", "0.1", "25%", "100", "0"]
    assert rows["all"][1] == "440"
    assert rows["all"][-1] == "≥$10.00"
    assert rows["batch"][-1] == "n/a"
    assert "failures: overloaded (overloaded_error) 100" in lines
    assert any(line.startswith("attempts per call 1.29") for line in lines)
    assert any("without a price: 40 calls" in line for line in lines)
    assert any(line.endswith("529 overloaded_error  req_0") for line in lines)


def test_json_keeps_to_its_schema_and_agrees_with_the_client(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        recorded(store, *an_hour())
        report = read_traffic(store, timedelta(hours=1), By.MODEL, NOW)
    document = json.loads(traffic_json(report, HEADING))
    VALIDATOR.validate(document)
    assert document["all"]["calls"] == 440
    assert document["all"]["failed"] == 100
    assert document["all"]["overloaded"] == 100
    assert document["all"]["tokens"]["cache_read"] == 340 * 3000
    assert document["all"]["cost_usd"] == pytest.approx(3.0)
    assert (document["all"]["cost_is_at_least"], document["all"]["unpriced_calls"]) == (True, 40)
    assert [row["name"] for row in document["rows"]] == ["claude-opus-5-5", "mine"]
    assert document["failed_calls"][0]["http_status"] == 529


def test_only_the_span_that_is_asked_for_counts(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        recorded(store, made(30), made(290), made(400), made(5000))
        assert read_traffic(store, timedelta(minutes=5), By.MODEL, NOW).all.calls == 2
        assert read_traffic(store, timedelta(hours=3), By.MODEL, NOW).all.calls == 4


def test_what_no_source_tells_is_null(tmp_path: Path) -> None:
    bare = made(5, tokens=None, cost_usd=None, first_token_s=None, retries=None)
    with opened(tmp_path) as store:
        recorded(store, *(bare for _ in range(6)))
        document = json.loads(traffic_json(read_traffic(store, timedelta(hours=1), By.MODEL, NOW), HEADING))
    VALIDATOR.validate(document)
    unknown = ("tokens", "attempts_per_call", "cost_usd", "input_per_minute", "cache_share", "prompt_p95")
    assert {key: document["all"][key] for key in unknown} == dict.fromkeys(unknown)
    assert {item["what"] for item in document["sources"][0]["absent"]} == {
        "tokens",
        "time to first token",
        "attempts",
    }


def test_the_schema_is_sound_and_refuses_another_version() -> None:
    Draft202012Validator.check_schema(json.loads(schema_text()))
    assert not VALIDATOR.is_valid({"schema": "claude-top/traffic@2"})


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLAUDE_TOP_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "https://api.example.com")
    monkeypatch.setenv("CLAUDE_TOP_CONFIG", str(tmp_path / "settings.toml"))
    (tmp_path / "settings.toml").touch()
    return tmp_path / "data"


def test_the_command_on_a_store_that_others_have_open(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = Store.open(home, "api.example.com.db", now=datetime.now(UTC))
    sink = StoreSink(store)
    for _ in range(8):
        sink.add(Call(datetime.now(UTC), TrafficSource.PROXY, "messages", "checkout", Outcome.OK))
    sink.close()
    assert store.flush(PATIENCE_S)
    assert main(["traffic", "--since", "5m", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    VALIDATOR.validate(document)
    assert document["all"]["calls"] == 8
    assert main(["traffic", "--by", "outcome"]) == 0
    assert capsys.readouterr().out.splitlines()[3].split()[:2] == ["ok", "8"]
    store.close()


def test_without_traffic_it_says_what_to_do(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["traffic"]) == 3
    stderr = capsys.readouterr().err
    assert "nothing is recorded of api.example.com" in stderr
    assert "recorded here" not in stderr
    Store.open(home, "gateway.example.com.db", now=datetime.now(UTC)).close()
    assert main(["traffic"]) == 3
    assert "recorded here: gateway.example.com (" in capsys.readouterr().err
    Store.open(home, "api.example.com.db", now=datetime.now(UTC)).close()
    assert main(["traffic"]) == 3
    assert "claude-top proxy" in capsys.readouterr().err


@pytest.mark.parametrize("span", ["30s", "soon", "2y"])
def test_a_span_that_is_none_is_refused(home: Path, span: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["traffic", "--since", span]) == 3
    assert "--since" in capsys.readouterr().err


def test_the_schema_is_printed_without_a_store(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["traffic", "--schema"]) == 0
    assert json.loads(capsys.readouterr().out)["$id"] == "urn:claude-top:traffic:1"
