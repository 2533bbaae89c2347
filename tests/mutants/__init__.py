"""Planted bugs, each of which must turn a test red."""
