"""`claude-top uptime` and `claude-top report`: text, Markdown, JSON, and a page that prints. No Textual."""

from claude_tui.report.command import FORMATS, report, uptime
from claude_tui.report.document import report_schema, uptime_schema
from claude_tui.report.values import ReportError

__all__ = ["FORMATS", "ReportError", "report", "report_schema", "uptime", "uptime_schema"]
