"""Callbacks against real receivers over HTTP."""
