"""HTTP/1.1 on the wire: how the proxy and the receiver of OTLP read, write and end it."""
