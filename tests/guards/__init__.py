"""What the database refuses by itself."""
