"""The observations, as of any instant."""
