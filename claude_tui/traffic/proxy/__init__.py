"""The reverse proxy: forwards bytes between an application and the API, and taps a copy of them."""
