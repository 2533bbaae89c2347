"""Shops: whose they are, where their goods come from, who works in them."""
