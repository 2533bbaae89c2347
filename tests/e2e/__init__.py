"""Tests through a real browser against a whole instance."""
