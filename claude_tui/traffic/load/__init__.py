"""Fictitious applications that call a simulator through a proxy: `simulate --load`, and the demo."""
