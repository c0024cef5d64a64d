"""What was observed, as of any instant."""
