"""Freight (运费): templates by region, piece and weight."""
