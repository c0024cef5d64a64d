"""`claude-top uptime` and `claude-top report`, on a store that a collector may be writing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from claude_tui.analysis.uptime.hours import reach_of
from claude_tui.analysis.uptime.record import LONGEST
from claude_tui.analysis.uptime.report import Report, build_report
from claude_tui.engine.sources import Pace, options_from, store_name, target_of
from claude_tui.model.paths import is_present
from claude_tui.model.text import Redactor
from claude_tui.probes.credentials import Credentials
from claude_tui.report.document import report_json, uptime_json
from claude_tui.report.files import write_file
from claude_tui.report.markdown import report_markdown
from claude_tui.report.page import report_page
from claude_tui.report.text import uptime_text
from claude_tui.report.values import Heading, ReportError
from claude_tui.store.record import read_record

if TYPE_CHECKING:
    from claude_tui.settings import Settings

__all__ = ["FORMATS", "report", "uptime"]

EXIT_OK = 0
FORMATS: Mapping[str, Callable[[Report, Heading], str]] = {
    "md": report_markdown,
    "html": report_page,
    "json": report_json,
}
_SUFFIXES = {".md": "md", ".markdown": "md", ".html": "html", ".htm": "html", ".json": "json"}


def uptime(
    settings: Settings, environ: Mapping[str, str], *, since: timedelta | None, json: bool, now: datetime
) -> int:
    """Prints the table of all spans, or of the last `since` alone. Raises ReportError, StoreError."""
    found, heading = _report(settings, environ, since or LONGEST, now)
    as_text = uptime_json if json else uptime_text
    _emit(as_text(found, heading, only_its_span=since is not None))
    return EXIT_OK


def report(
    settings: Settings,
    environ: Mapping[str, str],
    *,
    since: timedelta,
    form: str | None,
    file: Path | None,
    force: bool,
    now: datetime,
) -> int:
    """Prints the report or writes it to `file`, whose name implies the form unless `form` is given.

    Raises ReportError, StoreError.
    """
    if file is not None and not force and is_present(file):
        raise ReportError(f"{file} is there already and was left as it is; --force replaces it")
    found, heading = _report(settings, environ, since, now)
    text = FORMATS[form or _SUFFIXES.get(file.suffix.lower() if file else "", "md")](found, heading)
    if file is None:
        _emit(text.rstrip("\n"))
    else:
        write_file(file, text if text.endswith("\n") else text + "\n", force=force)
    return EXIT_OK


def _report(
    settings: Settings, environ: Mapping[str, str], span: timedelta, now: datetime
) -> tuple[Report, Heading]:
    credentials = Credentials.from_environ(environ, base_url=settings.base_url)
    target, options = target_of(settings, credentials), options_from(settings, Pace.of(settings))
    path = settings.data_dir / store_name(credentials)
    record = read_record(path, now, reach_of(options), max(span, LONGEST))
    if not record.rows:
        what = f"nothing is recorded yet for {target.host} ({path})"
        raise ReportError(f"{what}: run the dashboard for a while")
    clean = Redactor(credentials.secrets).clean
    heading = Heading(clean(target.name), clean(target.base_url), clean(target.host))
    return build_report(record, span, options.ours), heading


def _emit(text: str) -> None:
    # None when the caller has closed it.
    if sys.stdout is not None:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
