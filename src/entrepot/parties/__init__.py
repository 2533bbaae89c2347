"""Suppliers, distributors, tiers, keys, staff and roles."""
