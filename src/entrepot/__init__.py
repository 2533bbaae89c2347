"""Entrepot 集散: the open system that runs a supply-chain distribution network."""

VERSION = "0.1.0"
