"""The grammar of the commands, and their help."""
