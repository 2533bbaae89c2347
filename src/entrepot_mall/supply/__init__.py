"""The warehouse: goods of the platform, mirrored, and what the shop makes of them."""
