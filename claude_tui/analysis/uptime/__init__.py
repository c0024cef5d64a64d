"""Uptime and latency over days: what hourly roll-ups show, and how they are made. Pure."""
