"""Pure functions from observations and an instant to what a screen shows."""
