"""`claude-top serve`: the dashboard in a browser, for people without a shell."""
