"""Judges a mall: plays the platform to it over real HTTP and looks at what it does. Needs Python alone."""

KIT = "entrepot-conformance"
VERSION = "1"
