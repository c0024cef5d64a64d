"""The panels of the dashboard, and their full-screen versions."""
