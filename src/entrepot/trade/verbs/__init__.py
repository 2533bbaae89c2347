"""One pure file per verb of the trade."""
