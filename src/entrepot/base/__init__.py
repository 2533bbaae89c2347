"""Money, refusals, identity of the moment, scopes and sealing: no business meaning."""
