"""The house itself: launcher, walls, tidiness, glossary."""
