"""Keeps addresses out of logs: httpx logs every URL at INFO, and its transport logs more."""

from __future__ import annotations

import logging

from claude_tui.model.text import Redactor

__all__ = ["LogGuard"]

_LOGGERS = (
    "httpx",
    "httpcore.connection",
    "httpcore.http11",
    "httpcore.http2",
    "httpcore.proxy",
)
_LONGEST = 500


class LogGuard(logging.Filter):
    """While installed, removes secrets and tracebacks from what these loggers write."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def install(self) -> None:
        for name in _LOGGERS:
            logging.getLogger(name).addFilter(self)

    def remove(self) -> None:
        for name in _LOGGERS:
            logging.getLogger(name).removeFilter(self)

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            message = record.getMessage()
        except (TypeError, ValueError, KeyError):
            message = "a log line whose arguments do not match its format"
        record.msg = self._redactor.clean(message, _LONGEST)
        record.args = ()
        record.exc_info = record.exc_text = record.stack_info = None
        return True
