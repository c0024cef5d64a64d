"""OTLP over gRPC, with the extra `grpc`: one unary method for each signal, on HTTP/2.

Messages are read within the same bounds as those of OTLP over HTTP, which both share. (A server of
`grpcio` decompresses whatever arrives, and takes 20 MB before the first export.)
"""

from __future__ import annotations

from claude_tui.traffic.otlp.export_server import ExportServer
from claude_tui.traffic.otlp.grpc_connection import GrpcConnection

__all__ = ["GrpcReceiver"]


class GrpcReceiver(ExportServer):
    """Serves exporters over gRPC."""

    def connection(self) -> GrpcConnection:
        return GrpcConnection(self)
