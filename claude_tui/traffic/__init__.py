"""Own traffic: a proxy that forwards bytes and taps a copy, an OTLP receiver, and their roll-ups."""
