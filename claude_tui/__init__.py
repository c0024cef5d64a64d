"""claude-top: the incident cockpit for the Claude API, in the terminal."""

__version__ = "0.1.0"
