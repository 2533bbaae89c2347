"""The open API for malls."""
