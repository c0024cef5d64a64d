"""Panels and the line-based base they share."""
