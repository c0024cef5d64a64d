"""Own traffic: a proxy that forwards bytes and taps a copy, a receiver of OTLP, and their roll-ups."""
