"""Where the platform calls."""
