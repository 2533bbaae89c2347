"""Settings, addresses and the two entry points of the servers."""
