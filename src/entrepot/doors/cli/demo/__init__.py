"""The demo world: a whole network to try, made in one transaction."""
