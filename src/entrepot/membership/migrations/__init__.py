"""Migrations of memberships."""
