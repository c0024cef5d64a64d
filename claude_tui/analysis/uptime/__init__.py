"""Uptime and latency over days: what hourly roll-ups say, and how they are made. Pure."""
