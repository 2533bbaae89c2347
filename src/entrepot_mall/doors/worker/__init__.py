"""What time does by itself."""
