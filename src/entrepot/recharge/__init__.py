"""Top-up requests of distributors and their review."""
