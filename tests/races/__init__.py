"""Races on a real PostgreSQL, each with a control that shows it happens."""
