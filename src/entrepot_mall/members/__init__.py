"""Buyers, their addresses, their standing as business buyers."""
