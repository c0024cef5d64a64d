"""Settings as text: with their origins, and as a starter file."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping

from claude_tui.model.paths import is_missing
from claude_tui.model.text import Redactor
from claude_tui.settings.about import Declared
from claude_tui.settings.declared import DECLARED, Settings
from claude_tui.settings.file import toml_value
from claude_tui.settings.kinds import masked_urls

__all__ = ["shown", "starter_text", "with_comment"]

_COMMENT_COLUMN = 45
_WIDTH = 100
_EXAMPLES = {
    "keys": """\
[keys]
pause = "space"
""",
    "alerts": """\
[alerts]
reminder = "1h"               # P1 to P3, until somebody acknowledges it
reminder_acknowledged = "4h"
reminder_minor = "24h"        # P4
easing = "15m"                # a lower severity is notified once it has lasted this long
bell = true                   # the terminal bell, for a new notification
notification = false          # a desktop notification, by OSC 9
[alerts.routes.oncall]
kind = "pagerduty"
routing_key_env = "PAGERDUTY_KEY"
match = { severity = ["P1", "P2"] }
[alerts.routes.fallback]      # 529s apart from 429s
kind = "apprise"
url_env = "FALLBACK_SLACK_URL"
match = { cause = ["provider_overloaded", "provider_outage"] }
[alerts.routes.quota]
kind = "apprise"
url_env = "QUOTA_SLACK_URL"
match = { cause = "rate_limited" }
[alerts.routes.alertmanager]
kind = "alertmanager"
url = "http://alertmanager:9093"
""",
    "applications": """\
[applications]
checkout = "agent:checkout/*"             # what its User-Agent looks like
batch = ["key:3fa9c1d2e0"]                # its key, as `claude-top proxy --fingerprint` prints it
""",
}


def shown(settings: Settings, redactor: Redactor, alerts: Iterable[str] = ()) -> str:
    """Every value with its origin, as TOML with comments. Secrets are masked.

    `alerts` are the lines of the table `[alerts]`, which holds secrets (see `alerting.config`).
    """
    there = "" if settings.file is not None and not is_missing(settings.file) else " (no such file)"
    lines = [f"# settings file: {settings.file}{there}"]
    tables = {""}
    for declared in DECLARED:
        value = getattr(settings, declared.key)
        if declared.about.table not in tables:
            tables.add(declared.about.table)
            lines.append(f"[{declared.about.table}]")
        if isinstance(value, Mapping):
            lines.append(with_comment(f"[{declared.key}]", str(settings.origin(declared.key))))
            bound = [f"{action} = {toml_value(keys)}" for action, keys in value.items()]
            lines += alerts if declared.key == "alerts" else bound
        else:
            assignment = f"{declared.name} = {masked_urls(toml_value(value))}"
            lines.append(with_comment(assignment, str(settings.origin(declared.key))))
    return "".join(f"{redactor.clean(line)}\n" for line in lines)


def with_comment(line: str, comment: str) -> str:
    """A line of TOML with a comment, aligned with the others."""
    return f"{line:{_COMMENT_COLUMN}} # {comment}"


def starter_text() -> str:
    """A settings file in which every line is a comment: it changes nothing until edited."""
    head = (
        "# Settings of claude-top. Remove the # of a line to change its value.\n"
        "# Flags and environment variables override this file; `claude-top config show` shows what applies.\n"
    )
    return head + "".join(f"\n{entry}" for entry in _starter_entries())


def _starter_entries() -> Iterator[str]:
    tables = {""}
    for declared in DECLARED:
        if title := declared.about.section:
            yield f"# -- {title.lower()} {'-' * (_WIDTH - 6 - len(title))}\n"
        about = f"{declared.about.doc} Expected: {declared.about.kind.expected}."
        comment = textwrap.fill(
            about, _WIDTH, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False
        )
        entry = _EXAMPLES.get(declared.key) or f"{declared.name} = {_starter_value(declared)}\n"
        if declared.about.table not in tables:
            tables.add(declared.about.table)
            entry = f"[{declared.about.table}]\n{entry}"
        yield f"{comment}\n{textwrap.indent(entry, '# ')}"


def _starter_value(declared: Declared) -> str:
    return toml_value(getattr(Settings(), declared.key))
