"""Measurements against a yardstick of the same run; each prints JSON."""
