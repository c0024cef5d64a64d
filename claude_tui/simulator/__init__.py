"""A real HTTP server that plays scripted incidents, for demo, drills and tests."""

import logging

# Whoever starts a simulator decides where its log goes; by default nowhere, least of all onto a screen.
logging.getLogger(__name__).addHandler(logging.NullHandler())
