"""Own traffic: what the roll-ups of calls show."""
