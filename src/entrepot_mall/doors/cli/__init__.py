"""Commands on a mall."""
