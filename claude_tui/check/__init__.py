"""`claude-top check`: probe once, print the verdict, exit like a monitoring plugin. No Textual."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

from claude_tui.check.document import as_json, schema_text
from claude_tui.check.probing import findings_of
from claude_tui.check.text import as_text
from claude_tui.engine import Endpoint
from claude_tui.model.verdict import Cause, Severity, Verdict
from claude_tui.probes.clock import SystemClock

if TYPE_CHECKING:
    from claude_tui.settings import Settings

__all__ = ["exit_code", "run", "schema_text"]

EXIT_HEALTHY, EXIT_WARNING, EXIT_CRITICAL, EXIT_UNKNOWN = 0, 1, 2, 3


def run(
    settings: Settings,
    environ: Mapping[str, str],
    *,
    json: bool,
    samples: int | None = None,
    timeout_s: float | None = None,
) -> int:
    """Probe once and print; returns the exit code. stdout is for data, stderr for messages.

    `samples` is how many messages to probe; by default as many as a verdict needs, 3 to 6.
    """
    if timeout_s is not None:
        settings = replace(settings, timeout_s=timeout_s)
    endpoint = Endpoint.of(settings, environ)
    findings = asyncio.run(findings_of(settings, endpoint, samples, clock=SystemClock(), random=Random()))
    if json and findings.key_problem is not None and sys.stderr is not None:
        sys.stderr.write(f"claude-top: {findings.key_problem}\n")
    # None when the caller has closed it: then the exit code is the only result.
    if sys.stdout is not None:
        ascii_only = not (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")
        text = as_json(findings, ascii_only=ascii_only) if json else as_text(findings, ascii_only=ascii_only)
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
    return exit_code(findings.snapshot.verdict)


def exit_code(verdict: Verdict) -> int:
    """As for monitoring plugins: 0 healthy, 1 warning (P3, P4), 2 critical (P1, P2), 3 unknown."""
    if verdict.cause is Cause.UNKNOWN:
        return EXIT_UNKNOWN
    match verdict.severity:
        case Severity.P1 | Severity.P2:
            return EXIT_CRITICAL
        case Severity.P3 | Severity.P4:
            return EXIT_WARNING
    return EXIT_HEALTHY
