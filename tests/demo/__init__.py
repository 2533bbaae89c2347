"""The story, played against a running instance."""
