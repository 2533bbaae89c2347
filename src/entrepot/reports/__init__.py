"""Read-only figures over the rooms."""
