"""A real HTTP server that plays scripted incidents, for demo, drills and tests."""

import logging

# The program that starts a simulator decides where its log goes; by default nowhere, and never to a screen.
logging.getLogger(__name__).addHandler(logging.NullHandler())
