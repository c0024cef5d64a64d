"""HTTP/1.1 on the wire, as the proxy and the OTLP receiver read and write it."""
