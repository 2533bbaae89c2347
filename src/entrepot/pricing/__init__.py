"""Fee, agreed price and the pool of commission, as pure rules."""
