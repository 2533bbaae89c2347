"""Shops on other channels that sell the goods of the warehouse."""
