"""Drills: a scenario with its cause hidden, and how well somebody responded to it."""
