"""The panels of the dashboard, and each of them over the full screen."""
