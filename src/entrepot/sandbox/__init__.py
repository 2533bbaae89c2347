"""Sandboxes (沙箱): a distributor's second self with fake goods and fake money, for his mall's developers."""
