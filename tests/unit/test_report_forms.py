"""`claude-top uptime` and `report`: text, Markdown, JSON and a page, made of a store that nobody disturbs."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from claude_tui.analysis.uptime.hours import DEFAULT_REACH
from claude_tui.analysis.uptime.report import Report, build_report
from claude_tui.cli import main
from claude_tui.model.incident import IncidentAct
from claude_tui.report.command import FORMATS
from claude_tui.report.document import report_json, uptime_json
from claude_tui.report.files import write_file
from claude_tui.report.markdown import report_markdown
from claude_tui.report.page import report_page
from claude_tui.report.text import uptime_text
from claude_tui.report.values import Heading, ReportError
from claude_tui.store import Store
from tests.builders import messages, status
from tests.uptime_values import OURS, ninety_days

AT = datetime(2026, 11, 20, 14, 5, 33, tzinfo=UTC)
HEADING = Heading("prod", "https://api.example.com", "api.example.com")
EVIL = '<script>alert(1)</script> & "x" | `y` [z](https://evil.example) **b** \n# h'


def made(days: float = 30, title: str = "") -> Report:
    record = ninety_days(AT)
    if title:
        acts = tuple(
            replace(act, text=title) if act.act is IncidentAct.DECLARED else act for act in record.acts
        )
        record = replace(record, acts=acts)
    return build_report(record, timedelta(days=days), OURS)


# -- forms ------------------------------------------------------------------------------------


def test_the_table_has_a_line_for_each_span() -> None:
    text = uptime_text(made(), HEADING, only_its_span=False)
    assert text.splitlines()[0] == "prod (api.example.com): uptime of messages, recorded since 2026-08-24"
    lines = {line.split()[0]: line.split() for line in text.splitlines()[3:]}
    assert list(lines) == ["24h", "7d", "30d", "60d", "90d"]
    assert lines["30d"][1] == "99.65%"
    assert len({len(line) for line in text.splitlines()[2:]}) == 1
    only = uptime_text(made(2.5), HEADING, only_its_span=True)
    assert [line.split()[0] for line in only.splitlines()[3:]] == ["2d12h"]


def test_json_says_seconds_and_null_for_what_is_not_known() -> None:
    document = json.loads(
        uptime_json(
            build_report(ninety_days(AT, days=10), timedelta(days=30), OURS), HEADING, only_its_span=False
        )
    )
    assert document["schema"] == "claude-top/uptime@1"
    assert document["target"] == {"name": "prod", "base_url": "https://api.example.com"}
    spans = {row["span"]: row["messages"] for row in document["spans"]}
    assert spans["30d"]["uptime"] is None
    assert spans["7d"]["uptime"] == pytest.approx(0.9988, abs=0.0001)
    for days, span in ((7, spans["7d"]), (90, spans["90d"])):
        parts = span["up_s"] + span["down_s"] + span["ours_s"] + span["unknown_s"]
        assert parts == pytest.approx(days * 86_400 + 5 * 60 + 33)


def test_the_whole_report_as_json() -> None:
    document = json.loads(report_json(made(), HEADING))
    assert document["schema"] == "claude-top/report@1"
    assert document["span"]["span"] == "30d"
    assert document["period"] == "day"
    assert len(document["periods"]) == 31
    assert [len(day) for day in document["week"]] == [24] * 7
    assert document["latency"]["ttft_s"]["p50"] == pytest.approx(0.41, rel=0.05)
    assert document["failures"][0] == {"outcome": "server_error", "error_type": "api_error", "count": 230}
    still_open, over = document["incidents"]
    assert (still_open["end"], over["severity"], over["cause"]) == (None, "P1", "provider_errors")


class Links(HTMLParser):
    """Everything that a browser would load or run, and the elements that stay open."""

    VOID = frozenset({"meta", "rect", "line", "circle", "polyline", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.open: list[str] = []
        self.data: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "link", "img", "iframe", "object", "base", "a"}:
            self.found.append(tag)
        self.found += [name for name, _ in attrs if name in {"src", "href"} or name.startswith("on")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.data.append(data)


@pytest.mark.parametrize("days", [1, 7, 90])
def test_the_page_loads_nothing_and_escapes_everything(days: float) -> None:
    page = report_page(made(days, EVIL), replace(HEADING, name=EVIL))
    links = Links()
    links.feed(page)
    assert links.found == []
    assert links.open == []
    assert "default-src 'none'" in page
    assert not re.search(
        r"url\(|@import|https?://(?!api\.example\.com|www\.w3\.org)[a-z]",
        page.replace("https://evil.example", ""),
    )
    assert EVIL in "".join(links.data)
    charts = re.findall(r"<svg.*?</svg>", page)
    assert len(charts) >= 2
    for chart in charts:
        ET.fromstring(chart)


def test_markdown_of_foreign_text_is_no_markup() -> None:
    text = report_markdown(made(title=EVIL), HEADING)
    (row,) = [line for line in text.splitlines() if "2026-11-20 13:41" in line]
    assert len(re.findall(r"(?<!\\)\|", row)) == 6
    assert not re.search(r"(?<!\\)[<`\[*#]", row)
    heads = [line for line in text.splitlines() if line.startswith("#")]
    assert heads == [
        "# prod (api.example.com): the last 30d", "## Uptime", "## Latency", "## Failures", "## Incidents",
        "## By the day", "## How this was measured",
    ]  # fmt: skip


@pytest.mark.parametrize("form", FORMATS)
def test_a_report_on_next_to_nothing(form: str) -> None:
    record = replace(ninety_days(AT, days=0), acts=(), reports=(), verdicts=())
    text = FORMATS[form](build_report(record, timedelta(days=30), OURS), HEADING)
    assert "nan" not in text.lower().replace("maintenance", "")


# -- files ------------------------------------------------------------------------------------


def test_a_file_is_never_replaced_by_accident(tmp_path: Path) -> None:
    path = tmp_path / "report.md"
    write_file(path, "one", force=False)
    with pytest.raises(ReportError, match="is there already"):
        write_file(path, "two", force=False)
    assert path.read_text() == "one"
    write_file(path, "two", force=True)
    assert path.read_text() == "two"
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_written_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="cannot be written: No such file or directory"):
        write_file(tmp_path / "none" / "report.md", "one", force=False)
    (tmp_path / "folder").mkdir()
    with pytest.raises(ReportError, match="cannot be written"):
        write_file(tmp_path / "folder", "one", force=True)
    assert list(tmp_path.iterdir()) == [tmp_path / "folder"]


# -- commands ---------------------------------------------------------------------------------


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The settings and a data directory in which the last two hours of a target are recorded."""
    for name in ("CLAUDE_TOP_CONFIG", "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("CLAUDE_TOP_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("CLAUDE_TOP_BASE_URL", "https://api.example.com")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def record(directory: Path) -> Store:
    """A store as a dashboard has it open."""
    now = datetime.now(UTC)
    store = Store.open(directory / "data", "api.example.com.db", now=now)
    for ago in range(7200, 0, -30):
        store.write(messages(now - timedelta(seconds=ago)))
    store.write(status(now - timedelta(seconds=7000)))
    assert store.flush(60)
    return store


def test_uptime_of_a_store_that_a_dashboard_has_open(
    watched: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = record(watched)
    assert main(["uptime", "--since", "1h", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    (span,) = document["spans"]
    assert span["messages"]["uptime"] == 1.0
    assert span["messages"]["coverage"] == pytest.approx(1, abs=0.02)
    assert main(["uptime"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()[3:]] == [
        "24h", "7d", "30d", "60d", "90d",
    ]  # fmt: skip
    assert store.close(60)
    assert store.problem is None


def test_a_report_takes_its_form_from_the_name_of_the_file(watched: Path) -> None:
    assert record(watched).close(60)
    assert main(["report", "--since", "7d", "out.html"]) == 0
    assert (watched / "out.html").read_text().startswith("<!DOCTYPE html>")
    assert main(["report", "out.json"]) == 0
    assert json.loads((watched / "out.json").read_text())["span"]["span"] == "30d"
    assert main(["report", "--format", "md", "out.txt"]) == 0
    assert (watched / "out.txt").read_text().startswith("# api.example.com: the last 30d\n")


def test_a_report_to_a_file_that_is_there(watched: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert record(watched).close(60)
    (watched / "out.md").write_text("mine")
    assert main(["report", "out.md"]) == 3
    assert "is there already and was left as it is; --force replaces it" in capsys.readouterr().err
    assert (watched / "out.md").read_text() == "mine"
    assert main(["report", "out.md", "--force"]) == 0
    assert (watched / "out.md").read_text() != "mine"


@pytest.mark.parametrize("command", ["uptime", "report"])
def test_where_nothing_is_recorded_nothing_is_made(
    watched: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command]) == 3
    output = capsys.readouterr()
    assert output.out == ""
    assert "nothing is recorded yet for api.example.com" in output.err
    assert list(watched.iterdir()) == []


@pytest.mark.parametrize("span", ["5m", "now", "400d", "-1d"])
def test_a_span_that_cannot_be(watched: Path, span: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["uptime", f"--since={span}"]) == 3
    assert "expected a span from 1h to 365d" in capsys.readouterr().err


def test_the_reach_of_other_intervals_is_used(watched: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Probes every ten minutes cover the time only if that is how often they are meant to run."""
    now = datetime.now(UTC)
    store = Store.open(watched / "data", "api.example.com.db", now=now)
    for ago in range(7200, 0, -600):
        store.write(messages(now - timedelta(seconds=ago)))
    assert store.close(60)
    config = watched / "config.toml"
    config.write_text("messages_interval_s = 600\n")

    def coverage(*options: str) -> float:
        assert main(["uptime", "--since", "1h", "--json", *options]) == 0
        return float(json.loads(capsys.readouterr().out)["spans"][0]["messages"]["coverage"])

    assert coverage() < 0.15
    assert coverage("--config", str(config)) == pytest.approx(1, abs=0.02)
    assert set(DEFAULT_REACH.values()) == {45_000_000, 22_500_000, 90_000_000, 180_000_000}
