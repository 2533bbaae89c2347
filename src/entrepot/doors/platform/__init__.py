"""The platform's back office."""
