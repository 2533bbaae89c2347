"""A large world in little time, for measuring."""
