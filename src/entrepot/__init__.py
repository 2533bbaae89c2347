"""Entrepot 集散: the open system that runs a supply-chain distribution network."""
