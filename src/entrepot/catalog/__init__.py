"""Goods, their SKUs, review, shelf and visibility."""
