"""Double-entry accounts, transfers and their seals."""
