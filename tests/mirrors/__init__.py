"""Mirrors of the catalogue that are killed, and told only most of what they should hear, in front of busy writers."""
