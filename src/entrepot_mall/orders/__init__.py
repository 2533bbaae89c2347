"""Orders of buyers: taken, paid, passed on to the platform, received, refunded."""
