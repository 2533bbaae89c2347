"""The front API for apps and mini programs."""
