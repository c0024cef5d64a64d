"""A report as one HTML page that prints well: it loads nothing, and all foreign text in it is escaped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from claude_tui import __version__
from claude_tui.analysis.uptime.columns import Service
from claude_tui.analysis.uptime.report import Report
from claude_tui.model.format import plain, span_text
from claude_tui.report.charts import latency_chart, strip_chart, week_chart
from claude_tui.report.tables import (
    INCIDENT_HEAD,
    PERIOD_HEAD,
    UPTIME_HEAD,
    incident_rows,
    period_rows,
    uptime_rows,
)
from claude_tui.report.values import METHOD, Heading, covered, minute, quantile, share, spent

__all__ = ["report_page"]

# No script, no font, no image: a browser blocks any that slip in nevertheless.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE = """
:root { --text: #22262d; --dim: #6a707b; --edge: #d5d1c8; --back: #fbfaf7; --up: #b7bdb4; --warn: #c08612;
  --bad: #bb2c2c; --unknown: #e3dfd6; --info: #1f63a8; }
* { box-sizing: border-box; }
html { background: var(--back); color: var(--text); font: 14px/1.45 system-ui, sans-serif;
  -webkit-print-color-adjust: exact; print-color-adjust: exact; }
body { max-width: 860px; margin: 0 auto; padding: 32px 24px 48px; }
h1 { font-size: 22px; margin: 0 0 2px; }
h2 { font-size: 15px; margin: 30px 0 8px; border-bottom: 1px solid var(--edge); padding-bottom: 3px; }
p { margin: 6px 0; }
.dim { color: var(--dim); }
.figures { display: flex; flex-wrap: wrap; gap: 12px 30px; margin: 18px 0 6px; padding: 0; }
.figures div { display: flex; flex-direction: column-reverse; }
.figures dt { color: var(--dim); font-size: 12px; }
.figures dd { margin: 0; font-size: 21px; font-variant-numeric: tabular-nums; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: 12.5px; }
th { font-weight: 500; color: var(--dim); }
th, td { text-align: right; padding: 3px 0 3px 12px; white-space: nowrap; vertical-align: top; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
.words { text-align: left; white-space: normal; overflow-wrap: anywhere; }
tbody tr { border-top: 1px solid var(--edge); }
tr { break-inside: avoid; }
thead { display: table-header-group; }
svg { width: 100%; height: auto; display: block; margin: 6px 0; }
svg text { font: 11px system-ui, sans-serif; fill: var(--dim); }
svg .end { text-anchor: end; }
rect.up { fill: var(--up); } rect.warn { fill: var(--warn); } rect.bad { fill: var(--bad); }
rect.unknown { fill: var(--unknown); }
polyline { fill: none; stroke-width: 1.6; stroke-linejoin: round; }
polyline.p50 { stroke: var(--info); } polyline.p95 { stroke: var(--info); stroke-dasharray: 5 3; }
polyline.p99 { stroke: var(--dim); stroke-dasharray: 1.5 3; }
.dot { fill: var(--info); } .grid { stroke: var(--edge); stroke-width: 0.7; }
.trouble { color: var(--bad); }
section { break-inside: avoid; }
section.long { break-inside: auto; }
@page { margin: 16mm 14mm; }
@media print { html { background: none; font-size: 11px; } body { max-width: none; padding: 0; }
  table { font-size: 10px; } th, td { padding-left: 8px; } .figures dd { font-size: 17px; } }
"""


def report_page(report: Report, heading: Heading) -> str:
    span = span_text(report.span)
    title = escape(f"{heading.title}: the last {span}")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f'<h1>{title}</h1>\n<p class="dim">{minute(report.start)} to {minute(report.at)} · '
        f"{escape(heading.base_url)}</p>\n" + "\n".join(_sections(report)) + "\n</body>\n</html>\n"
    )


def _sections(report: Report) -> Iterator[str]:
    unit = "hour" if report.by_the_hour else "day"
    yield _figures(report)
    yield _section("Uptime", _table(UPTIME_HEAD, uptime_rows(report)))
    yield _section(f"Uptime by {unit}", strip_chart(report), _legend())
    yield _section("Time to first token", _about_latency(report), latency_chart(report))
    yield _section("Incidents", _incidents(report))
    yield _section("Failed messages", _failures(report))
    if not report.by_the_hour:
        yield _section("Weekdays and hours, UTC", week_chart(report))
    yield _section(f"Every {unit}", _table(PERIOD_HEAD, period_rows(report), words=(10,)), long=True)
    about = f'<p class="dim">{escape(METHOD)}</p>'
    yield _section("How this was measured", about, f'<p class="dim">claude-top {escape(__version__)}</p>')


def _section(title: str, *parts: str, long: bool = False) -> str:
    kind = ' class="long"' if long else ""
    return f"<section{kind}>\n<h2>{escape(title)}</h2>\n" + "\n".join(parts) + "\n</section>"


def _figures(report: Report) -> str:
    api, page = report.of_span.tallies[Service.API], report.of_span.tallies[Service.PAGE]
    figures = (
        ("uptime", share(api)),
        ("down", spent(api, api.down)),
        ("our own faults", spent(api, api.ours)),
        ("covered", covered(api)),
        ("by the status page", share(page)),
        ("TTFT p50", quantile(report.latency.ttft, 0.5)),
        ("TTFT p95", quantile(report.latency.ttft, 0.95)),
    )
    items = (f"<div><dt>{escape(name)}</dt><dd>{escape(figure)}</dd></div>" for name, figure in figures)
    return f'<dl class="figures">{"".join(items)}</dl>'


def _legend() -> str:
    return (
        '<p class="dim">The lower a bar, the longer the API was down: amber from 0.1% of the time, '
        "red from 5%. Flat and pale: unknown.</p>"
    )


def _about_latency(report: Report) -> str:
    model = f" of {report.latency.model}" if report.latency.model else ""
    return f'<p class="dim">Successful messages{escape(model)}.</p>'


def _incidents(report: Report) -> str:
    if not report.incidents:
        return '<p class="dim">None was declared.</p>'
    return _table(INCIDENT_HEAD, incident_rows(report), words=(3, 4))


def _failures(report: Report) -> str:
    if not report.failures:
        return '<p class="dim">None.</p>'
    rows = [(plain(failure.outcome), failure.error_type, f"{failure.count:,}") for failure in report.failures]
    return _table(("outcome", "error type", "messages"), rows, words=(1,))


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], words: Sequence[int] = ()) -> str:
    """A table; the columns `words` are aligned left, figures right. Everything is escaped here."""

    def cell(name: str, number: int, text: str) -> str:
        kind = ' class="words"' if number in words else ""
        return f"<{name}{kind}>{escape(text)}</{name}>"

    def row(name: str, texts: Sequence[str]) -> str:
        return f"<tr>{''.join(cell(name, number, text) for number, text in enumerate(texts))}</tr>"

    body = "\n".join(row("td", texts) for texts in rows)
    return f"<table>\n<thead>{row('th', head)}</thead>\n<tbody>\n{body}\n</tbody>\n</table>"
