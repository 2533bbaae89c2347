"""The story of the product, played over HTTP against a running demo world."""
