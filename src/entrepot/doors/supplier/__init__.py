"""The supplier's back office."""
