"""`claude-top serve`: the dashboard in a browser, for those without a shell."""
