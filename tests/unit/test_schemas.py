"""The schemas that ship hold for what is printed, and name every key of it."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from claude_tui import model
from claude_tui.analysis.uptime.report import build_report
from claude_tui.cli import main
from claude_tui.drills.command import scores_json
from claude_tui.engine.recording import KINDS
from claude_tui.report.document import report_json, uptime_json
from tests.recorded import recorded_in
from tests.unit.test_drill_log import GOOD
from tests.unit.test_recording import written
from tests.unit.test_report_forms import AT, HEADING, made
from tests.uptime_values import OURS, ninety_days


def schema(capsys: pytest.CaptureFixture[str], *command: str) -> dict[str, Any]:
    """What the command prints with --schema, which must be a valid schema."""
    assert main([*command, "--schema"]) == 0
    printed: dict[str, Any] = json.loads(capsys.readouterr().out)
    Draft202012Validator.check_schema(printed)
    return printed


def faults(found: object, of: dict[str, Any]) -> list[str]:
    validator = Draft202012Validator(of, format_checker=FormatChecker())
    return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(found)]


def undeclared(found: Any, of: dict[str, Any], whole: dict[str, Any]) -> set[str]:
    """The keys in `found` that the schema does not describe: a new one belongs into it as well."""
    of = whole["$defs"][of["$ref"].rsplit("/", 1)[1]] if "$ref" in of else of
    if isinstance(found, list) and "items" in of:
        return {key for item in found for key in undeclared(item, of["items"], whole)}
    properties = of.get("properties")
    if not isinstance(found, dict) or properties is None:
        return set()
    inner = (undeclared(value, properties[key], whole) for key, value in found.items() if key in properties)
    return (found.keys() - properties.keys()).union(*inner)


@pytest.mark.parametrize("days", [2.0, 30.0], ids=["by hour", "by day"])
@pytest.mark.parametrize("recorded", [90, 10], ids=["all known", "half unknown"])
def test_uptime_and_report(capsys: pytest.CaptureFixture[str], days: float, recorded: int) -> None:
    report = build_report(ninety_days(AT, days=recorded), timedelta(days=days), OURS)
    for command, text in (
        ("uptime", uptime_json(report, HEADING, only_its_span=True)),
        ("uptime", uptime_json(report, HEADING, only_its_span=False)),
        ("report", report_json(report, HEADING)),
    ):
        printed = schema(capsys, command)
        assert faults(json.loads(text), printed) == []
        assert undeclared(json.loads(text), printed, printed) == set()


def test_a_report_that_breaks_its_schema_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(report_json(made(), HEADING))
    document["periods"][0]["messages"]["coverage"] = 1.2
    del document["week"][6]
    document["incidents"][0]["severity"] = "P7"
    assert len(faults(document, schema(capsys, "report"))) == 3


def test_scores(capsys: pytest.CaptureFixture[str]) -> None:
    printed = schema(capsys, "drill", "scores")
    scores = json.loads(scores_json([GOOD]))
    assert faults(scores, printed) == []
    assert undeclared(scores, printed, printed) == set()
    assert faults([{**scores[0], "points": None, "side": None, "postmortem": None}], printed) == []
    assert faults([{**scores[0], "ending": "lost"}], printed) != []


def test_every_line_of_a_recording(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    printed = schema(capsys, "record")
    store = recorded_in(tmp_path / "data")
    written(store, tmp_path / "outage.jsonl.gz")
    store.close()
    text = gzip.decompress((tmp_path / "outage.jsonl.gz").read_bytes()).decode()
    lines = [json.loads(line) for line in text.splitlines()]
    # Some of each kind, and of observations those with anything in them.
    kinds = {next(iter(line)) for line in lines}
    kept = [line_of_kind for kind in kinds for line_of_kind in [line for line in lines if kind in line][:20]]
    kept += [line for line in lines if line.get("observation", {}).get("outcome") == "overloaded"][:20]
    kept += [line for line in lines if "observation" in line][:20]
    assert {key for line in kept for key in line} >= {"schema", "observation", "incident_entry", "end"}
    validator = Draft202012Validator(printed)
    wrong = [line for line in kept if not validator.is_valid(line)]
    assert wrong == []
    named = {kind for variant in printed["$defs"]["value"]["oneOf"] for kind in variant["properties"]}
    assert named == KINDS.keys()
    assert set(printed["$defs"]["header"]["properties"]["counts"]["propertyNames"]["enum"]) == KINDS.keys()
    assert not validator.is_valid({"observation": {"at": "now"}})


def enumerations() -> dict[str, type[StrEnum]]:
    """The enumerations of the model by name."""
    modules = [import_module(module.name) for module in iter_modules(model.__path__, "claude_tui.model.")]
    found = (kind for module in modules for kind in vars(module).values() if isinstance(kind, type))
    return {kind.__name__: kind for kind in found if issubclass(kind, StrEnum)}


def test_the_schema_of_a_recording_names_every_member_of_an_enumeration(
    capsys: pytest.CaptureFixture[str],
) -> None:
    described = {
        name: {*definition["enum"]}
        for name, definition in schema(capsys, "record")["$defs"].items()
        if "enum" in definition
    }
    assert described.keys() > {"Source", "Outcome", "Cause", "RequestedAction"}
    known = enumerations()
    assert described == {name: {member.value for member in known[name]} for name in described}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["uptime", "--schema", "--base-url", "http://h"], "leave out the other options"),
        (["report", "--schema", "--config", "x"], "leave out the other options"),
        (["drill", "--schema"], "--schema is for `drill scores`"),
        (["drill", "scores", "--schema", "--json"], "--schema is for `drill scores`"),
        (["record"], "record export"),
    ],
)
def test_what_does_not_go_with_a_schema(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 3
    assert words in capsys.readouterr().err
