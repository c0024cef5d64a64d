"""`claude-top traffic`: own traffic over a span of time, as text or JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from claude_tui.analysis.traffic.facts import RECENT, REPORTS_SPAN, TrafficFacts
from claude_tui.analysis.traffic.figures import By, figures_by, figures_of
from claude_tui.analysis.traffic.view import sources_of
from claude_tui.engine.sources import store_name, target_of
from claude_tui.model.text import Redactor
from claude_tui.model.traffic import SPANS, KeptBecause, KeptCall
from claude_tui.model.traffic_view import ALL
from claude_tui.probes.credentials import Credentials
from claude_tui.report.traffic_document import traffic_json
from claude_tui.report.traffic_text import traffic_text
from claude_tui.report.traffic_values import TrafficReport
from claude_tui.report.values import Heading, ReportError
from claude_tui.store import KEPT_CALLS, Store, is_there

if TYPE_CHECKING:
    from claude_tui.settings import Settings

__all__ = ["read_traffic", "schema_text", "traffic"]

EXIT_OK = 0
_SHOWN_CALLS = 20
_CALLS_SPAN = timedelta(hours=1)


def traffic(
    settings: Settings,
    environ: Mapping[str, str],
    *,
    since: timedelta,
    by: By,
    as_json: bool,
    now: datetime,
    say: Callable[[str | None], None],
) -> int:
    """Prints own traffic of the last `since`. Raises ReportError if none was recorded, and StoreError."""
    credentials = Credentials.from_environ(environ, base_url=settings.base_url)
    target, name = target_of(settings, credentials), store_name(credentials)
    clean = Redactor(credentials.secrets).clean
    heading = Heading(clean(target.name), clean(target.base_url), clean(target.host))
    path = settings.data_dir / name
    if not is_there(path):
        others = clean(_recorded_in(settings.data_dir))
        raise ReportError(f"nothing is recorded of {heading.host}: there is no {path}{others}")
    store = Store.open(settings.data_dir, name, now=now, read_only=True)
    try:
        found = read_traffic(store, since, by, now)
        # It behaved like an empty store.
        if (unreadable := store.unreadable) is not None:
            raise unreadable
        say(store.problem)
    finally:
        store.close()
    if not (found.all.calls or found.sources):
        raise ReportError(
            f"no own traffic of {heading.host} was recorded: send it through `claude-top proxy`"
        )
    _emit(traffic_json(found, heading) if as_json else traffic_text(found, heading))
    return EXIT_OK


def _recorded_in(folder: Path) -> str:
    """A hint at other recordings, as a proxy records under the address it forwards to; may be empty."""
    names = sorted(file.stem for file in folder.glob("*.db"))[:3]
    return f"; recorded here: {', '.join(names)} (--base-url or ANTHROPIC_BASE_URL chooses)" if names else ""


def read_traffic(store: Store, since: timedelta, by: By, now: datetime) -> TrafficReport:
    """The report of the time from `since` before `now`, rounded down to 10 s, until now."""
    start = now - since
    start -= timedelta(seconds=start.timestamp() % SPANS[0])
    rows = store.traffic.between(start, now)
    seconds = (now - start).total_seconds()
    facts = TrafficFacts(
        before=tuple(store.traffic.counts(SPANS[0], now - RECENT, now, timed=True)),
        reports=tuple(store.traffic.reports(now - REPORTS_SPAN, now - RECENT)),
    )
    since_calls = max(start, now - _CALLS_SPAN)
    kept = [call for call in store.entries(KEPT_CALLS, since_calls) if call.call.at >= since_calls]
    failed = [call for call in kept if call.why is KeptBecause.FAILED]
    slow = [call for call in kept if call.why is KeptBecause.SLOW]
    return TrafficReport(
        at=now,
        start=start,
        by=by,
        all=figures_of(ALL, rows, seconds),
        rows=figures_by(by, rows, seconds),
        sources=sources_of(facts.reports, facts.counts, now),
        failed_calls=tuple(sorted(failed, key=_began, reverse=True)[:_SHOWN_CALLS]),
        slowest_calls=tuple(sorted(slow, key=_total_s, reverse=True)[:_SHOWN_CALLS]),
    )


def _began(kept: KeptCall) -> datetime:
    return kept.call.at


def _total_s(kept: KeptCall) -> float:
    return kept.call.total_s or 0.0


def schema_text() -> str:
    """The JSON Schema of `traffic --json`."""
    file = resources.files("claude_tui.report") / "traffic-1.schema.json"
    schema = json.loads(file.read_text(encoding="utf-8"))
    return json.dumps(schema, indent=2, ensure_ascii=False)


def _emit(text: str) -> None:
    # None when the caller has closed it.
    if sys.stdout is not None:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
