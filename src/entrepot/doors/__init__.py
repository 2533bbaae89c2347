"""Doors translate and decide nothing."""
