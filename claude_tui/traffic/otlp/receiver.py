"""OTLP over HTTP: exports of traces, logs and metrics, in protobuf and in JSON."""

from __future__ import annotations

from claude_tui.traffic.otlp.export_server import ExportServer
from claude_tui.traffic.otlp.http_connection import HttpConnection

__all__ = ["Receiver"]


class Receiver(ExportServer):
    """Serves exporters over HTTP."""

    def connection(self) -> HttpConnection:
        return HttpConnection(self)
